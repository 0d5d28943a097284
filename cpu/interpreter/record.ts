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
/** Displacement, u64. */
export const DISPLACEMENT = 32;
/** Address of the next instruction, u64. */
export const NEXT = 40;
/** Effective addresses are masked with this: 2^32-1 under an address-size prefix, u64. */
export const ADDRESS_MASK = 48;
/** Second immediate of the few that have one, u64. */
export const IMMEDIATE_2 = 56;

/** Exit codes of the engine. */
export const LEFT_BUDGET = 1;
export const LEFT_FAULT = 2;
export const LEFT_TRAP = 3;
export const LEFT_SYSCALL = 4;
export const LEFT_LOOKUP = 5;
export const LEFT_FLAGS = 6;
export const LEFT_INTERRUPT = 7;
export const LEFT_UNIMPLEMENTED = 8;

/** Handlers that are no instruction's. */
export const SPECIAL_HANDLERS = ['(unimplemented)', '(goto)', '(crossing)'] as const;
/** Suffix of a key whose memory operand is a base and a displacement alone. */
export const SIMPLE_ADDRESS = ' +';
