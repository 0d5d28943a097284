// A process of the machine that is driven from outside: it makes relibc's calls, each of which runs
// the machine until the call has returned. What a tracer in C does, without being a program.
import { type Relibc, relibc, type user_regs_struct } from '../compat/index.js';
import { O_CLOEXEC, O_RDWR, SIGKILL, type SystemCalls } from '../kernel-sim/abi/index.js';
import type { DrivenProcess } from '../kernel-sim/index.js';
import { Errno } from './errno.js';
import type { Machine, ProgramOptions } from './machine.js';

/** The registers of a tracee; change what you like before {@link Tracer.setregs}. */
export type UserRegisters = { -readonly [K in keyof user_regs_struct]: bigint };

/** What waitpid() gives: `pid` is 0 if it had WNOHANG and there was nothing to report. */
export interface Waited {
  readonly pid: number;
  readonly status: number;
}

/** Calls that fail throw an {@link Errno}; one that can never return, a `DeadlockError`. */
export class Tracer {
  readonly #machine: Machine;
  readonly #process: DrivenProcess;
  readonly #libc: Relibc;
  /** Descriptors of the mem files of tracees. */
  readonly #memory = new Map<number, number>();

  constructor(machine: Machine, process: DrivenProcess) {
    this.#machine = machine;
    this.#process = process;
    this.#libc = relibc(process.user, machine.library);
  }

  get pid(): number {
    return this.#process.context.pid;
  }

  /** Starts a program as a child. It has not run yet, and is traced if it asks to be. */
  spawn(path: string, options: ProgramOptions = {}): number {
    return this.#machine.start(path, { ...options, parent: this.#process.context }).pid;
  }

  /** ptrace(2), as far as relibc had it. `addr` and `data` are numbers as in C. */
  ptrace(request: number, pid = 0, addr = 0, data = 0): number {
    return this.#call('ptrace', this.#libc.ptrace(request, pid, addr, data));
  }

  /** waitpid(2). */
  waitpid(pid: number, options = 0): Waited {
    const waited = this.#process.run(this.#libc.wait(pid, options));
    if (waited.pid === -1) throw new Errno(this.#libc.errno, 'waitpid');
    return waited;
  }

  /** PTRACE_GETREGS. */
  getregs(pid: number): UserRegisters {
    const registers = this.#process.run(this.#libc.getRegisters(pid));
    if (registers === undefined) throw new Errno(this.#libc.errno, 'ptrace');
    return { ...registers };
  }

  /** PTRACE_SETREGS. relibc stores `orig_rax` as rax and ignores `rax`. */
  setregs(pid: number, registers: UserRegisters): void {
    this.#call('ptrace', this.#libc.setRegisters(pid, registers));
  }

  /** kill(2). */
  kill(pid: number, signal: number = SIGKILL): void {
    this.#call('kill', this.#libc.kill(pid, signal));
  }

  /** Memory of a tracee, by its proc: file: relibc had no PTRACE_PEEKDATA. */
  readMemory(pid: number, address: number, length: number): Uint8Array {
    const { user } = this.#process;
    const file = this.#memoryOf(pid);
    const mark = user.mark();
    try {
      const buffer = user.reserve(length);
      const count = this.#call('pread', this.#libc.pread(file, buffer, length, address));
      return user.memory.read(buffer, count);
    } finally {
      user.release(mark);
    }
  }

  /** The other way. All pages must be mapped; read-only ones are written, too. */
  writeMemory(pid: number, address: number, bytes: Uint8Array): void {
    const { user } = this.#process;
    const file = this.#memoryOf(pid);
    const mark = user.mark();
    try {
      const buffer = user.reserve(bytes.length);
      user.memory.write(buffer, bytes);
      this.#call('pwrite', this.#libc.pwrite(file, buffer, bytes.length, address));
    } finally {
      user.release(mark);
    }
  }

  #memoryOf(pid: number): number {
    const known = this.#memory.get(pid);
    if (known !== undefined) return known;
    const path = `proc:${pid}/mem`;
    const file = this.#call('open', this.#libc.open(path, O_RDWR | O_CLOEXEC));
    this.#memory.set(pid, file);
    return file;
  }

  #call(name: string, calls: SystemCalls<number>): number {
    const result = this.#process.run(calls);
    if (result === -1) throw new Errno(this.#libc.errno, name);
    return result;
  }
}
