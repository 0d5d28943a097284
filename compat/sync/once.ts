// relibc's Once (src/sync/once.rs, 2019-07-06): the first caller initialises, others wait for it.
// There is no poisoning, and an initialiser that calls itself waits for itself for ever.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import type { Attempt, SharedWords } from './atomic-lock.js';
import { AtomicLock } from './atomic-lock.js';

const UNINITIALIZED = 0;
const INITIALIZING = 1;
const WAITING = 2;
const INITIALIZED = 3;

function attemptOf(word: number): Attempt {
  if (word === INITIALIZED) return 'desired';
  return word === WAITING ? 'waiting' : 'other';
}

export class Once {
  private readonly status: AtomicLock;

  /** The word at `address` must be zero until the first call. */
  constructor(user: SharedWords, address: number, spins?: number) {
    this.status = new AtomicLock(user, address, spins);
  }

  /** Whether the initialiser has run: then callOnce would return at once. */
  get done(): boolean {
    return this.status.load() === INITIALIZED;
  }

  /** Returns when the initialiser has run, in whichever thread. */
  *callOnce(initialise?: () => SystemCalls<void>): SystemCalls<void> {
    const { status } = this;
    yield 'pause';
    const previous = status.compareExchange(UNINITIALIZED, INITIALIZING);
    if (previous === INITIALIZED) return;
    if (previous !== UNINITIALIZED) {
      yield* status.waitUntil(this.attempt, this.markLong, WAITING);
      return;
    }
    if (initialise !== undefined) yield* initialise();
    yield 'pause';
    if (status.swap(INITIALIZED) === WAITING) yield* status.notifyAll();
  }

  private readonly attempt = (): Attempt => attemptOf(this.status.load());

  private readonly markLong = (): Attempt =>
    attemptOf(this.status.compareExchange(INITIALIZING, WAITING));
}
