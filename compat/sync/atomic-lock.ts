// relibc's AtomicLock (src/sync/mod.rs, 2019-07-06): a 32-bit word of the process's memory that
// threads change atomically and sleep on by FUTEX. Whoever takes an atomic step yields 'pause'
// before it, system calls included, so that another thread may come first.
import type { SystemCalls, UserMemory } from '../../kernel-sim/abi/index.js';
import { FUTEX_WAIT, FUTEX_WAKE, SYS_FUTEX } from '../../kernel-sim/abi/index.js';

/** What an attempt found: what it wanted, that others sleep already, or neither. */
export type Attempt = 'desired' | 'waiting' | 'other';

/** The memory of the threads that use a lock. */
export interface SharedWords {
  readonly memory: Pick<UserMemory, 'load32' | 'store32'>;
}

/** How often relibc tries before it considers sleeping. */
export const RELIBC_SPINS = 999;

const INT_MAX = 0x7fff_ffff;

export class AtomicLock {
  /**
   * relibc makes {@link RELIBC_SPINS} attempts before the one that decides whether to sleep. A spin
   * is an attempt that changes nothing when it fails, so any number of them leads through the same
   * states; where threads share one processor they only burn the rest of the time slice, so we make
   * none unless asked.
   */
  constructor(
    private readonly user: SharedWords,
    private readonly address: number,
    private readonly spins = 0,
  ) {}

  load(): number {
    return this.user.memory.load32(this.address);
  }

  swap(value: number): number {
    const previous = this.load();
    this.user.memory.store32(this.address, value);
    return previous;
  }

  /** Stores `next` if the word is `expected`; returns what the word was. */
  compareExchange(expected: number, next: number): number {
    const previous = this.load();
    if (previous === expected) this.user.memory.store32(this.address, next);
    return previous;
  }

  *notifyOne(): SystemCalls<void> {
    yield 'pause';
    yield { number: SYS_FUTEX, a: this.address, b: FUTEX_WAKE, c: 1, d: 0, e: 0 };
  }

  *notifyAll(): SystemCalls<void> {
    yield 'pause';
    yield { number: SYS_FUTEX, a: this.address, b: FUTEX_WAKE, c: INT_MAX, d: 0, e: 0 };
  }

  /**
   * Repeats `attempt` until it gets what it wants: first spinning, then asleep while the word is
   * `long`, a value that `markLong` stores to tell the others that somebody sleeps.
   */
  *waitUntil(attempt: () => Attempt, markLong: () => Attempt, long: number): SystemCalls<void> {
    for (let spin = 0; spin < this.spins; spin++) {
      yield 'pause';
      if (attempt() === 'desired') return;
    }
    yield 'pause';
    let previous = attempt();
    while (previous !== 'desired') {
      if (previous !== 'waiting') {
        yield 'pause';
        previous = markLong();
      }
      if (previous !== 'desired') {
        yield 'pause';
        // The result is ignored: a word that changed meanwhile is found out by the next attempt.
        yield { number: SYS_FUTEX, a: this.address, b: FUTEX_WAIT, c: long, d: 0, e: 0 };
      }
      yield 'pause';
      previous = attempt();
    }
  }
}
