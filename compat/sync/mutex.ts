// relibc's Mutex (src/sync/mutex.rs, 2019-07-06 to 2023-04-30), its flaw included: a thread that
// was woken stores "locked", not "waiting", so with two sleepers the second is never woken.
import type { SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import type { Attempt } from './atomic-lock.js';
import { AtomicLock } from './atomic-lock.js';

const UNLOCKED = 0;
const LOCKED = 1;
const WAITING = 2;

export class Mutex {
  private readonly lockWord: AtomicLock;

  /** The word at `address` must be zero when the mutex is new. */
  constructor(user: Userspace, address: number, spins?: number) {
    this.lockWord = new AtomicLock(user, address, spins);
  }

  *tryLock(): SystemCalls<boolean> {
    return (yield* this.lockWord.compareExchange(UNLOCKED, LOCKED)) === UNLOCKED;
  }

  *lock(): SystemCalls<void> {
    yield* this.lockWord.waitUntil(
      () => this.attempt(),
      () => this.markLong(),
      WAITING,
    );
  }

  *unlock(): SystemCalls<void> {
    if ((yield* this.lockWord.swap(UNLOCKED)) === WAITING) yield* this.lockWord.notifyOne();
  }

  private *attempt(): SystemCalls<Attempt> {
    const previous = yield* this.lockWord.compareExchange(UNLOCKED, LOCKED);
    if (previous === UNLOCKED) return 'desired';
    return previous === WAITING ? 'waiting' : 'other';
  }

  private *markLong(): SystemCalls<Attempt> {
    const previous = yield* this.lockWord.compareExchange(LOCKED, WAITING);
    if (previous === UNLOCKED) return 'desired';
    return previous === WAITING ? 'waiting' : 'other';
  }
}
