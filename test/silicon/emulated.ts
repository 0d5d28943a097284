// The same cases on the emulated processor, with its exits told as the signals that Linux makes of
// them (arch/x86/kernel/traps.c), since signals are what the native side can show.
import {
  Cpu,
  type Engine,
  type Exit,
  FAULT_PRESENT,
  FLAG_RF,
  FLAG_TF,
  PAGE_NX,
  PAGE_USER,
  PAGE_WRITE,
  type Registers,
  VECTOR_AC,
  VECTOR_BP,
  VECTOR_BR,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_GP,
  VECTOR_MF,
  VECTOR_OF,
  VECTOR_PF,
  VECTOR_SS,
  VECTOR_UD,
  VECTOR_XM,
} from '../../cpu/index.js';
import {
  AREAS,
  type Case,
  CODE,
  DATA,
  type Debugging,
  FS_BASE,
  FX_FCW,
  FX_FSW,
  FX_MXCSR,
  FX_MXCSR_MASK,
  GS_BASE,
  MachineState,
  PAGE_SIZE,
  type Patch,
  RFLAGS,
  RIP,
  type Step,
} from './state.js';

const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGFPE = 8;
const SIGSEGV = 11;
const SI_KERNEL = 0x80;

/** Selectors of a Linux process: ES CS SS DS FS GS. */
const SELECTORS = [0, 0x33, 0x2b, 0, 0, 0];
/** More than one only where the trap comes late: after an instruction that loads SS. */
const STEP_BUDGET = 4;
/** Running on ends before this. */
const RUN_BUDGET = 1000;
const MEMORY = 0x200_0000;
/** Bits of DR6. */
const B0_TO_B3 = 0xf;
const BS = 0x4000;

interface Signal {
  readonly signal: number;
  readonly code: number;
  readonly address: bigint;
}

const PLAIN: Signal = { signal: 0, code: 0, address: 0n };
const kernel = (signal: number): Signal => ({ signal, code: SI_KERNEL, address: 0n });

/** FPE_* for the unmasked exceptions; math_error of traps.c looks at them in this order. */
function floatingPointCode(unmasked: number): number {
  if ((unmasked & 1) !== 0) return 7; // FPE_FLTINV
  if ((unmasked & 4) !== 0) return 3; // FPE_FLTDIV
  if ((unmasked & 8) !== 0) return 4; // FPE_FLTOVF
  if ((unmasked & 0x12) !== 0) return 5; // FPE_FLTUND, denormals too
  return (unmasked & 0x20) !== 0 ? 6 : 0; // FPE_FLTRES
}

function signalOf(vector: number, errorCode: number, cr2: bigint, state: MachineState): Signal {
  const rip = state.get(RIP);
  const { view } = state;
  switch (vector) {
    case VECTOR_DB:
      return PLAIN;
    case VECTOR_DE:
      return { signal: SIGFPE, code: 1, address: rip };
    case VECTOR_BP:
      return kernel(SIGTRAP);
    case VECTOR_OF:
    case VECTOR_BR:
    case VECTOR_GP:
      return kernel(SIGSEGV);
    case VECTOR_UD:
      return { signal: SIGILL, code: 2, address: rip };
    case VECTOR_SS:
      return kernel(SIGBUS);
    case VECTOR_PF:
      return { signal: SIGSEGV, code: (errorCode & FAULT_PRESENT) !== 0 ? 2 : 1, address: cr2 };
    case VECTOR_AC:
      return { signal: SIGBUS, code: 1, address: 0n };
    case VECTOR_MF: {
      const unmasked = view.getUint16(FX_FSW, true) & ~view.getUint16(FX_FCW, true);
      return { signal: SIGFPE, code: floatingPointCode(unmasked), address: rip };
    }
    case VECTOR_XM: {
      const mxcsr = view.getUint32(FX_MXCSR, true);
      return { signal: SIGFPE, code: floatingPointCode(mxcsr & ~(mxcsr >> 7)), address: rip };
    }
    default:
      return { signal: -1, code: vector, address: 0n };
  }
}

/** `int n` under Linux: its interrupt table lets a process use vectors 3, 4 and 0x80 alone. */
function interrupted(vector: number, instruction: bigint, state: MachineState): Signal {
  if (vector === VECTOR_BP) return kernel(SIGTRAP);
  if (vector === VECTOR_OF) return kernel(SIGSEGV);
  state.set(RIP, instruction);
  state.set(RFLAGS, state.get(RFLAGS) | BigInt(FLAG_RF));
  return kernel(SIGSEGV);
}

/** What an exit is to a process under Linux. */
export function told(exit: Exit, state: MachineState): Signal & { unimplemented?: string } {
  switch (exit.reason) {
    case 'budget':
      return { ...PLAIN, signal: -1, unimplemented: 'the trap flag did not stop it' };
    case 'syscall':
      return { ...PLAIN, signal: -1, unimplemented: 'left the processor by SYSCALL' };
    case 'interrupt':
      return interrupted(exit.vector, exit.instruction, state);
    case 'unimplemented':
      return { ...PLAIN, signal: -1, unimplemented: exit.text };
    case 'exception':
      return signalOf(exit.vector, exit.errorCode, exit.address, state);
  }
}

/** Selects the segments a Linux process has. */
export function enterLinux(cpu: Cpu): void {
  cpu.registers.reset();
  SELECTORS.forEach((selector, segment) => {
    cpu.registers.setSelector(segment, selector);
  });
}

export function loadState({ registers }: Cpu, state: MachineState): void {
  for (let i = 0; i <= RFLAGS; i++) registers.set(i, state.get(i));
  registers.fsBase = state.get(FS_BASE);
  registers.gsBase = state.get(GS_BASE);
  registers.fxrstor(state.fx);
}

export function readState(registers: Registers): MachineState {
  const state = new MachineState();
  for (let i = 0; i <= RFLAGS; i++) state.set(i, registers.get(i));
  state.set(FS_BASE, registers.fsBase);
  state.set(GS_BASE, registers.gsBase);
  registers.fxsave(state.fx);
  // as stepper.c does: the tracer's own trap flag and the mask of MXCSR say nothing
  state.view.setUint32(RFLAGS * 8, state.view.getUint32(RFLAGS * 8, true) & ~FLAG_TF, true);
  state.view.setUint32(FX_MXCSR_MASK, 0, true);
  return state;
}

/** One step of the trap flag. */
export function step(cpu: Cpu): Omit<Step, 'changes'> {
  cpu.registers.rflags |= BigInt(FLAG_TF);
  const exit = cpu.run(STEP_BUDGET);
  const state = readState(cpu.registers);
  return { ...told(exit, state), state };
}

const DEBUG_REGISTERS = [0, 1, 2, 3] as const;

function setDebugRegisters(registers: Registers, debug: Debugging | undefined): void {
  for (const i of DEBUG_REGISTERS) registers.setDr(i, BigInt(debug?.addresses[i] ?? 0));
  registers.setDr(7, BigInt(debug?.control ?? 0));
}

/** The enabled breakpoints on execution, as bits of DR6. */
function executeBits(control: number): number {
  return DEBUG_REGISTERS.reduce<number>((bits, i) => {
    const executes = ((control >>> (16 + 4 * i)) & 3) === 0;
    return executes && ((control >>> (2 * i)) & 3) !== 0 ? bits | (1 << i) : bits;
  }, 0);
}

/** One step, or running on until something happens, with debug registers set. */
function debugStep(cpu: Cpu, { control, running }: Debugging): Omit<Step, 'changes'> {
  const { registers } = cpu;
  registers.setDr(6, 0n);
  if (!running) registers.rflags |= BigInt(FLAG_TF);
  const exit = cpu.run(running ? RUN_BUDGET : STEP_BUDGET);
  const dr6 = Number(registers.dr(6)) & (B0_TO_B3 | BS);
  // Linux lets a process pass the breakpoint that it was stopped by
  if ((dr6 & executeBits(control)) !== 0) registers.rflags |= BigInt(FLAG_RF);
  const state = readState(registers);
  return { ...told(exit, state), state, dr6 };
}

interface Page {
  readonly address: number;
  readonly offset: number;
  readonly now: Uint8Array;
  readonly before: Uint8Array;
  readonly baseline: Uint8Array;
}

const NOTHING: Pick<Patch, 'address'> & { code: Uint8Array } = {
  address: CODE.address,
  code: new Uint8Array(0),
};
/** What the code area is filled with. */
const INT3 = new Uint8Array(PAGE_SIZE).fill(0xcc);

export class EmulatedProcessor {
  readonly #cpu: Cpu;
  readonly #pages: Page[] = [];
  /** The code that lies in the code area now. */
  #placed = NOTHING;

  constructor(engine: Engine = 'auto') {
    const cpu = new Cpu({ memory: MEMORY, engine });
    this.#cpu = cpu;
    const space = cpu.createAddressSpace();
    for (const area of AREAS) {
      for (let i = 0; i < area.pages; i++) {
        const frame = cpu.memory.allocate();
        const flags =
          PAGE_USER | (area.writable ? PAGE_WRITE : 0) | (area.executable ? 0 : PAGE_NX);
        const address = area.address + i * PAGE_SIZE;
        space.map(address, frame, flags);
        const offset = cpu.memory.offset(frame);
        this.#pages.push({
          address,
          offset,
          now: cpu.memory.bytes.subarray(offset, offset + PAGE_SIZE),
          before: new Uint8Array(PAGE_SIZE),
          baseline: new Uint8Array(PAGE_SIZE),
        });
      }
    }
    enterLinux(cpu);
    cpu.activate(space);
  }

  /** Sets the memory that every later case starts from. */
  setBaseline(patches: readonly Patch[]): void {
    for (const patch of patches) this.#write(patch.address, patch.bytes);
    for (const page of this.#pages) {
      page.baseline.set(page.now);
      page.before.set(page.now);
    }
  }

  /** Runs a case step by step under the trap flag. */
  run(testCase: Case): Step[] {
    const { debug, steps } = testCase;
    this.#prepare(testCase);
    const taken: Step[] = [];
    while (taken.length < steps) {
      const done = debug === undefined ? step(this.#cpu) : debugStep(this.#cpu, debug);
      taken.push({ ...done, changes: this.#changes() });
      if (taken[taken.length - 1].signal !== 0) break;
    }
    this.#restore(taken.some(({ changes }) => changes.length > 0));
    return taken;
  }

  /** Runs a case at full speed for as many instructions; tells where that ends, as one step. */
  runWhole(testCase: Case): Step {
    this.#prepare(testCase);
    const { registers } = this.#cpu;
    const exit = this.#cpu.run(testCase.steps);
    const state = readState(registers);
    const signal = exit.reason === 'budget' ? PLAIN : told(exit, state);
    const changes = this.#changes();
    this.#restore(changes.length > 0);
    return { ...signal, state, changes };
  }

  #prepare({ state, code, patches, debug }: Case): void {
    this.#place(state.number(RIP), code);
    for (const patch of patches) this.#write(patch.address, patch.bytes);
    for (const page of this.#pages) {
      if (Buffer.compare(page.now, page.before) !== 0) page.before.set(page.now);
    }
    loadState(this.#cpu, state);
    setDebugRegisters(this.#cpu.registers, debug);
  }

  /** Puts memory back; code that ran stays, since the next case may have the same. */
  #restore(codeChanged: boolean): void {
    for (const page of this.#pages) {
      if (page.address < DATA.address) {
        if (!codeChanged) continue;
        this.#placed = NOTHING;
      }
      if (Buffer.compare(page.now, page.baseline) === 0) continue;
      this.#cpu.memory.write(page.offset, page.baseline);
    }
  }

  /** Puts code into the code area, which holds nothing else but its baseline. */
  #place(address: number, code: Uint8Array): void {
    const { address: before, code: old } = this.#placed;
    if (address === before && Buffer.compare(code, old) === 0) return;
    this.#write(before, INT3.subarray(0, old.length));
    this.#write(address, code);
    this.#placed = { address, code };
  }

  #write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + done;
      const page = this.#pages.find((each) => at - each.address < PAGE_SIZE && at >= each.address);
      if (page === undefined) throw new RangeError(`0x${at.toString(16)} is in no area`);
      const within = at - page.address;
      const length = Math.min(bytes.length - done, PAGE_SIZE - within);
      this.#cpu.memory.write(page.offset + within, bytes.subarray(done, done + length));
      done += length;
    }
  }

  #changes(): Patch[] {
    const changes: Patch[] = [];
    for (const { address, now, before } of this.#pages) {
      if (Buffer.compare(now, before) === 0) continue;
      for (let i = 0; i < PAGE_SIZE; i++) {
        if (now[i] === before[i]) continue;
        const start = i;
        while (i < PAGE_SIZE && now[i] !== before[i]) i++;
        changes.push({ address: address + start, bytes: now.slice(start, i) });
      }
      before.set(now);
    }
    return changes;
  }
}
