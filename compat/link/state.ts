// What the link keeps for a process and for each of its threads, beside relibc's own state. In a
// real C library it would lie in the process's memory: a fork copies it, threads share it.
import type { LibcState } from '../libc.js';
import type { Sessions } from '../ptrace/session.js';
import { copySessions } from '../ptrace/session.js';
import type { LinuxCall } from './linux-call.js';
import { Mappings } from './mappings.js';

/** The threads of a process: each is a process of Redox. */
export class Threads {
  readonly #others = new Set<number>();
  /** Whether CLONE_THREAD was ever asked for: only then somebody may wait for a thread's end. */
  several = false;
  /** The one that began the process; 0 while it has not asked who it is. */
  first = 0;
  /** The first called exit for itself alone: it waits for the others, as the process lives on. */
  firstLeft = false;
  /** The status that all of them end with, once one has said so. */
  ending: number | undefined;

  /** Those that were not the first. */
  get others(): readonly number[] {
    return [...this.#others];
  }

  started(tid: number): void {
    this.several = true;
    this.#others.add(tid);
  }

  ended(tid: number): void {
    this.#others.delete(tid);
  }
}

export class ProcessState implements LibcState {
  statics = 0;
  /** The bytes of the image's path, for /proc/self/exe. */
  path: Uint8Array = new Uint8Array();
  threads = new Threads();
  mappings = new Mappings();
  sessions: Sessions = new Map();

  copy(): ProcessState {
    const copy = this.withSessions(copySessions(this.sessions)).alone();
    copy.mappings = this.mappings.copy();
    return copy;
  }

  /** The same memory, but a process of its own. */
  alone(): ProcessState {
    const other = this.withSessions(this.sessions);
    other.threads = new Threads();
    return other;
  }

  /** The same process with another table of ptrace sessions. */
  withSessions(sessions: Sessions): ProcessState {
    const other = new ProcessState();
    other.statics = this.statics;
    other.path = this.path;
    other.threads = this.threads;
    other.mappings = this.mappings;
    other.sessions = sessions;
    return other;
  }
}

/** A clone between the parent's call and the child's first instruction. */
export interface PendingClone {
  readonly call: LinuxCall;
  readonly flags: number;
  readonly stack: number;
  readonly parentTid: number;
  /** Whether the word at `parentTid` is stored: by whichever of the two threads runs first. */
  parentTidStored: boolean;
  readonly childTid: number;
  readonly tls: number;
  readonly fsBase: bigint;
}

export class ThreadState {
  /** Whether its process began with it. */
  first = true;
  /** Whether it is a process that runs in its parent's memory, on a stack that may be small. */
  borrows = false;
  /** Its number, once known. */
  tid: number | undefined;
  /** Where a zero is stored, and a futex woken, when the thread ends. */
  clearTid = 0;
  /** The stack_t of sigaltstack: remembered, never used. Redox has one signal stack of its own. */
  alternateStack: Uint8Array | undefined;
  pendingClone: PendingClone | undefined;
  /** Whether it sleeps until any signal comes. */
  waitsForSignal = false;
}
