// relibc's AtomicLock (src/sync/mod.rs, 2019-07-06): a 32-bit word of the process's memory that
// threads change atomically and sleep on by FUTEX. Every atomic step is a preemption point.
import type { SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import { FUTEX_WAIT, FUTEX_WAKE, SYS_FUTEX } from '../../kernel-sim/abi/index.js';

/** What an attempt found: what it wanted, that others sleep already, or neither. */
export type Attempt = 'desired' | 'waiting' | 'other';

const INT_MAX = 0x7fff_ffff;

export class AtomicLock {
  /**
   * relibc spins 999 times before it considers sleeping. A spin is an attempt that changes nothing
   * when it fails, so any number of them leads through the same states; where threads share one
   * processor they only burn the rest of the time slice, so we make one.
   */
  constructor(
    private readonly user: Userspace,
    private readonly address: number,
    private readonly spins = 1,
  ) {}

  *load(): SystemCalls<number> {
    yield 'pause';
    return this.user.memory.load32(this.address);
  }

  *swap(value: number): SystemCalls<number> {
    yield 'pause';
    const { memory } = this.user;
    const previous = memory.load32(this.address);
    memory.store32(this.address, value);
    return previous;
  }

  /** Stores `next` if the word is `expected`; returns what the word was. */
  *compareExchange(expected: number, next: number): SystemCalls<number> {
    yield 'pause';
    const { memory } = this.user;
    const previous = memory.load32(this.address);
    if (previous === expected) memory.store32(this.address, next);
    return previous;
  }

  *notifyOne(): SystemCalls<void> {
    yield { number: SYS_FUTEX, a: this.address, b: FUTEX_WAKE, c: 1, d: 0, e: 0 };
  }

  *notifyAll(): SystemCalls<void> {
    yield { number: SYS_FUTEX, a: this.address, b: FUTEX_WAKE, c: INT_MAX, d: 0, e: 0 };
  }

  /**
   * Repeats `attempt` until it gets what it wants: first spinning, then asleep while the word is
   * `long`, a value that `markLong` stores to tell the others that somebody sleeps.
   */
  *waitUntil(
    attempt: () => SystemCalls<Attempt>,
    markLong: () => SystemCalls<Attempt>,
    long: number,
  ): SystemCalls<void> {
    for (let spin = 0; spin < this.spins; spin++) {
      if ((yield* attempt()) === 'desired') return;
    }
    let previous = yield* attempt();
    while (previous !== 'desired') {
      if (previous === 'waiting' || (yield* markLong()) !== 'desired') {
        // The result is ignored: a word that changed meanwhile is found out by the next attempt.
        yield { number: SYS_FUTEX, a: this.address, b: FUTEX_WAIT, c: long, d: 0, e: 0 };
      }
      previous = yield* attempt();
    }
  }
}
