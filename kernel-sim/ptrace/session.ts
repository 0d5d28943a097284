// A ptrace session: what one trace file and its tracee share. Facts: ptrace.rs of 2019 and 2020.
import { EVENT_READ, EVENT_WRITE, ptraceFlagsName } from '../abi/index.js';
import { WaitCondition } from '../wait-condition.js';

/** What a tracer reads of its tracee: a PTRACE_STOP_* or PTRACE_EVENT_* flag and what goes with it. */
export interface SessionEvent {
  readonly cause: number;
  readonly a: number;
  readonly b: number;
}

export class Session {
  readonly pid: number;
  /** The trace file's handle, by which event: queues know it. */
  readonly handle: number;
  /** The tracee sleeps here at a stop, the tracer until one. */
  readonly tracee: WaitCondition;
  readonly tracer: WaitCondition;
  /** Events that were not read, in turn. */
  readonly #events: SessionEvent[] = [];
  #breakpoint = 0;
  #reached = false;
  #cause = 0;

  constructor(pid: number, handle: number) {
    this.pid = pid;
    this.handle = handle;
    this.tracee = new WaitCondition(() => `its tracer, at ${ptraceFlagsName(this.#cause)}`);
    this.tracer = new WaitCondition(() => {
      const wanted = this.#breakpoint === 0 ? 'an event' : ptraceFlagsName(this.#breakpoint);
      return `${wanted} of its tracee, pid ${pid}`;
    });
  }

  /** The command word in force; 0 when none is. */
  get breakpoint(): number {
    return this.#breakpoint;
  }

  /** Whether the tracee stopped for the word in force. */
  get reached(): boolean {
    return this.#reached;
  }

  get eventCount(): number {
    return this.#events.length;
  }

  /** EVENT_* conditions of the trace file; writable is what needs not be waited for. */
  conditions(tellsWritable: boolean): number {
    const readable = this.#events.length > 0 ? EVENT_READ : 0;
    const writable = this.#reached || this.#breakpoint === 0;
    return tellsWritable && writable ? readable | EVENT_WRITE : readable;
  }

  arm(word: number): void {
    this.#breakpoint = word;
    this.#reached = false;
  }

  disarm(): void {
    this.arm(0);
  }

  /** The tracee stops. */
  reach(cause: number): void {
    this.#reached = true;
    this.#cause = cause;
  }

  add(cause: number, a: number, b: number): void {
    this.#events.push({ cause, a, b });
  }

  /** There must be one. */
  get oldest(): SessionEvent {
    return this.#events[0];
  }

  /** Removes the oldest event. There must be one. */
  take(): SessionEvent {
    const event = this.#events.shift();
    if (event === undefined) throw new Error(`no event of pid ${this.pid}`);
    return event;
  }
}

/** Sessions by the tracee's pid; there is one at most. */
export type Sessions = Map<number, Session>;
