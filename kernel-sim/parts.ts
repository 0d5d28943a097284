// What the core of the kernel asks of the parts around it: descriptors, schemes and ptrace.
import type { Stat } from './abi/index.js';
import type { Context } from './context.js';
import type { CallTable, Syscall } from './syscall.js';

/** A process's file descriptors. */
export interface Descriptors {
  /** CLONE_FILES: the same table, with one more user. */
  share(): Descriptors;
  /** A table of its own; descriptions are shared. */
  copy(): Descriptors;
  /** Exit: the last user closes everything. */
  leave(caller: Context): Syscall<void>;
  /** Exec: closes what O_CLOEXEC marks. */
  closeOnExec(caller: Context): Syscall<void>;
}

/** What a stop tells its tracer besides its cause. */
export interface StopDetails {
  readonly a?: number;
  readonly b?: number;
}

/** The tracee's side of ptrace. `Context.traced` says whether asking is worth while. */
export interface Tracing {
  /**
   * Stops if the tracer asked for `stop` (a PTRACE_STOP_* bit); gives the command word in force
   * when the tracee goes on (0 when there is none), undefined when nobody asked.
   */
  breakpoint(context: Context, stop: number, details?: StopDetails): Syscall<number | undefined>;
  /** Whether the call is skipped; `word` is what the stop before it gave. */
  ignoresCall(context: Context, word: number | undefined): boolean;
  /** Whether a stop after the call is worth asking for. */
  stopsAfterCall(word: number | undefined, ignored: boolean): boolean;
  /** Whether a tracer is to be told of signals. */
  hears(context: Context): boolean;
  /** A signal is about to act: the stop for it, and whether it shall be dropped. */
  signaled(context: Context, signal: number, handler: number): Syscall<boolean>;
  /** PTRACE_EVENT_CLONE, and what it does to the child; the child has not run yet. */
  cloned(parent: Context, child: Context): void;
  /** The context is Exited now: its status is posted and its tracer must learn of it. */
  exited(context: Context): void;
}

/** The file that FEXEC runs. */
export interface Executable {
  readonly bytes: Uint8Array;
  readonly stat: Stat;
  /** The path by which the descriptor's scheme knows it, scheme name included. */
  readonly path: string;
}

export interface Parts {
  /** Every call on paths, descriptors and namespaces; FEXEC, FUNMAP and MPROTECT are the core's. */
  readonly calls: CallTable;
  readonly tracing: Tracing;
  /** An empty table. */
  descriptors(): Descriptors;
  /** Opens a path as SYS_OPEN does; gives the descriptor. */
  open(caller: Context, path: string, flags: number): Syscall<number>;
  close(caller: Context, descriptor: number): Syscall<void>;
  /** Reads a whole executable. @throws SysError */
  executable(caller: Context, descriptor: number): Syscall<Executable>;
  /**
   * Nothing can run: lets a device go on that waits for the outside world (the console). False
   * when there is none, or, unless called patiently, none that can go on at once.
   */
  idle(patiently: boolean): boolean;
}
