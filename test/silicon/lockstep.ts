// A whole program on both processors at once: every register is compared after every instruction,
// all memory before every system call. What a system call did on the host is copied over; what
// CPUID and RDTSC answered on the emulated processor is copied back.
import { type ChildProcess, spawn } from 'node:child_process';
import { Cpu, type Engine, type Exit, PAGE_NX, PAGE_USER, PAGE_WRITE } from '../../cpu/index.js';
import { compare, describe } from './compare.js';
import { enterLinux, loadState, readState, step, told } from './emulated.js';
import { build } from './helper.js';
import { MachineState, PAGE_SIZE, RFLAGS, RIP, STATE_SIZE } from './state.js';

const BATCH = 2000;
const WORDS = 84;
const LONGEST_INSTRUCTION = 15;
const MEMORY = 0x800_0000;
/** Bits of a page's protection in a dump. */
const WRITABLE = 2;
const EXECUTABLE = 4;
/** Why the helper stopped stepping. */
const SPECIAL = 1;
const SIGNAL = 2;
const EXITED = 3;
const SYSCALL = 0x050f;
const SIGSEGV = 11;
/** Where Linux puts the stack of a program whose addresses are not randomised. */
const STACK_HIGH = 0x7fff_ffff_f000;
const STACK_LOW = STACK_HIGH - 0x80_0000;

export interface LockstepResult {
  readonly instructions: number;
  readonly systemCalls: number;
  /** The wait status of the program on the host; undefined when the two parted before its end. */
  readonly status: number | undefined;
  /** How the two processors parted, in words. */
  readonly mismatch: string | undefined;
}

/** The program on the host, behind lockstep.c: commands go out, each is answered by some bytes. */
class Helper {
  readonly #child: ChildProcess;
  #received: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #deliver: ((answer: DataView) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(command: readonly string[]) {
    this.#child = spawn(build('lockstep.c'), command, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tryDeliver();
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.on('exit', (status) => this.#fail?.(new Error(`lockstep exited with ${status}`)));
  }

  answer(): Promise<DataView> {
    return new Promise((resolve, reject) => {
      this.#deliver = resolve;
      this.#fail = reject;
      this.#tryDeliver();
    });
  }

  command(letter: string, argument: Uint8Array = new Uint8Array(0)): Promise<DataView> {
    const head = new Uint8Array(8);
    head[0] = letter.charCodeAt(0);
    this.#child.stdin?.write(Buffer.concat([head, argument]));
    return this.answer();
  }

  close(): void {
    this.#fail = undefined;
    this.#child.stdin?.end();
  }

  #tryDeliver(): void {
    if (this.#received.length < 8 || this.#deliver === undefined) return;
    const length = Number(this.#received.readBigUInt64LE(0));
    if (this.#received.length < 8 + length) return;
    const bytes = new Uint8Array(this.#received.subarray(8, 8 + length));
    this.#received = this.#received.subarray(8 + length);
    const deliver = this.#deliver;
    this.#deliver = undefined;
    deliver(new DataView(bytes.buffer));
  }
}

export class Lockstep {
  readonly #helper: Helper;
  readonly #cpu: Cpu;
  readonly #space;
  readonly #atFullSpeed: boolean;
  #native = new MachineState();
  #instructions = 0;
  #systemCalls = 0;

  /** @param engine runs whole stretches at full speed and compares after each; else every step is compared */
  constructor(command: readonly string[], engine?: Engine) {
    this.#helper = new Helper(command);
    this.#cpu = new Cpu({ memory: MEMORY, ...(engine === undefined ? {} : { engine }) });
    this.#atFullSpeed = engine !== undefined;
    this.#space = this.#cpu.createAddressSpace();
    this.#cpu.activate(this.#space);
    enterLinux(this.#cpu);
  }

  /** Runs to the program's end, a difference, or the limit. */
  async run(limit = Number.POSITIVE_INFINITY): Promise<LockstepResult> {
    const first = await this.#helper.answer();
    this.#native = new MachineState(new Uint8Array(first.buffer, 0, STATE_SIZE));
    loadState(this.#cpu, this.#native);
    this.#copyMemory(await this.#helper.command('m'));
    let mismatch: string | undefined;
    let status: number | undefined;
    while (mismatch === undefined && status === undefined && this.#instructions < limit) {
      const budget = new Uint8Array(new BigUint64Array([BigInt(BATCH)]).buffer);
      const answer = await this.#helper.command('s', budget);
      const end = this.#atFullSpeed ? this.#followWhole(answer) : this.#follow(answer);
      mismatch = end.mismatch;
      if (mismatch !== undefined) break;
      if (end.reason === EXITED) status = end.detail;
      else if (end.reason === SIGNAL) mismatch = `the host's program got signal ${end.detail}`;
      else if (end.reason === SPECIAL) ({ status, mismatch } = await this.#special());
    }
    this.#helper.close();
    const { instructions, systemCalls } = {
      instructions: this.#instructions,
      systemCalls: this.#systemCalls,
    };
    return { instructions, systemCalls, status, mismatch };
  }

  /** Steps the emulated processor beside the recorded steps of the host's. */
  #follow(answer: DataView): { reason: number; detail: number; mismatch?: string } {
    let at = 0;
    while (answer.getUint32(at, true) === 1) {
      const before = this.#native;
      this.#native = before.copy();
      at = this.#applyDelta(answer, at + 8);
      const ours = this.#stepWithStack(before);
      this.#instructions++;
      const theirs = { signal: 0, code: 0, address: 0n, state: this.#native, changes: [] };
      if (ours.signal === 0 && Buffer.compare(ours.state.bytes, this.#native.bytes) === 0) {
        continue;
      }
      const testCase = { state: before, code: this.#codeAt(before), patches: [], steps: 1 };
      const mismatch = compare(testCase, [theirs], [{ ...ours, changes: [] }]);
      if (mismatch !== undefined) {
        return { reason: 0, detail: 0, mismatch: describe(mismatch, `step ${this.#instructions}`) };
      }
      loadState(this.#cpu, this.#native); // an undefined flag: go on with the host's
    }
    const reason = answer.getUint32(at + 8, true);
    return { reason, detail: answer.getUint32(at + 16, true) };
  }

  /** Runs the emulated processor as far as the host's went. */
  #followWhole(answer: DataView): { reason: number; detail: number; mismatch?: string } {
    let at = 0;
    let count = 0;
    const before = this.#native;
    this.#native = before.copy();
    for (; answer.getUint32(at, true) === 1; count++) at = this.#applyDelta(answer, at + 8);
    const end = this.#cpu.retired + count;
    let exit: Exit = { reason: 'budget' };
    while (exit.reason === 'budget' && this.#cpu.retired < end) {
      exit = this.#cpu.run(end - this.#cpu.retired);
      const grown = exit.reason === 'exception' && this.#growStack(exit.address);
      if (grown) exit = { reason: 'budget' };
    }
    const first = this.#instructions + 1;
    this.#instructions += count;
    const state = readState(this.#cpu.registers);
    const theirs = { signal: 0, code: 0, address: 0n, state: this.#native, changes: [] };
    const ours = { ...theirs, state, ...(exit.reason === 'budget' ? {} : told(exit, state)) };
    // undefined flags may be left from any instruction: stepping is what compares flags
    state.set(RFLAGS, this.#native.get(RFLAGS));
    const testCase = { state: before, code: new Uint8Array(0), patches: [], steps: 1 };
    const mismatch = compare(testCase, [theirs], [ours]);
    if (mismatch !== undefined) {
      const text = describe(mismatch, `steps ${first} to ${this.#instructions}`);
      return { reason: 0, detail: 0, mismatch: text };
    }
    this.#cpu.registers.rflags = this.#native.get(RFLAGS);
    const reason = answer.getUint32(at + 8, true);
    return { reason, detail: answer.getUint32(at + 16, true) };
  }

  /** A page below the stack appears when it is touched, as it did on the host. */
  #growStack(address: bigint): boolean {
    const page = Number(address & ~0xfffn);
    if (page <= STACK_LOW || page >= STACK_HIGH || this.#space.frameAt(page) >= 0) return false;
    this.#space.map(page, this.#cpu.memory.allocate(), PAGE_USER | PAGE_WRITE | PAGE_NX);
    return true;
  }

  #stepWithStack(before: MachineState): ReturnType<typeof step> {
    const ours = step(this.#cpu);
    if (ours.signal !== SIGSEGV || !this.#growStack(ours.address)) return ours;
    loadState(this.#cpu, before);
    return this.#stepWithStack(before);
  }

  #applyDelta(answer: DataView, from: number): number {
    let at = from + 16;
    for (let word = 0; word < WORDS; word++) {
      const map = answer.getUint32(from + (word >> 5) * 4, true);
      if (((map >>> (word & 31)) & 1) === 0) continue;
      this.#native.view.setBigUint64(word * 8, answer.getBigUint64(at, true), true);
      at += 8;
    }
    return at;
  }

  /** The instruction at RIP is one whose result one side takes from the other. */
  async #special(): Promise<{ status: number | undefined; mismatch: string | undefined }> {
    const code = this.#codeAt(this.#native);
    if ((code[0] | (code[1] << 8)) !== SYSCALL) {
      const { state } = step(this.#cpu);
      this.#instructions++;
      loadState(this.#cpu, state); // without the trap flag
      await this.#helper.command('r', state.bytes);
      this.#native = state;
      return { status: undefined, mismatch: undefined };
    }
    const mismatch = this.#compareMemory(await this.#helper.command('m'));
    if (mismatch !== undefined) return { status: undefined, mismatch };
    const answer = await this.#helper.command('x');
    this.#systemCalls++;
    this.#instructions++;
    if (answer.getUint32(0, true) !== 1) {
      return { status: answer.getUint32(16, true), mismatch: undefined };
    }
    this.#native = this.#native.copy();
    this.#applyDelta(answer, 8);
    loadState(this.#cpu, this.#native);
    this.#copyMemory(await this.#helper.command('m'));
    return { status: undefined, mismatch: undefined };
  }

  #codeAt(state: MachineState): Uint8Array {
    const code = new Uint8Array(LONGEST_INSTRUCTION);
    const rip = state.number(RIP);
    for (let i = 0; i < code.length; i++) {
      const frame = this.#space.frameAt(rip + i);
      if (frame < 0) return code.subarray(0, i);
      code[i] = this.#cpu.memory.bytes[this.#cpu.memory.offset(frame) + ((rip + i) % PAGE_SIZE)];
    }
    return code;
  }

  *#pages(dump: DataView): Generator<{ address: number; flags: number; bytes: Uint8Array }> {
    for (let at = 0; at + 16 < dump.byteLength; at += 16 + PAGE_SIZE) {
      const protection = dump.getUint32(at + 8, true);
      const flags =
        PAGE_USER |
        ((protection & WRITABLE) !== 0 ? PAGE_WRITE : 0) |
        ((protection & EXECUTABLE) !== 0 ? 0 : PAGE_NX);
      const address = Number(dump.getBigUint64(at, true));
      yield { address, flags, bytes: new Uint8Array(dump.buffer, at + 16, PAGE_SIZE) };
    }
  }

  /** Makes the emulated address space what the host's is. */
  #copyMemory(dump: DataView): void {
    const { memory } = this.#cpu;
    const gone = new Set<number>();
    this.#space.forEachPage((address) => gone.add(address));
    for (const { address, flags, bytes } of this.#pages(dump)) {
      gone.delete(address);
      let frame = this.#space.frameAt(address);
      if (frame < 0) frame = memory.allocate();
      const known = this.#space.flagsAt(address) & (PAGE_USER | PAGE_WRITE | PAGE_NX);
      if (known !== flags) this.#space.map(address, frame, flags);
      const offset = memory.offset(frame);
      const now = memory.bytes.subarray(offset, offset + PAGE_SIZE);
      if (Buffer.compare(now, bytes) !== 0) memory.write(offset, bytes);
    }
    for (const address of gone) memory.release(this.#space.unmap(address));
  }

  #compareMemory(dump: DataView): string | undefined {
    const { memory } = this.#cpu;
    for (const { address, bytes } of this.#pages(dump)) {
      const frame = this.#space.frameAt(address);
      if (frame < 0) continue; // the stack grew on the host: the next copy brings it
      const offset = memory.offset(frame);
      const now = memory.bytes.subarray(offset, offset + PAGE_SIZE);
      if (Buffer.compare(now, bytes) === 0) continue;
      const i = bytes.findIndex((byte, at) => byte !== now[at]);
      const where = `0x${(address + i).toString(16)}`;
      const values = `silicon ${bytes[i].toString(16)}; emulated ${now[i].toString(16)}`;
      return `memory differs at ${where} before system call ${this.#systemCalls + 1}: ${values}`;
    }
    return undefined;
  }
}
