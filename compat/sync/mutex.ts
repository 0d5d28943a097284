// relibc's Mutex (src/sync/mutex.rs, 2019-07-06). Until 2023-04-30 an unlock woke one sleeper, who
// then stores "locked", not "waiting", so that with two sleepers the second is never woken (KP-61);
// a3e1eed1 wakes all of them.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import type { Attempt, SharedWords } from './atomic-lock.js';
import { AtomicLock } from './atomic-lock.js';

export const UNLOCKED = 0;
export const LOCKED = 1;
export const WAITING = 2;

/** How many sleepers an unlock wakes. */
export type MutexWakes = 'one' | 'all';

export interface MutexOptions {
  /** `one` unless said. */
  readonly wakes?: MutexWakes;
  /** Attempts before the first sleep; see {@link AtomicLock}. */
  readonly spins?: number;
}

function attemptOf(previous: number): Attempt {
  if (previous === UNLOCKED) return 'desired';
  return previous === WAITING ? 'waiting' : 'other';
}

export class Mutex {
  private readonly word: AtomicLock;
  private readonly wakes: MutexWakes;

  /** The word at `address` must be zero when the mutex is new, or 1 for one that is locked. */
  constructor(user: SharedWords, address: number, { wakes = 'one', spins }: MutexOptions = {}) {
    this.word = new AtomicLock(user, address, spins);
    this.wakes = wakes;
  }

  /** A guard, or undefined if somebody has the lock. */
  *tryLock(): SystemCalls<MutexGuard | undefined> {
    return (yield* this.manualTryLock()) === undefined ? new MutexGuard(this) : undefined;
  }

  /** Waits for the lock. */
  *lock(): SystemCalls<MutexGuard> {
    yield* this.manualLock();
    return new MutexGuard(this);
  }

  /** undefined with the lock taken, or the word that was found, which is 1 or 2. */
  *manualTryLock(): SystemCalls<number | undefined> {
    yield 'pause';
    const previous = this.word.compareExchange(UNLOCKED, LOCKED);
    return previous === UNLOCKED ? undefined : previous;
  }

  /** Waits for the lock, which the caller is to unlock. */
  manualLock(): SystemCalls<void> {
    return this.word.waitUntil(this.attempt, this.markLong, WAITING);
  }

  /** Whoever has it; a lock that nobody has stays so. */
  *manualUnlock(): SystemCalls<void> {
    yield 'pause';
    if (this.word.swap(UNLOCKED) !== WAITING) return;
    if (this.wakes === 'all') yield* this.word.notifyAll();
    else yield* this.word.notifyOne();
  }

  /**
   * The same as a lock that nobody contends, without the pause before it: for the library's own
   * calls, which are many. False when it takes more than one step.
   */
  lockAtOnce(): boolean {
    return this.word.compareExchange(UNLOCKED, LOCKED) === UNLOCKED;
  }

  /** The same for unlock, when nobody sleeps. */
  unlockAtOnce(): boolean {
    return this.word.compareExchange(LOCKED, UNLOCKED) === LOCKED;
  }

  private readonly attempt = (): Attempt => attemptOf(this.word.compareExchange(UNLOCKED, LOCKED));

  /** Finding the lock free here is no lock yet, only a reason not to sleep. */
  private readonly markLong = (): Attempt => attemptOf(this.word.compareExchange(LOCKED, WAITING));
}

/** A lock that is held; Rust's unlocks by going out of scope. */
export class MutexGuard {
  constructor(private readonly mutex: Mutex) {}

  /** To be called once. */
  unlock(): SystemCalls<void> {
    return this.mutex.manualUnlock();
  }
}
