// A ptrace session: what one trace file and its tracee share. Facts: ptrace.rs of 2019-08.
import { EVENT_READ, ptraceFlagsName } from '../abi/index.js';
import { WaitCondition } from '../wait-condition.js';

export class Session {
  readonly pid: number;
  /** The trace file's handle, by which event: queues know it. */
  readonly handle: number;
  /** The tracee sleeps here at a stop, the tracer until one. */
  readonly tracee: WaitCondition;
  readonly tracer: WaitCondition;
  /** Cause, a and b of every event that was not read, in turn. */
  readonly #events: number[] = [];
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
    return this.#events.length / 3;
  }

  /** EVENT_* conditions of the trace file. */
  get readable(): number {
    return this.#events.length > 0 ? EVENT_READ : 0;
  }

  arm(word: number): void {
    this.#breakpoint = word;
    this.#reached = false;
  }

  disarm(): void {
    this.arm(0);
  }

  /** The tracee stops. */
  reach(cause: number, a: number, b: number): void {
    this.#reached = true;
    this.#cause = cause;
    this.add(cause, a, b);
  }

  add(cause: number, a: number, b: number): void {
    this.#events.push(cause, a, b);
  }

  /** Removes the oldest event, telling what it was. */
  take(receive: (cause: number, a: number, b: number) => void): void {
    const [cause, a, b] = this.#events.splice(0, 3);
    receive(cause, a, b);
  }
}

/** Sessions by the tracee's pid; there is one at most. */
export type Sessions = Map<number, Session>;
