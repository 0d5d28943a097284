// Why the CPU handed control back, and the vectors of Intel SDM vol. 3A, table 6-1.

export type Exit =
  /** The instruction budget is spent. */
  | { readonly reason: 'budget' }
  /** A `syscall` instruction; RIP is after it, RCX = RIP, R11 = RFLAGS. */
  | { readonly reason: 'syscall' }
  /** An `int n`; RIP is after it, `instruction` is its address. */
  | { readonly reason: 'interrupt'; readonly vector: number; readonly instruction: bigint }
  /**
   * A fault (RIP at the instruction, RF set) or a trap (RIP after it): #BP, and #DB but for that of an
   * execution breakpoint, where RF is to be set to go on. `address` is CR2 of a #PF.
   */
  | {
      readonly reason: 'exception';
      readonly vector: number;
      readonly errorCode: number;
      readonly address: bigint;
    }
  /** An instruction that this CPU does not implement. */
  | {
      readonly reason: 'unimplemented';
      readonly address: bigint;
      readonly bytes: Uint8Array;
      readonly text: string;
    };

export const VECTOR_DE = 0;
export const VECTOR_DB = 1;
export const VECTOR_BP = 3;
export const VECTOR_OF = 4;
export const VECTOR_BR = 5;
export const VECTOR_UD = 6;
export const VECTOR_NM = 7;
export const VECTOR_DF = 8;
export const VECTOR_TS = 10;
export const VECTOR_NP = 11;
export const VECTOR_SS = 12;
export const VECTOR_GP = 13;
export const VECTOR_PF = 14;
export const VECTOR_MF = 16;
export const VECTOR_AC = 17;
export const VECTOR_MC = 18;
export const VECTOR_XM = 19;

/** Error code bits of a page fault. Intel SDM vol. 3A, 4.7. */
export const FAULT_PRESENT = 1;
export const FAULT_WRITE = 2;
export const FAULT_USER = 4;
export const FAULT_EXECUTE = 16;
