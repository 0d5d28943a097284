// Where problems are reproduced: a machine of one revision, a tracer that is driven from here, and
// a notebook. A call that can never return, or ends the machine, is an observation, too.
import { chanDaemon, type ForkedProgram, type Relibc, relibc } from '../../compat/index.js';
import { Cpu } from '../../cpu/index.js';
import {
  F_SETFL,
  type HostedProgram,
  IntRegisters,
  O_NONBLOCK,
  O_RDWR,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PTRACE_STOP_SINGLESTEP,
  PtraceEvent,
  SEEK_SET,
  SYS_CLOSE,
  SYS_FCNTL,
  SYS_KILL,
  SYS_LSEEK,
  SYS_OPEN,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
  SYS_YIELD,
  type SystemCalls,
  type Userspace,
} from '../../kernel-sim/abi/index.js';
import {
  type Context,
  DeadlockError,
  type DrivenProcess,
  FileTree,
  Kernel,
  KernelPanic,
  ProcessEnded,
  type ProcessOptions,
  RoundRobin,
  type RunQueue,
  type Scheduler,
} from '../../kernel-sim/index.js';
import { RecordedStreams } from '../host/console.js';
import { interpreterModule } from '../interpreter.js';
import { elf } from './elf.js';
import type { Revision } from './reproduction.js';
import { errorOr, eventText, OLD_EVENT_SIZE, oldEventText, statusText } from './words.js';

const MEMORY = 0x200_0000;
/** Turns of the scheduler after which something is taken to go on for ever. */
const PATIENCE = 20_000;

/** Of the first layout of regs/int, which began like the later ones; more is ignored. */
const LARGEST_REGISTERS = 208;

/** What lets a tracee go on, in bytes and in words. */
const COMMANDS = {
  continue: { operation: 0x01, word: 0 },
  step: { operation: 0x02, word: PTRACE_STOP_SINGLESTEP },
  entry: { operation: 0x03, word: PTRACE_STOP_PRE_SYSCALL },
  /** With operations, the other stop of the same call. */
  end: { operation: 0x03, word: PTRACE_STOP_POST_SYSCALL },
} as const;

/** Somebody keeps running, and what is waited for never comes. */
class Endless extends Error {
  override readonly name = 'Endless';
}

/** Counts turns, so that what never ends can be told. */
class Watch implements Scheduler {
  turns = 0;
  readonly #inner: Scheduler;

  constructor(inner: Scheduler) {
    this.#inner = inner;
  }

  get endsWithCall(): boolean {
    return this.#inner.endsWithCall;
  }

  quantum(): number {
    return this.#inner.quantum();
  }

  processor(...choice: Parameters<Scheduler['processor']>): number {
    return this.#inner.processor(...choice);
  }

  next(queue: RunQueue, current: Context): Context | undefined {
    if (++this.turns > PATIENCE) throw new Endless();
    return this.#inner.next(queue, current);
  }
}

export class Lab {
  readonly revision: Revision;
  readonly kernel: Kernel;
  readonly console = new RecordedStreams();
  /** What was seen, by what it is. */
  readonly seen: Map<string, string>;
  readonly notes: string[];
  readonly #watch: Watch;
  readonly #files = new FileTree();
  #programs = 0;
  #tracer: DrivenProcess | undefined;
  #libc: Relibc | undefined;

  /** @param book whose notebook it uses */
  constructor(revision: Revision, book?: Lab) {
    this.revision = revision;
    this.seen = book?.seen ?? new Map();
    this.notes = book?.notes ?? [];
    this.#watch = new Watch(revision.scheduler?.() ?? new RoundRobin());
    this.kernel = new Kernel({
      cpu: new Cpu({ memory: MEMORY, interpreter: interpreterModule() }),
      host: this.console,
      profile: revision.kernel,
      scheduler: this.#watch,
      files: this.#files,
      seed: 1,
      ...(revision.cpus !== undefined && { cpus: revision.cpus }),
    });
    if (revision.library !== undefined) this.spawnChan();
  }

  /** Another machine of the same revision, with the same notebook. */
  another(): Lab {
    return new Lab(this.revision, this);
  }

  /** The process that the other methods act for; a root process unless it was made otherwise. */
  get tracer(): DrivenProcess {
    this.#tracer ??= this.process('tracer');
    return this.#tracer;
  }

  set tracer(process: DrivenProcess) {
    this.#tracer = process;
    this.#libc = undefined;
  }

  /** The C library of the tracer, in the library's revision. */
  get libc(): Relibc {
    this.#libc ??= this.libcOf(this.tracer.user);
    return this.#libc;
  }

  // the notebook

  see(what: string, value: string | number | bigint): void {
    this.seen.set(what, String(value));
  }

  note(line: string): void {
    this.notes.push(line);
  }

  /** Sees what a step gives, or that it never ends, and goes on. */
  watch(what: string, step: () => string | number | bigint): void {
    this.see(what, this.#outcome(step));
  }

  /** Runs all steps; what ends them early is seen as `end`. */
  perform(steps: () => void): void {
    const end = this.#outcome(() => {
      steps();
      return '';
    });
    if (end !== '') this.see('end', end);
  }

  #outcome(step: () => string | number | bigint): string {
    this.#watch.turns = 0;
    try {
      return String(step());
    } catch (error) {
      if (error instanceof Endless) return 'runs for ever';
      if (error instanceof KernelPanic) return this.#panicked(error);
      if (error instanceof DeadlockError) return this.#deadlocked(error);
      if (error instanceof ProcessEnded) return `the caller ${statusText(error.status)}`;
      throw error;
    }
  }

  #deadlocked({ waiting }: DeadlockError): string {
    for (const { pid, name, what } of waiting) {
      this.note(`pid ${pid} (${name}) waits for ${what}`);
    }
    return `wait for ever: ${waiting.map(({ name }) => name).join(', ')}`;
  }

  /** The message says first what it is: `kernel panic: ...`, `kernel hang: ...`. */
  #panicked({ message }: KernelPanic): string {
    this.note(message);
    return message.slice(0, message.indexOf(':'));
  }

  // processes

  /** Starts the daemon of chan:, and lets it come so far. */
  spawnChan(): void {
    this.kernel.spawn({ program: chanDaemon, name: 'ipcd', daemon: true });
    this.pause();
  }

  /** A process to be driven from here. */
  process(name: string, options: ProcessOptions = {}): DrivenProcess {
    return this.kernel.attach(name, options);
  }

  /** A child of the tracer that has not run yet. */
  child(program: HostedProgram, options: ProcessOptions = {}): Context {
    const parent = this.tracer.context;
    return this.kernel.spawn({ name: 'child', parent, ...options, program });
  }

  /** The same, of machine code that starts at CODE. */
  machineChild(code: readonly number[]): Context {
    const path = this.program(code);
    const parent = this.tracer.context;
    const context = this.kernel.execute({ parent, path, argv: [path], env: [] });
    context.name = 'child';
    return context;
  }

  /** A file with a program; gives its path. */
  program(code: readonly number[]): string {
    const name = `bin/program-${++this.#programs}`;
    this.#files.addFile(name, elf(Uint8Array.from(code)), 0o755);
    return `file:/${name}`;
  }

  /** A child of the tracer, made by the C library's fork. */
  fork(program: ForkedProgram): number {
    const pid = this.run(this.libc.fork(program));
    const child = this.kernel.contexts.get(pid);
    if (child !== undefined) child.name = 'child';
    return pid;
  }

  /** The C library of another process, which starts with `user`. */
  libcOf(user: Userspace): Relibc {
    return relibc(user, this.revision.library);
  }

  /** Runs userspace code as the tracer. */
  run<T>(code: SystemCalls<T>): T {
    return this.tracer.run(code);
  }

  // system calls of the tracer; errors are names

  call(number: number, ...args: (number | bigint)[]): number | string {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = args;
    return errorOr(this.tracer.call({ number, a, b, c, d, e }));
  }

  open(path: string, flags: number = O_RDWR): number | string {
    return this.#with(Buffer.from(path), (at) => this.call(SYS_OPEN, at, path.length, flags));
  }

  /** A descriptor that must open. */
  opened(path: string, flags: number = O_RDWR): number {
    const descriptor = this.open(path, flags);
    if (typeof descriptor === 'string') throw new Error(`${path}: ${descriptor}`);
    return descriptor;
  }

  close(descriptor: number): number | string {
    return this.call(SYS_CLOSE, descriptor);
  }

  write(descriptor: number, bytes: Uint8Array): number | string {
    return this.#with(bytes, (at) => this.call(SYS_WRITE, descriptor, at, bytes.length));
  }

  read(descriptor: number, length: number): { result: number | string; bytes: Uint8Array } {
    return this.#with(new Uint8Array(length), (at) => {
      const result = this.call(SYS_READ, descriptor, at, length);
      const { memory } = this.tracer.user;
      return { result, bytes: memory.read(at, typeof result === 'number' ? result : 0) };
    });
  }

  seek(descriptor: number, offset: number | bigint): number | string {
    return this.call(SYS_LSEEK, descriptor, offset, SEEK_SET);
  }

  kill(pid: number, signal: number): number | string {
    return this.call(SYS_KILL, pid, signal);
  }

  /** waitpid of the kernel: the status in words, or what the call gave without one. */
  wait(pid: number, flags = 0): string {
    return this.#with(new Uint8Array(8), (at) => {
      const result = this.call(SYS_WAITPID, pid, at, flags);
      const got = typeof result === 'number' && result > 0;
      return got ? statusText(this.tracer.user.memory.load32(at)) : String(result);
    });
  }

  /** Lets the others run. */
  pause(times = 20): void {
    for (let i = 0; i < times; i++) this.call(SYS_YIELD);
  }

  // tracing by proc:

  /** Writes a command word of eight bytes. */
  command(trace: number, word: number): number | string {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, word, true);
    return this.write(trace, bytes);
  }

  /** Writes a command of one byte, as the kernels before 2019-07-24 had them. */
  operate(trace: number, operation: number): number | string {
    return this.write(trace, Uint8Array.of(operation));
  }

  /** Whether commands are operations of one byte, and not words of flags. */
  get operations(): boolean {
    return this.revision.kernel.protocol.startsWith('operations');
  }

  /** Lets a tracee go on to its next stop of a kind, by the command that the kernel has for it. */
  resume(trace: number, to: keyof typeof COMMANDS): number | string {
    const { operation, word } = COMMANDS[to];
    return this.operations ? this.operate(trace, operation) : this.command(trace, word);
  }

  /** Whether commands and reads of a trace file wait. */
  setNonBlocking(trace: number, nonBlocking: boolean): void {
    this.call(SYS_FCNTL, trace, F_SETFL, nonBlocking ? O_RDWR | O_NONBLOCK : O_RDWR);
  }

  /** Reads up to `limit` events: their causes and numbers, or the error, or `none`. */
  events(trace: number, limit = 8): string {
    const old = this.operations;
    const size = old ? OLD_EVENT_SIZE : PtraceEvent.size;
    const { result, bytes } = this.read(trace, limit * size);
    if (typeof result === 'string') return result;
    const texts: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      texts.push(old ? oldEventText(bytes, at) : eventText(PtraceEvent.decode(bytes, at)));
    }
    return texts.length === 0 ? 'none' : texts.join(', ');
  }

  /** A command and the events after it, as kernels of all profiles with words give them. */
  next(trace: number, word: number): string {
    const result = this.command(trace, word);
    return typeof result === 'string' ? result : this.events(trace);
  }

  /** The registers that a regs/int file shows. @throws Error with the name of the error */
  registers(regs: number): IntRegisters {
    const { result, bytes } = this.read(regs, IntRegisters.size);
    if (typeof result === 'string') throw new Error(result);
    return IntRegisters.decode(bytes);
  }

  setRegisters(regs: number, changes: Partial<IntRegisters>): number | string {
    const bytes = IntRegisters.encode({ ...this.registers(regs), ...changes });
    const full = new Uint8Array(LARGEST_REGISTERS);
    full.set(bytes);
    return this.write(regs, full);
  }

  #with<T>(content: Uint8Array, use: (address: number) => T): T {
    const { user } = this.tracer;
    const mark = user.mark();
    const address = user.reserve(content.length);
    user.memory.write(address, content);
    try {
      return use(address);
    } finally {
      user.release(mark);
    }
  }
}
