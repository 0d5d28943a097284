// A context: what Redox's kernel has where others have processes and threads. Source:
// context/context.rs of 2019. Who may run is told to the run queue at every change.
import { Registers } from '../cpu/index.js';
import { type Link, SIG_DFL, SIG_IGN, type SystemCalls } from './abi/index.js';
import type { TlsImage } from './exec/tls.js';
import type { ProcessUserspace } from './hosted/userspace.js';
import type { ProcessMemory } from './memory/process-memory.js';
import type { Descriptors } from './parts.js';
import type { KernelProfile } from './profile.js';
import type { RunQueue } from './run-queue.js';
import type { SignalAction, SignalActions, SignalBackup } from './signal/state.js';
import type { Sleep, Syscall } from './syscall.js';
import type { WaitMap } from './wait-map.js';

export type Status =
  | { readonly kind: 'runnable' }
  | { readonly kind: 'blocked' }
  | { readonly kind: 'stopped'; readonly signal: number }
  /** `status` as waitpid gives it. */
  | { readonly kind: 'exited'; readonly status: number };

export const RUNNABLE: Status = { kind: 'runnable' };
export const BLOCKED: Status = { kind: 'blocked' };

/** What a context does in user mode. */
export type UserCode =
  /** Instructions: the CPU runs them. */
  | { readonly kind: 'machine' }
  /** TypeScript; `after` is what the process does when the code returns. */
  | {
      readonly kind: 'steps';
      readonly steps: SystemCalls<unknown>;
      readonly after: 'exit' | 'machine' | 'sigreturn';
    }
  /** Whoever owns the machine: the context runs when a call is made for it. */
  | { readonly kind: 'outside' };

export const MACHINE: UserCode = { kind: 'machine' };
export const OUTSIDE: UserCode = { kind: 'outside' };

/** What the children of a clone with CLONE_FS share. */
export interface WorkingDirectory {
  path: string;
}

/**
 * Which registers tracers see during a signal: those of the kernel's handler, those it interrupted,
 * or the latter unless the program handles the signal itself.
 */
export type SignalFrames = 'live' | 'interrupted' | 'by action';

export function signalFrames({ faults, alwaysBackup }: KernelProfile): SignalFrames {
  if (faults['KP-04']) return 'live';
  return alwaysBackup ? 'interrupted' : 'by action';
}

export interface ContextParts {
  readonly pid: number;
  readonly name: string;
  readonly queue: RunQueue;
  readonly memory: ProcessMemory;
  readonly files: Descriptors;
  readonly actions: SignalActions;
  readonly waitMap: WaitMap;
  readonly signalFrames: SignalFrames;
}

/** A process, or a thread, which Redox did not tell apart: all that the kernel knows of it. */
export class Context {
  readonly pid: number;
  /** It only ever serves others: see ProcessOptions. */
  daemon = false;
  /** Set by Contexts.adopt. */
  ppid = 0;
  pgid: number;
  ruid = 0;
  euid = 0;
  rgid = 0;
  egid = 0;
  /** Namespaces of schemes, real and effective: 1 is the root one. */
  rns = 1;
  ens = 1;
  umask = 0o022;
  name: string;
  directory: WorkingDirectory = { path: 'file:/' };
  files: Descriptors;
  memory: ProcessMemory;
  link: Link | undefined;
  /** Of the program it runs, if that was built for Redox's ABI and has any. */
  tls: TlsImage | undefined;
  /** Whether FS points to a block of its own: in programs for Redox's ABI. */
  threadBlock = false;

  /** Registers while the context is not on the CPU: read {@link registers} instead. */
  readonly saved = new Registers();
  /** The CPU's registers while they are this context's. */
  live: Registers | undefined;
  /** Whether a tracer finds registers here: the context entered the kernel through a frame. */
  frame = false;
  /** Whether it was ever switched out; before, the FPU state of the saved copy is unknown. */
  switchedOut = false;

  /** Of the timer, while it had the CPU, and one for each of its turns. */
  ticks = 0;
  /** It is on a CPU, or was there last. */
  running = false;

  /** A ptrace session exists for this pid. Kept by the ptrace module. */
  traced = false;

  /** What it does in the kernel; undefined in user mode. */
  flow: Syscall<void> | undefined;
  user: UserCode = MACHINE;
  userspace: ProcessUserspace | undefined;
  /** Whether somebody outside makes its calls. */
  driven = false;
  /** What it waits for, or waited for last. */
  sleep: Sleep | undefined;
  /** Virtual time at which a sleep ends by itself. */
  deadline: number | undefined;
  /** A parent with CLONE_VFORK sleeps until this context executes or ends. */
  vfork = false;

  readonly pending: number[] = [];
  backup: SignalBackup | undefined;
  /** Room for the registers of the next backup. */
  spare: Registers | undefined;
  actions: SignalActions;
  signalMask: Uint8Array = new Uint8Array(16);
  readonly waitMap: WaitMap;

  readonly #signalFrames: SignalFrames;

  readonly #queue: RunQueue;
  #status: Status = BLOCKED;
  #ptraceStop = false;
  /** Whether the run queue has it; the queue's own note. */
  queued = false;
  #parked = false;

  constructor(parts: ContextParts) {
    this.pid = parts.pid;
    this.pgid = parts.pid;
    this.name = parts.name;
    this.files = parts.files;
    this.memory = parts.memory;
    this.actions = parts.actions;
    this.waitMap = parts.waitMap;
    this.#signalFrames = parts.signalFrames;
    this.#queue = parts.queue;
    this.saved.reset();
  }

  /** The registers of its user mode, wherever they are now. Do not keep across a sleep. */
  get registers(): Registers {
    return this.live ?? this.saved;
  }

  get status(): Status {
    return this.#status;
  }

  set status(status: Status) {
    this.#status = status;
    this.#queue.refresh(this);
  }

  /** Frozen by a tracer. */
  get ptraceStop(): boolean {
    return this.#ptraceStop;
  }

  set ptraceStop(frozen: boolean) {
    this.#ptraceStop = frozen;
    this.#queue.refresh(this);
  }

  /** Driven from outside, and nobody drives it now. */
  get parked(): boolean {
    return this.#parked;
  }

  set parked(parked: boolean) {
    this.#parked = parked;
    this.#queue.refresh(this);
  }

  get runnable(): boolean {
    return this.#status.kind === 'runnable' && !this.#ptraceStop && !this.#parked;
  }

  get exited(): boolean {
    return this.#status.kind === 'exited';
  }

  get cwd(): string {
    return this.directory.path;
  }

  /** Runnable to Blocked; no other status changes. */
  block(): boolean {
    if (this.#status.kind !== 'runnable') return false;
    this.status = BLOCKED;
    return true;
  }

  /** Blocked to Runnable; no other status changes. */
  unblock(): boolean {
    if (this.#status.kind !== 'blocked') return false;
    this.status = RUNNABLE;
    return true;
  }

  action(signal: number): SignalAction {
    return this.actions.get(signal);
  }

  /**
   * The registers that proc: shows: since 2019-07-20 the interrupted ones while the kernel handles
   * a signal whose action is its own, the live ones while a handler runs; undefined when there is
   * no frame.
   */
  get frameRegisters(): Registers | undefined {
    const { backup } = this;
    if (backup !== undefined && this.#seesBackup(backup.signal)) {
      if (!backup.frame) return undefined;
      return backup.untouched ? this.registers : backup.registers;
    }
    return this.frame ? this.registers : undefined;
  }

  #seesBackup(signal: number): boolean {
    if (this.#signalFrames !== 'by action') return this.#signalFrames === 'interrupted';
    const { handler } = this.action(signal);
    return handler === SIG_DFL || handler === SIG_IGN;
  }
}
