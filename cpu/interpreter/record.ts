// A decoded instruction as the interpreter reads it: 64 bytes in linear memory. Consecutive
// instructions lie in consecutive records.

export const RECORD_SIZE = 64;
/** Index of the handler in the module's table, u32. */
export const HANDLER = 0;
/** Record of the branch target when that is known to lie on the same page, u32; else 0. */
export const LINK = 4;
/** Register-file addresses of register operands by slot, u16 each; numbers for x87, MMX, segments. */
export const REGISTER_SLOT = [8, 10, 12] as const;
/** Register-file addresses of base, index and segment base of the memory operand, u16. */
export const BASE = 14;
export const INDEX = 16;
export const SEGMENT = 18;
/** Scale of the index as a shift count, u8. */
export const SCALE = 20;
/** Length of the instruction, u8. */
export const LENGTH = 21;
/** Immediate, sign-extended, or the branch target's address, u64. */
export const IMMEDIATE = 24;
/** What an indirect call called last, u64; 0 if it was never interpreted. */
export const CALLED = 24;
/** Displacement, u64. */
export const DISPLACEMENT = 32;
/** Address of the next instruction, u64. */
export const NEXT = 40;
/** Effective addresses are masked with this: 2^32-1 under an address-size prefix, u64. */
export const ADDRESS_MASK = 48;
/** Second immediate of ENTER, u8. */
export const IMMEDIATE_2 = 22;
/** 1 in a conditional branch that was once not taken, u8. */
export const FELL_THROUGH = 22;
/** 1 in branches whose targets are worth counting: backward ones and calls, u8. */
export const COUNTS = 23;
/**
 * How often counted branches came here, i32, far below 0 where nothing can be translated; the
 * translated region's number once there is one.
 */
export const HEAT = 56;
export const REGION = 56;
/** The handler that a translated region took the place of, u32. */
export const ORIGINAL = 60;

/** Exit codes of the engine. */
export const LEFT_BUDGET = 1;
export const LEFT_FAULT = 2;
export const LEFT_TRAP = 3;
export const LEFT_SYSCALL = 4;
export const LEFT_LOOKUP = 5;
export const LEFT_FLAGS = 6;
export const LEFT_INTERRUPT = 7;
export const LEFT_UNIMPLEMENTED = 8;
/** A branch target has become hot: RIP is there. */
export const LEFT_HOT = 9;
/** From a translated region: go on at RIP, with REMAINING of the budget. */
export const LEFT_CONTINUE = 10;
/** From a translated region: the budget is too small for it; nothing was done. */
export const LEFT_DECLINED = 11;
/** The instruction set RIP itself, and flags that {@link Cpu.run} must look at. */
export const LEFT_JUMPED = 12;
/** It loaded SS: traps wait for the instruction after the next. */
export const LEFT_SHADOW = 13;

/** Exits after which the instruction has retired. */
export const COMPLETED: ReadonlySet<number> = new Set([
  LEFT_SYSCALL,
  LEFT_FLAGS,
  LEFT_JUMPED,
  LEFT_SHADOW,
  LEFT_TRAP,
  LEFT_INTERRUPT,
]);

/** Of the module's tables, the one of translated regions is the embedder's. */
export const REGION_TABLE = 0;
export const HANDLER_TABLE = 1;

/** Handlers that are no instruction's. */
export const SPECIAL_HANDLERS = [
  '(unimplemented)',
  '(goto)',
  '(crossing)',
  '(translated)',
] as const;
export const TRANSLATED_HANDLER = SPECIAL_HANDLERS.indexOf('(translated)');
/** Suffix of a key whose memory operand is a base and a displacement alone. */
export const SIMPLE_ADDRESS = ' +';
