// Where things lie in a Redox process. Source: consts.rs of x86_64, 2019-2020. A slot is one entry
// of the top-level page table, and the unit that CLONE_VM shares.

export const SLOT_SIZE = 0x80_0000_0000;

/** The image of the program; its addresses must lie below this. */
export const IMAGE_END = 0x8000_0000;
/** One page per pid: the thread control block, to which FS points. */
export const TCB_BASE = 0xb000_0000;
export const ARGUMENTS = 0x40_0000_0000;
export const HEAP = 0x80_0000_0000;
export const GRANTS = 0x100_0000_0000;
export const GRANTS_END = 0x180_0000_0000;
export const STACK = 0x180_0000_0000;
export const STACK_SIZE = 0x10_0000;
export const SIGNAL_STACK = 0x200_0000_0000;
export const SIGNAL_STACK_SIZE = 0x4_0000;
/** Thread-local storage: this much address space per pid. */
export const TLS_BASE = 0x280_0000_0000;
export const TLS_STRIDE = 0x80_0000;

export const IMAGE_SLOT = 0;
export const HEAP_SLOT = 1;
export const GRANT_SLOT = 2;
export const STACK_SLOT = 3;
export const SIGNAL_STACK_SLOT = 4;
export const TLS_SLOT = 5;
export const SLOTS = 6;
