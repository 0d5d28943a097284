// The kernel: contexts and the loop that gives them the one CPU in turn. The order of things in a
// switch follows context/switch.rs of 2019: scan everybody, pick the next, give it a signal.
import { type Cpu, OutOfMemoryError, VECTOR_PF } from '../cpu/index.js';
import { Clock } from './clock.js';
import { Context, RUNNABLE, signalFrames } from './context.js';
import { ContextList } from './context-list.js';
import { Contexts, IDLE_PID } from './contexts.js';
import { Core } from './core.js';
import { Deadlines } from './deadlines.js';
import { allWaiting, DeadlockError } from './deadlock.js';
import { fault } from './exceptions.js';
import { bootExecutable, bootHosted } from './exec/boot.js';
import { Hope } from './hope.js';
import { DrivenProcess } from './hosted/driven.js';
import { HandlerAddresses } from './hosted/handler-addresses.js';
import { DriverMemory } from './memory/physical.js';
import { ProcessMemory } from './memory/process-memory.js';
import type {
  ExecuteOptions,
  KernelOptions,
  ProcessOptions,
  SpawnOptions,
  Statistics,
  UndefinedInstruction,
} from './options.js';
import type { Descriptors, Parts } from './parts.js';
import { Futexes } from './process/futex.js';
import { checkProcessors, Processor, STRETCH } from './processor.js';
import { type KernelProfile, P7 } from './profile.js';
import { demandLegalMxcsr } from './ptrace/registers.js';
import { RunQueue } from './run-queue.js';
import { RoundRobin, type Scheduler } from './scheduler.js';
import { createParts } from './scheme/create.js';
import { FileTree } from './scheme/file-tree.js';
import { sendTo } from './signal/calls.js';
import { deliver, finishSigreturns, wakeSignaled } from './signal/delivery.js';
import { SignalActions } from './signal/state.js';
import { callTable } from './syscall/table.js';
import {
  type CallTable,
  INTERLEAVE,
  LEAVE_KERNEL,
  RESCHEDULE,
  type Sleep,
  type Syscall,
} from './syscall.js';
import { TRACE, TraceHash } from './trace-hash.js';
import { runUser } from './user-mode.js';
import { WaitMap } from './wait-map.js';

/** Virtual nanoseconds that a system call, or a step of TypeScript in user mode, takes. */
const STEP_COST = 100;

export class Kernel {
  readonly cpu: Cpu;
  readonly core: Core;
  readonly tellUndefined: (met: UndefinedInstruction) => void;
  readonly tellException: (pid: number, vector: number) => void;
  readonly profile: KernelProfile;
  readonly clock: Clock;
  readonly contexts = new Contexts();
  readonly deadlines = new Deadlines();
  readonly futexes = new Futexes();
  readonly driverMemory: DriverMemory;
  readonly handlerAddresses = new HandlerAddresses();
  readonly scheduler: Scheduler;
  readonly parts: Parts;
  readonly calls: CallTable;
  /** The CPUs that the kernel has, by number. */
  readonly processors: readonly Processor[];
  /** The context that has the CPU: of several, the one which has the emulated core. */
  current: Context;
  /** Contexts with pending signals, and those whose sigreturn is to be finished. */
  readonly signaled = new ContextList();
  readonly restoring = new ContextList();
  readonly trace = new TraceHash();
  readonly counts = { contextSwitches: 0, systemCalls: 0, ptraceStops: 0 };
  /** System calls whose number stands for none. */
  unknownCalls = 0;

  readonly #hope = new Hope(this);
  /** What is left of the current context's quantum, or of the stretch that its CPU has. */
  remaining: number;
  /** When the last turn began, in ticks. */
  #turnBegan = 0;
  /** Of several CPUs, the one that has the emulated core. */
  #processor: Processor;
  /** Who may run, by CPU. */
  #queues: readonly RunQueue[] = [];
  #running = false;

  constructor(options: KernelOptions) {
    const { cpu, host } = options;
    this.cpu = cpu;
    this.core = new Core(cpu);
    this.driverMemory = new DriverMemory(cpu.memory);
    this.profile = options.profile ?? P7;
    this.tellUndefined = options.undefinedInstruction ?? (() => {});
    this.tellException = options.exception ?? (() => {});
    this.clock = new Clock(cpu, host.realtime());
    this.scheduler = options.scheduler ?? new RoundRobin();
    this.remaining = this.scheduler.quantum();
    this.parts = createParts({
      host,
      seed: options.seed ?? 0,
      files: options.files ?? new FileTree(),
      contexts: this.contexts,
      cpus: options.cpus ?? 1,
      frames: cpu.memory,
      profile: this.profile,
      kill: (caller, pid, signal) => sendTo(this, caller, pid, signal),
      monotonic: () => this.clock.monotonic,
      realtime: () => this.clock.boot * 1e9 + this.clock.monotonic,
      schedule: (at, callback) => this.deadlines.call(at, callback),
      countPtraceStop: () => {
        this.counts.ptraceStops++;
      },
      demandHope: (caller, what) => this.#hope.demand(caller, what),
    });
    this.calls = callTable(this.parts);
    this.processors = this.#createProcessors(options.cpus ?? 1);
    this.#processor = this.processors[0];
    this.current = this.idle;
  }

  /** It has the CPU while nobody else wants it: of the first CPU, Redox's pid 1. */
  get idle(): Context {
    return this.#processor.idle;
  }

  get statistics(): Statistics {
    return {
      instructions: this.clock.retired,
      ...this.counts,
      traceHash: this.trace.toString(),
      allocatedFrames: this.cpu.memory.allocated,
      peakFrames: this.cpu.memory.peak,
    };
  }

  /** Starts a program written in TypeScript. */
  spawn(options: SpawnOptions): Context {
    const argv = options.argv ?? [options.name ?? 'hosted'];
    const context = this.#createProcess(options, argv[0]);
    bootHosted(this, context, options.program, argv, options.descriptors === undefined);
    this.contexts.living++;
    context.status = RUNNABLE;
    return context;
  }

  /**
   * Starts an ELF program.
   * @throws ExecError when the file cannot be executed
   */
  execute(options: ExecuteOptions): Context {
    const context = this.#createProcess(options, options.path);
    context.link = options.link;
    bootExecutable(this, context, options, options.descriptors === undefined);
    this.contexts.living++;
    context.status = RUNNABLE;
    return context;
  }

  /** A process that makes its system calls when the owner of the machine says so. */
  attach(name: string, options: ProcessOptions = {}): DrivenProcess {
    const context = this.#createProcess(options, name);
    return new DrivenProcess(this, context, options.descriptors === undefined);
  }

  /**
   * Runs until a condition holds; without one, until every process ended that is not driven.
   * @throws DeadlockError when nothing can ever run again
   */
  run(until: () => boolean = () => this.contexts.living === 0): void {
    while (!until()) {
      this.schedule();
      if (this.slice()) this.current.parked = true; // nobody drives it now
    }
  }

  /** A context that does not run yet. */
  createContext(name: string, files: Descriptors, memory = new ProcessMemory(this.cpu)): Context {
    const pid = this.contexts.takePid();
    const context = new Context({
      pid,
      name,
      queue: this.#queues[pid % this.#queues.length],
      memory,
      files,
      actions: new SignalActions(),
      waitMap: new WaitMap(),
      signalFrames: signalFrames(this.profile),
    });
    this.contexts.add(context);
    return context;
  }

  /** Takes a context out of the list, as waitpid does with one that exited. */
  reap(context: Context): void {
    this.contexts.remove(context);
    this.signaled.delete(context);
    this.restoring.delete(context);
    this.core.unload(context);
  }

  /**
   * Gives the CPU to the next context that may run, which may be the same one; of several CPUs, the
   * emulated core to one that has something to do.
   * @throws DeadlockError
   */
  schedule(): void {
    if (this.processors.length > 1) {
      this.#scheduleSeveral();
      return;
    }
    const { queue, spin } = this.#processor;
    if (spin !== undefined) throw this.#deadlock();
    this.#scan();
    for (;;) {
      const next = this.scheduler.next(queue, this.current);
      if (next !== undefined) {
        this.#switchTo(next);
        return;
      }
      this.#switchTo(this.idle);
      this.#scan();
      if (queue.contexts.length === 0) this.#awaitDevices();
    }
  }

  /** Gives the CPU to a context out of turn, if it may run at all. */
  resume(context: Context): void {
    const processor = this.processors[context.pid % this.processors.length];
    if (!context.runnable || processor.goesOn || processor.spin !== undefined) {
      this.schedule();
      return;
    }
    this.#scan();
    this.#processor.remaining += Math.max(this.remaining, 0);
    this.#activate(processor);
    this.#switchTo(context);
  }

  /**
   * Runs the current context until it gives the CPU away; true when it is driven from outside and
   * back in user mode.
   */
  slice(): boolean {
    if (this.#running) throw new Error('the machine is running already');
    this.#running = true;
    try {
      return this.#slice(this.current);
    } finally {
      this.#running = false;
    }
  }

  /** Counts time in which no instruction retires. */
  charge(): void {
    this.clock.charge(STEP_COST);
    this.remaining -= STEP_COST;
  }

  /** The context that has the CPU must share it from the next moment on. */
  endTurn(): void {
    this.remaining = 0;
    this.#processor.remaining = 0;
  }

  /** Enters what happens to a context into the fingerprint of the run. */
  note(what: number, { pid }: Context, detail = 0): void {
    this.trace.note(what, pid, this.clock.retired, detail);
  }

  #slice(context: Context): boolean {
    for (;;) {
      const { flow } = context;
      if (flow !== undefined) {
        const sleep = this.#advance(context, flow);
        if (sleep === undefined || (sleep === INTERLEAVE && this.processors.length === 1)) continue;
        context.sleep = sleep;
        // who spins or is interrupted stays runnable
        const stays = sleep !== RESCHEDULE && context.status === RUNNABLE;
        if (stays && this.#processor.keeps(sleep)) return false;
        this.note(TRACE.slept, context);
        return false;
      }
      if (this.remaining <= 0) {
        if (this.#processor.turnGoesOn()) return false;
        // the frame of the timer, which only the first CPU gets: it tells the others
        context.frame = this.#processor.index === 0;
        this.note(TRACE.preempted, context);
        return false;
      }
      if (context.user.kind === 'outside') return true;
      runUser(this, context, context.user);
    }
  }

  /** Runs kernel code; gives what it sleeps on, if it does. */
  #advance(context: Context, flow: Syscall<void>): Sleep | undefined {
    try {
      const { done, value } = flow.next(true);
      if (done !== true && value !== LEAVE_KERNEL) return value;
      context.flow = undefined;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      // not in a system call, which would say ENOMEM
      context.flow = fault(this, context, VECTOR_PF);
    }
    return undefined;
  }

  #switchTo(next: Context): void {
    const { current } = this;
    const { ticks } = this.clock;
    current.ticks += 1 + ticks - this.#turnBegan;
    this.#turnBegan = ticks;
    if (next !== current) {
      if (next !== this.idle) this.counts.contextSwitches++;
      current.switchedOut = true;
      current.running = false;
      next.running = true;
      demandLegalMxcsr(next);
      this.current = next;
      this.note(TRACE.switched, next);
    }
    this.remaining = this.#processor.beginTurn(this.scheduler.quantum());
    if (next.pending.length > 0 && next.backup === undefined) deliver(this, next);
  }

  #scan(): void {
    if (this.restoring.size > 0) finishSigreturns(this);
    if (this.signaled.size > 0) wakeSignaled(this);
    if (this.deadlines.earliest !== undefined) this.deadlines.wake(this.clock.monotonic);
  }

  /** Everybody waits: for a time to come, or for the world outside. */
  #awaitDevices(): void {
    const { earliest } = this.deadlines;
    if (this.parts.idle(earliest === undefined)) return;
    if (earliest === undefined) throw this.#deadlock();
    this.clock.skipTo(earliest);
    this.#scan();
  }

  #createProcessors(count: number): Processor[] {
    checkProcessors(count, this.profile);
    this.#queues = Array.from({ length: count }, () => new RunQueue());
    return this.#queues.map((queue, index) => {
      const idle = this.createContext('idle', this.parts.descriptors());
      idle.running = true;
      return new Processor(index, queue, idle, count === 1 ? Number.POSITIVE_INFINITY : STRETCH);
    });
  }

  #activate(processor: Processor): void {
    const last = this.#processor;
    if (processor === last) return;
    last.current = this.current;
    this.#processor = processor;
    this.current = processor.current;
  }

  /** The same as schedule(), for several CPUs. */
  #scheduleSeveral(): void {
    this.#processor.remaining += Math.max(this.remaining, 0);
    for (;;) {
      const last = this.#processor;
      last.current = this.current;
      for (const processor of this.processors) {
        if (!processor.deserted) continue;
        this.#activate(processor);
        this.#switchTo(this.idle);
      }
      this.#activate(last);
      this.#scan();
      const ready = this.processors.filter((processor) => processor.ready);
      if (ready.length === 0) {
        this.#awaitDevices();
        continue;
      }
      const processor = ready[this.scheduler.processor(ready, last)];
      this.#activate(processor);
      if (processor.goesOn) {
        this.remaining = processor.goOn();
        return;
      }
      const next = this.scheduler.next(processor.queue, this.current);
      if (next === undefined) throw new Error(`CPU ${processor.index} has nobody to run`);
      this.#switchTo(next);
      return;
    }
  }

  #createProcess(options: ProcessOptions, name: string): Context {
    const files = options.descriptors ?? this.parts.descriptors();
    const context = this.createContext(options.name ?? name, files);
    this.contexts.adopt(context, options.parent?.pid ?? IDLE_PID);
    context.ruid = context.euid = options.uid ?? 0;
    context.rgid = context.egid = options.gid ?? 0;
    context.daemon = options.daemon ?? false;
    return context;
  }

  #deadlock(): DeadlockError {
    return new DeadlockError(allWaiting(this.contexts, this.processors.length));
  }
}
