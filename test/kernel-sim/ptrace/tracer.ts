// A tracer that a test drives by hand, and its tracees.

import type { HostedProgram, SystemCalls, Userspace } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import {
  type Context,
  type DrivenProcess,
  type FaultOverrides,
  type Kernel,
  type KernelProfile,
  kernelProfile,
  P7,
} from '../../../kernel-sim/index.js';
import { FileTree } from '../../../kernel-sim/scheme/file-tree.js';
import { call, close, dup, machine, open, read, wait, write } from '../machine.js';
import { elf } from './elf.js';
import { STEP } from './flags.js';
import { currentCpus, currentScheduler, sharedCpu } from './schedules.js';

export interface TraceEvent {
  readonly cause: number;
  readonly a: number;
  readonly b: number;
}

export const { O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC } = abi;

export interface TracerOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** What {@link Tracer.machineChild} runs. */
  readonly code?: Uint8Array;
  readonly profile?: KernelProfile;
  /** How many the kernel has; one unless said. */
  readonly cpus?: number;
}

/** The operation that asks for what a later word asks for. */
function operationOf(word: number): number {
  const stops = word & abi.PTRACE_STOP_MASK;
  const emulates = (word & abi.PTRACE_FLAG_IGNORE) === 0 ? 0 : abi.PTRACE_SYSEMU;
  if (stops === 0) return abi.PTRACE_CONT;
  if (stops === STEP) return abi.PTRACE_SINGLESTEP | emulates;
  return (stops === abi.PTRACE_STOP_SIGNAL ? abi.PTRACE_SIGNAL : abi.PTRACE_SYSCALL) | emulates;
}

/**
 * A kernel on which a tracer that is preempted between its write and its read does not wait for
 * ever (KP-38): what is tested under all schedules must not depend on that.
 */
export const kernelFor = (revision: string, faults: FaultOverrides = {}): KernelProfile =>
  kernelProfile(revision, currentScheduler() ? { 'KP-38': false, ...faults } : faults);

/** A tracer, its tracee, and the descriptors of two of the tracee's files. */
export interface Traced {
  readonly tracer: Tracer;
  readonly child: Context;
  readonly pid: number;
  readonly trace: number;
  readonly regs: number;
}

export class Tracer {
  readonly kernel: Kernel;
  readonly driven: DrivenProcess;
  readonly output: { stdout: string; stderr: string };

  constructor(options: TracerOptions = {}) {
    const files = new FileTree();
    files.addFile('bin/code', elf(options.code ?? new Uint8Array(0)), 0o755);
    const scheduler = currentScheduler();
    const { kernel, output } = machine({
      files,
      cpu: sharedCpu(),
      ...(scheduler && { scheduler }),
      ...(options.profile && { profile: options.profile }),
      cpus: options.cpus ?? currentCpus(options.profile ?? P7),
    });
    this.kernel = kernel;
    this.output = output;
    this.driven = kernel.attach('tracer', options);
  }

  get user(): Userspace {
    return this.driven.user;
  }

  run<T>(code: SystemCalls<T>): T {
    return this.driven.run(code);
  }

  /** A child of the tracer that did not run yet. */
  child(program: HostedProgram, options: { uid?: number; gid?: number } = {}): Context {
    return this.kernel.spawn({ program, name: 'tracee', parent: this.driven.context, ...options });
  }

  /** A child that runs the machine code that the tracer was made with. */
  machineChild(): Context {
    const parent = this.driven.context;
    return this.kernel.execute({ path: 'file:/bin/code', argv: ['code'], env: [], parent });
  }

  /** Opens the files of a child's trace; it is frozen before its first call unless it may run. */
  attach(child: Context, flags: number = O_RDWR | O_TRUNC): Traced {
    const trace = this.open(child.pid, 'trace', flags);
    const regs = this.dup(trace, 'regs/int');
    return { tracer: this, child, pid: child.pid, trace, regs };
  }

  open(pid: number, file: string, flags: number = O_RDWR): number {
    return this.run(open(this.user, `proc:${pid}/${file}`, flags));
  }

  dup(descriptor: number, file: string): number {
    return this.run(dup(this.user, descriptor, file));
  }

  close(descriptor: number): number {
    return this.run(close(descriptor));
  }

  /** Writes a command word. */
  command(trace: number, word: number | bigint): number {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(word), true);
    return this.write(trace, bytes);
  }

  write(descriptor: number, bytes: Uint8Array | string): number {
    return this.run(write(this.user, descriptor, bytes));
  }

  read(descriptor: number, length: number) {
    return this.run(read(this.user, descriptor, length));
  }

  events(trace: number, limit = 8): TraceEvent[] {
    const { size } = abi.PtraceEvent;
    const { bytes } = this.read(trace, limit * size);
    return Array.from({ length: bytes.length / size }, (_, index) => {
      const { cause, a, b } = abi.PtraceEvent.decode(bytes, index * size);
      return { cause, a, b };
    });
  }

  /** Writes an operation, as until 2019-07-24. */
  operation(trace: number, operation: number): number {
    return this.write(trace, Uint8Array.of(operation));
  }

  /**
   * Commands, waits as the revision waits, and gives the cause of the only event that follows: of
   * operations, what was asked for.
   */
  next(trace: number, word: number): number {
    const { protocol } = this.kernel.profile;
    if (protocol.startsWith('operations')) {
      const result = this.operation(trace, operationOf(word));
      return result === 1 ? word : result;
    }
    const result = this.command(trace, word);
    if (result !== 8) return result;
    if (protocol === 'read-waits') return this.awaited(trace);
    const events = this.events(trace);
    if (events.length !== 1) throw new Error(`${events.length} events`);
    return events[0].cause;
  }

  /** Commands, waits as the revision waits, and gives the event. */
  told(trace: number, word: number): TraceEvent {
    const result = this.command(trace, word);
    if (result !== 8) throw new Error(abi.errnoName(-result));
    return this.events(trace, 1)[0];
  }

  /** What is told next of the same command; a write that did not wait is repeated for it. */
  toldNext(trace: number, word: number): TraceEvent {
    if (this.kernel.profile.protocol === 'read-waits') return this.events(trace, 1)[0];
    return this.told(trace, word);
  }

  /** Reads one event as it comes and gives its cause, or an error's number. */
  awaited(trace: number): number {
    const { result, bytes } = this.read(trace, abi.PtraceEvent.size);
    return result <= 0 ? result : abi.PtraceEvent.decode(bytes).cause;
  }

  registers(regs: number): abi.IntRegisters {
    const { result, bytes } = this.read(regs, abi.IntRegisters.size);
    if (result < 0) throw new Error(abi.errnoName(-result));
    return abi.IntRegisters.decode(bytes);
  }

  setRegisters(regs: number, changes: Partial<abi.IntRegisters>): number {
    const values = { ...this.registers(regs), ...changes };
    return this.write(regs, abi.IntRegisters.encode(values));
  }

  seek(descriptor: number, offset: number, whence: number = abi.SEEK_SET): number {
    return this.run(call(abi.SYS_LSEEK, descriptor, offset, whence));
  }

  /** Lets others run, long enough for each of them to have its turns. */
  pause(times = 100): void {
    for (let i = 0; i < times; i++) this.run(call(abi.SYS_YIELD));
  }

  wait(pid: number, flags = 0): number {
    return this.run(wait(this.user, pid, flags));
  }

  kill(pid: number, signal: number): number {
    return this.run(call(abi.SYS_KILL, pid, signal));
  }
}

/** A program that makes calls one after the other and exits with the number of them. */
export function calls(...list: abi.SystemCall[]): HostedProgram {
  return function* () {
    for (const one of list) yield one;
    return list.length;
  };
}

/** Runs until somebody ends it. */
export const spin: HostedProgram = function* () {
  for (;;) yield* call(abi.SYS_YIELD);
};
