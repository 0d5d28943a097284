// Where everything lies in the one WebAssembly memory: a reserved area for the engines (register
// file, engine state, TLB banks, decoded records), then guest-physical frames.

/** The register file, at address 0. General registers come first, eight bytes each, in encoding order. */
export const REGISTERS = 0;
export const RIP = 0x80;
export const RFLAGS = 0x88;
export const FS_BASE = 0x90;
export const GS_BASE = 0x98;
/** Eight bytes that are always zero: the base or index of an operand that has none. */
export const ZERO = 0xa0;
/** Selectors, two bytes each: ES CS SS DS FS GS, in encoding order. */
export const SELECTORS = 0xa8;
export const XMM = 0xc0;
/** x87: R0-R7 of 16 bytes, then FCW, FSW, FTW, FOP, FIP, FDP (cpu/x87/state.ts). */
export const X87 = 0x1c0;
export const FCW = X87 + 128;
export const FSW = X87 + 130;
export const FTW = X87 + 132;
export const MXCSR = 0x258;
/** DR0-DR3, DR6, DR7, eight bytes each. */
export const DEBUG_REGISTERS = 0x260;
export const DR6 = DEBUG_REGISTERS + 32;
export const DR7 = DEBUG_REGISTERS + 40;
export const REGISTERS_SIZE = 0x300;

// Engine state: not part of a context, meaningless outside Cpu.run.

/** The last operation that set the arithmetic flags: see cpu/flags.ts. */
export const FLAGS_KIND = 0x300;
export const FLAGS_RESULT = 0x308;
export const FLAGS_A = 0x310;
export const FLAGS_B = 0x318;
/** Instructions left when the engine handed control back. */
export const REMAINING = 0x320;
/** Budget put aside when an instruction modified code, so that the engine stops right after it. */
export const POSTPONED = 0x324;
/** Linear addresses of the active TLB bank: data entries, then execute entries. */
export const TLB_DATA = 0x328;
export const TLB_CODE = 0x32c;
/** Why the engine stopped: exit code, vector, error code, fault address. */
export const EXIT_VECTOR = 0x334;
export const EXIT_ERROR = 0x338;
export const EXIT_ADDRESS = 0x340;
/** The record that was executing when the engine stopped. */
export const EXIT_RECORD = 0x348;
/** Instructions retired before the current run, as an unsigned 64-bit number: what RDTSC reads. */
export const RETIRED_BASE = 0x350;
/** Budget the current run began with. */
export const RUN_BUDGET = 0x358;
/** How often a branch target is reached before it is translated. */
export const THRESHOLD = 0x35c;
/** The threshold of what is not translated at all. */
export const NEVER = 0x7fff_ffff;
/** Linear addresses of the active top-level page table, of frame 0, and of the frames' notes. */
export const ROOT_TABLE = 0x360;
export const FRAMES = 0x364;
export const FRAME_NOTES = 0x368;
/** 1 while a write is under way that {@link Mmu.completeWrite} must complete. */
export const WRITE_PENDING = 0x36c;
/**
 * For an interpreter that profiles: instructions retired in translated regions u64; entries until one
 * is timed; whether this one is; whether one is under way; returns from regions by exit code, u64 each.
 */
export const PROFILE_RETIRED = 0x370;
export const PROFILE_COUNTDOWN = 0x378;
export const PROFILE_TIMING = 0x37c;
export const PROFILE_IN_REGION = 0x380;
export const PROFILE_LEFT = 0x388;
/** Notes on a frame, a byte each: instructions were decoded from it; some TLB entry lets it be written. */
export const NOTE_CODE = 1;
export const NOTE_WRITABLE = 2;
/** 512 bytes through which helpers pass memory operands. */
export const SCRATCH = 0x400;
/** 512 bytes that stand for an access which crosses a page. */
export const CROSSING = 0x600;

/**
 * The page that the stack was last seen on, which translated code keeps in locals: its address, the
 * linear address of its frame, and below which offset accesses may begin: 0 when no page is known.
 * It can be read and written, for as long as the engine runs.
 */
export const STACK_PAGE = 0x800;
export const STACK_HOST = 0x808;
export const STACK_LIMIT = 0x810;

/** TLB banks: one per recently used address space. */
export const TLB_BANKS = 0x1_0000;
export const TLB_BANK_COUNT = 64;
export const TLB_DATA_ENTRIES = 1024;
/** A data entry: read tag u64, write tag u64, addend u32 (linear = address + addend), unused. */
export const TLB_DATA_ENTRY = 32;
export const TLB_CODE_ENTRIES = 512;
/** A code entry: tag u64, linear address of the page's table of records u32, unused. */
export const TLB_CODE_ENTRY = 16;
export const TLB_CODE_OFFSET = TLB_DATA_ENTRIES * TLB_DATA_ENTRY;
export const TLB_BANK_SIZE = TLB_CODE_OFFSET + TLB_CODE_ENTRIES * TLB_CODE_ENTRY;
/** Data entries that match nothing, so that every access takes the slow path. */
export const TLB_BLIND = TLB_BANKS + TLB_BANK_COUNT * TLB_BANK_SIZE;

/** Decoded records and the per-page tables that find them. */
export const CODE_ARENA = 0x30_0000;
/** Share of the memory given to decoded code, and its bounds in bytes. */
export const CODE_ARENA_SHARE = 1 / 8;
export const CODE_ARENA_MINIMUM = 0x40_0000;
export const CODE_ARENA_MAXIMUM = 0x400_0000;

export const PAGE_SIZE = 4096;
