// Names for the bits of the x87 control and status words and for the operand selectors that an
// instruction hands to its operation. Intel SDM vol. 1, 8.1.3 "x87 FPU Status Register" and
// 8.1.5 "x87 FPU Control Word".

/** Exception flags: the same bits are flags in the status word and masks in the control word. */
export const IE = 0x01;
export const DE = 0x02;
export const ZE = 0x04;
export const OE = 0x08;
export const UE = 0x10;
export const PE = 0x20;
export const EXCEPTIONS = 0x3f;

export const SF = 0x40;
export const ES = 0x80;
export const C0 = 0x100;
export const C1 = 0x200;
export const C2 = 0x400;
export const TOP = 0x3800;
export const TOP_SHIFT = 11;
export const C3 = 0x4000;
export const BUSY = 0x8000;

/** Rounding control, FCW bits 10-11. */
export const ROUND_NEAREST = 0;
export const ROUND_DOWN = 1;
export const ROUND_UP = 2;
export const ROUND_TO_ZERO = 3;

/** What an operation reports to the engine. */
export const DONE = 0;
/** An unmasked exception is now pending: store nothing to memory. */
export const WITHHELD = 1;
/** Raise #MF now: an earlier instruction left an unmasked exception, this one did nothing. */
export const FAULT = 16;
export type Status = typeof DONE | typeof WITHHELD | typeof FAULT;

/** Memory formats: how the bytes in the scratch area are read or written. */
export const F32 = 0;
export const F64 = 1;
export const F80 = 2;
export const I16 = 3;
export const I32 = 4;
export const I64 = 5;
export const BCD = 6;

/** Selector bits: 0-2 hold a register number, or with MEMORY a format. */
export const MEMORY = 0x08;
export const POP = 0x10;
/** The result goes to ST(i) instead of ST(0). */
export const TO_REGISTER = 0x20;
export const POP_TWICE = 0x40;
