// What kernel code is made of: generators that yield what they sleep on. A call that never sleeps
// is a plain function, and costs no generator; what a tracer's round trip goes through is written by
// hand as what a generator is to others, as resuming nested generators costs more than the rest.
import type { Context } from './context.js';
import type { Kernel } from './kernel.js';

/** What a context that gave the CPU away is waiting for. */
export interface Sleep {
  /** Completes "pid 3 waits for ...", in a report of a deadlock. */
  describe(): string;
  /**
   * Whether a signal that cannot be delivered yet (a handler is running) ends this sleep, too.
   * A sleep that would only fall asleep again says false.
   */
  readonly interruptible: boolean;
  /** Whether signals wait for its end, SIGKILL excepted. */
  readonly holdsSignals?: boolean;
}

/** Kernel code that may sleep. Resumed with true when notified, false when woken otherwise. */
export interface Syscall<T> {
  next(notified: boolean): IteratorResult<Sleep, T>;
  [Symbol.iterator](): Iterator<Sleep, T, boolean>;
}

/** Kernel code that is no generator: {@link next} goes on to the next sleep or to the end. */
export abstract class Steps<T> implements Syscall<T> {
  abstract next(notified: boolean): IteratorResult<Sleep, T>;

  [Symbol.iterator](): this {
    return this;
  }
}

/** A step of it: asleep, or at its end. */
export const asleep = (value: Sleep): IteratorYieldResult<Sleep> => ({ done: false, value });
export const ended = <T>(value: T): IteratorReturnResult<T> => ({ done: true, value });

/** The end of what has no result. */
export const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * Serves one system call: its result, or the code that finds it. Arguments are the registers as
 * signed doubles, so that addresses below 2^53 and small negative numbers are exact; what lies
 * outside user memory comes out negative or large, and is refused as such.
 */
export type Handler = (
  kernel: Kernel,
  caller: Context,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
) => number | Syscall<number>;

/** Handlers by system-call number. */
export type CallTable = ReadonlyMap<number, Handler>;

/** A sleep that is none: the context stays runnable and lets others go first. */
export const RESCHEDULE: Sleep = { describe: () => 'its turn', interruptible: true };

/** Lets others go first, and gives 0. */
export class GiveWay extends Steps<number> {
  #given = false;

  override next(): IteratorResult<Sleep, number> {
    if (this.#given) return ended(0);
    this.#given = true;
    return asleep(RESCHEDULE);
  }
}

/**
 * Yielded where a CPU does not keep the others out: on several CPUs another one may go on here, on
 * one CPU nothing happens.
 */
export const INTERLEAVE: Sleep = { describe: () => 'its turn', interruptible: false };

/** Yielded by code that does not return to its caller: the context goes on in user mode. */
export const LEAVE_KERNEL: Sleep = { describe: () => 'user mode', interruptible: true };
