// A process of the machine that is driven from outside: it makes relibc's calls, each of which runs
// the machine until the call has returned. What a tracer in C does, without being a program.
import { type DirectCall, type Relibc, relibc } from '../compat/index.js';
import { O_CLOEXEC, O_RDWR, SIGKILL, type SystemCalls } from '../kernel-sim/abi/index.js';
import { DeadlockError, type DrivenProcess, ProcessEnded } from '../kernel-sim/index.js';
import { Errno } from './errno.js';
import type { Machine, ProgramOptions } from './machine.js';
import { PtraceCalls, type Waited } from './ptrace-calls.js';

/** relibc ended the tracer by a call that it does not implement. */
export class RelibcPanic extends Error {
  override readonly name = 'RelibcPanic';
  /** The wait status of the tracer, which can make no further calls. */
  readonly status: number;

  constructor(lastWords: string, status: number) {
    super(`relibc ended the tracer: ${lastWords}`);
    this.status = status;
  }
}

/**
 * Calls that fail throw an {@link Errno}; one that can never return, a `DeadlockError`; one that
 * relibc does not implement, a {@link RelibcPanic}. After either of these two, no further call can
 * be made: it throws the same again.
 */
export class Tracer extends PtraceCalls {
  readonly #machine: Machine;
  readonly #process: DrivenProcess;
  readonly #libc: Relibc;
  readonly #make: DirectCall;
  /** Where statuses are stored. */
  readonly #status: number;
  /** Why this process can make no further calls: relibc ended it, or one of them never returns. */
  #over: RelibcPanic | DeadlockError | undefined;
  /** Descriptors of the mem files of tracees. */
  readonly #memory = new Map<number, number>();

  constructor(machine: Machine, process: DrivenProcess) {
    super();
    this.#machine = machine;
    this.#process = process;
    this.#libc = relibc(process.user, machine.library);
    this.#make = (number, a, b, c) => process.callDirectly(number, a, b, c);
    this.#status = process.user.reserve(8);
  }

  /** Its own. */
  get pid(): number {
    return this.#process.context.pid;
  }

  /** Starts a program as a child. It has not run yet, and is traced if it asks to be. */
  override spawn(path: string, options: ProgramOptions = {}): number {
    return this.#machine.start(path, { ...options, parent: this.#process.context }).pid;
  }

  /** What relibc had of ptrace(2): see the revision of the machine's profile. */
  override request(
    request: number,
    pid: number,
    addr: number | bigint,
    data: number | bigint,
  ): number {
    if (this.#over !== undefined) throw this.#over;
    const direct = this.#libc.ptraceDirectly(this.#make, request, pid);
    if (direct !== undefined) return this.#result('ptrace', direct);
    return this.#call('ptrace', this.#libc.ptrace(request, pid, Number(addr), Number(data)));
  }

  override waitpid(pid: number, options = 0): Waited {
    if (this.#over !== undefined) throw this.#over;
    const direct = this.#libc.waitpidDirectly(this.#make, pid, options);
    if (direct !== undefined) {
      return { pid: this.#result('waitpid', direct.result), status: direct.status };
    }
    const result = this.#call('waitpid', this.#libc.waitpid(pid, this.#status, options));
    return { pid: result, status: this.#process.user.memory.load32(this.#status) };
  }

  override allocate(length: number): number {
    return this.#process.user.reserve(length);
  }

  override withMemory<T>(length: number, use: (address: number) => T): T {
    const { user } = this.#process;
    const mark = user.mark();
    try {
      return use(user.reserve(length));
    } finally {
      user.release(mark);
    }
  }

  override readOwn(address: number, length: number): Uint8Array {
    return this.#process.user.memory.read(address, length);
  }

  override writeOwn(address: number, bytes: Uint8Array): void {
    this.#process.user.memory.write(address, bytes);
  }

  override kill(pid: number, signal: number = SIGKILL): void {
    this.#call('kill', this.#libc.kill(pid, signal));
  }

  /** Memory of a tracee, by its proc: file: relibc had no PTRACE_PEEKDATA. */
  override readMemory(pid: number, address: number | bigint, length: number): Uint8Array {
    const file = this.#memoryOf(pid);
    return this.withMemory(length, (buffer) => {
      const count = this.#call('pread', this.#libc.pread(file, buffer, length, Number(address)));
      return this.readOwn(buffer, count);
    });
  }

  override writeMemory(pid: number, address: number | bigint, bytes: Uint8Array): void {
    const file = this.#memoryOf(pid);
    this.withMemory(bytes.length, (buffer) => {
      this.writeOwn(buffer, bytes);
      this.#call('pwrite', this.#libc.pwrite(file, buffer, bytes.length, Number(address)));
    });
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
    return this.#result(name, this.#run(calls));
  }

  #result(name: string, result: number): number {
    if (result === -1) throw new Errno(this.#libc.errno, name);
    return result;
  }

  /** @throws RelibcPanic */
  #run<T>(calls: SystemCalls<T>): T {
    if (this.#over !== undefined) throw this.#over;
    try {
      return this.#process.run(calls);
    } catch (error) {
      throw this.#kept(error);
    }
  }

  /** What every further call throws, if there can be none. */
  #kept(error: unknown): unknown {
    const { lastWords } = this.#libc;
    if (error instanceof ProcessEnded && lastWords !== undefined) {
      this.#over = new RelibcPanic(lastWords, error.status);
      return this.#over;
    }
    if (error instanceof DeadlockError) this.#over = error;
    return error;
  }
}
