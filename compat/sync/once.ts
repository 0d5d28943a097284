// relibc's Once (src/sync/once.rs, 2019-07-06): the first caller initialises, others wait for it.
// There is no poisoning, and an initialiser that calls itself waits for itself for ever.
import type { SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import type { Attempt } from './atomic-lock.js';
import { AtomicLock } from './atomic-lock.js';

const UNINITIALIZED = 0;
const INITIALIZING = 1;
const WAITING = 2;
const INITIALIZED = 3;

function statusOf(word: number): Attempt {
  if (word === INITIALIZED) return 'desired';
  return word === WAITING ? 'waiting' : 'other';
}

export class Once {
  private readonly status: AtomicLock;

  /** The word at `address` must be zero until the first call. */
  constructor(user: Userspace, address: number, spins?: number) {
    this.status = new AtomicLock(user, address, spins);
  }

  /** Returns when `initialise` has run, in whichever thread. */
  *callOnce(initialise: () => SystemCalls<void>): SystemCalls<void> {
    const { status } = this;
    const previous = yield* status.compareExchange(UNINITIALIZED, INITIALIZING);
    if (previous === UNINITIALIZED) {
      yield* initialise();
      if ((yield* status.swap(INITIALIZED)) === WAITING) yield* status.notifyAll();
    } else if (previous !== INITIALIZED) {
      yield* status.waitUntil(
        () => this.attempt(),
        () => this.markLong(),
        WAITING,
      );
    }
  }

  private *attempt(): SystemCalls<Attempt> {
    return statusOf(yield* this.status.load());
  }

  private *markLong(): SystemCalls<Attempt> {
    return statusOf(yield* this.status.compareExchange(INITIALIZING, WAITING));
  }
}
