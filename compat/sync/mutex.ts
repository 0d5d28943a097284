// relibc's Mutex (src/sync/mutex.rs, 2019-07-06 to 2023-04-30), its flaw included: a thread that
// was woken stores "locked", not "waiting", so with two sleepers the second is never woken.
import type { SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import type { Attempt } from './atomic-lock.js';
import { AtomicLock } from './atomic-lock.js';

const UNLOCKED = 0;
const LOCKED = 1;
const WAITING = 2;

function attemptOf(previous: number): Attempt {
  if (previous === UNLOCKED) return 'desired';
  return previous === WAITING ? 'waiting' : 'other';
}

export class Mutex {
  private readonly word: AtomicLock;

  /** The word at `address` must be zero when the mutex is new. */
  constructor(user: Userspace, address: number, spins?: number) {
    this.word = new AtomicLock(user, address, spins);
  }

  *tryLock(): SystemCalls<boolean> {
    yield 'pause';
    return this.attempt() === 'desired';
  }

  lock(): SystemCalls<void> {
    return this.word.waitUntil(this.attempt, this.markLong, WAITING);
  }

  *unlock(): SystemCalls<void> {
    yield 'pause';
    if (this.word.swap(UNLOCKED) === WAITING) yield* this.word.notifyOne();
  }

  private readonly attempt = (): Attempt => attemptOf(this.word.compareExchange(UNLOCKED, LOCKED));

  /** Finding the lock free here is no lock yet, only a reason not to sleep. */
  private readonly markLong = (): Attempt => attemptOf(this.word.compareExchange(LOCKED, WAITING));
}
