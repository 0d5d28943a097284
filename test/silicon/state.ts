// What both processors exchange: a register state as bytes, a test case, and what a step did.
// The byte layout is the one of stepper.c.

/** Indices of {@link MachineState.get} after the 16 general registers in encoding order. */
export const RIP = 16;
export const RFLAGS = 17;
export const FS_BASE = 18;
export const GS_BASE = 19;
const REGISTERS = 20;

export const REGISTER_NAMES = [
  ...['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11'],
  ...['r12', 'r13', 'r14', 'r15', 'rip', 'rflags', 'fs_base', 'gs_base'],
];

const FX = REGISTERS * 8;
const FX_SIZE = 512;
export const STATE_SIZE = FX + FX_SIZE;
const TWO_32 = 0x1_0000_0000;

/** Where the fields of the FXSAVE64 image lie. Intel SDM vol. 1, table 10-2. */
export const FX_FCW = FX;
export const FX_FSW = FX + 2;
export const FX_FTW = FX + 4;
export const FX_FOP = FX + 6;
export const FX_FIP = FX + 8;
export const FX_FDP = FX + 16;
export const FX_MXCSR = FX + 24;
export const FX_MXCSR_MASK = FX + 28;
export const FX_ST = FX + 32;
export const FX_XMM = FX + 160;

/** The registers that user code sees: general ones, flags, segment bases, and the FXSAVE image. */
export class MachineState {
  readonly bytes: Uint8Array;
  #view: DataView | undefined;

  constructor(bytes: Uint8Array = new Uint8Array(STATE_SIZE)) {
    this.bytes = bytes;
  }

  get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, STATE_SIZE);
    return this.#view;
  }

  get(index: number): bigint {
    return this.view.getBigUint64(index * 8, true);
  }

  set(index: number, value: bigint): void {
    this.view.setBigUint64(index * 8, BigInt.asUintN(64, value), true);
  }

  setWords(index: number, low: number, high: number): void {
    this.view.setUint32(index * 8, low, true);
    this.view.setUint32(index * 8 + 4, high, true);
  }

  /** A register as an unsigned double: exact below 2^53. */
  number(index: number): number {
    const at = index * 8;
    return this.view.getUint32(at + 4, true) * TWO_32 + this.view.getUint32(at, true);
  }

  /** The FXSAVE64 image, not copied. */
  get fx(): Uint8Array {
    return this.bytes.subarray(FX, FX + FX_SIZE);
  }

  copy(): MachineState {
    return new MachineState(this.bytes.slice());
  }
}

export interface Patch {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Debug registers of a case. */
export interface Debugging {
  /** DR0-DR3. */
  readonly addresses: readonly number[];
  /** DR7. */
  readonly control: number;
  /** Not stepped: each step goes on until something stops it. */
  readonly running: boolean;
}

/** Registers, code at RIP, memory, and how many times to step. */
export interface Case {
  readonly state: MachineState;
  readonly code: Uint8Array;
  readonly patches: readonly Patch[];
  readonly steps: number;
  readonly debug?: Debugging;
}

/** What one step did. */
export interface Step {
  /** 0 for a step that ended with a debug exception and nothing else. */
  readonly signal: number;
  /** si_code and si_addr of the signal. */
  readonly code: number;
  readonly address: bigint;
  readonly state: MachineState;
  /** Runs of memory that differ from the step before. */
  readonly changes: readonly Patch[];
  /** B0-B3 and BS of DR6, where debug registers are used. */
  readonly dr6?: number;
  /** Why the emulated processor gave up, when it did. */
  readonly unimplemented?: string;
}

/** The areas of memory a case may use, as stepper.c maps them; nothing is mapped around them. */
export interface Area {
  readonly address: number;
  readonly pages: number;
  readonly writable: boolean;
  readonly executable: boolean;
}

export const CODE: Area = { address: 0x1000_0000, pages: 2, writable: true, executable: true };
export const DATA: Area = { address: 0x2000_0000, pages: 2, writable: true, executable: false };
export const CONSTANTS: Area = {
  address: 0x2000_4000,
  pages: 1,
  writable: false,
  executable: false,
};
export const AREAS: readonly Area[] = [CODE, DATA, CONSTANTS];
export const PAGE_SIZE = 4096;
