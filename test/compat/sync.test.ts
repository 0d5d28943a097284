// relibc's locks under every schedule. What must hold is what a lock and a once are for; the flaw of
// the Mutex is the one that relibc repaired in a3e1eed1 (2023-04-30).
import { expect } from 'chai';
import {
  AtomicLock,
  type Attempt,
  Mutex,
  type MutexWakes,
  Once,
  RELIBC_SPINS,
} from '../../compat/index.js';
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  describeFinding,
  type ExploreOptions,
  explore,
  type SharedWorld,
  type ThreadProgram,
} from '../../lib/index.js';
import { fakeProcess } from './fake-process.js';

const NAMES = ['Ann', 'Bob', 'Cid'];

/** So many threads of one program, each schedule of which is looked at. */
function everySchedule(count: number, program: ThreadProgram, options: object = {}) {
  const threads = NAMES.slice(0, count).map((name) => [name, program] as const);
  return explore({ threads, longest: 60, ...options } satisfies ExploreOptions);
}

/** What only one thread may do at a time. */
function* alone(world: SharedWorld): SystemCalls<void> {
  if (world.inside > 0) world.fail('two threads are inside');
  world.inside++;
  world.note('enters');
  yield 'pause';
  world.inside--;
  world.note('leaves');
}

function locking(wakes: MutexWakes, rounds = 1): ThreadProgram {
  return function* (world) {
    const mutex = new Mutex(world, 0, { wakes });
    for (let round = 0; round < rounds; round++) {
      const guard = yield* mutex.lock();
      yield* alone(world);
      yield* guard.unlock();
    }
  };
}

const initialising: ThreadProgram = function* (world) {
  const once = new Once(world, 0);
  yield* once.callOnce(function* () {
    yield* alone(world);
    world.count++;
  });
  if (world.count !== 1) world.fail(`initialised ${world.count} times on return`);
};

const describeWord = (word: number): string => ['free', 'locked', 'waited for'][word] ?? 'lost';

describe('Mutex of relibc, by every schedule', () => {
  it('lets one of two threads in at a time and wakes the other', () => {
    for (const wakes of ['one', 'all'] as const) {
      const result = everySchedule(2, locking(wakes, 2));
      expect(result).to.deep.include({ findings: [], complete: true });
      expect(result.states).to.be.within(1000, 10_000);
    }
  });

  it('may leave the third asleep for ever, as it wakes only one (KP-61)', () => {
    const { findings } = everySchedule(3, locking('one'), { describeWord });
    expect(findings).to.have.length(1);
    const [finding] = findings;
    if (finding === undefined) return;
    expect(finding).to.include({ kind: 'asleep', what: 'Cid sleeps for ever', preemptions: 1 });
    expect(describeFinding(finding)).to.equal(`Cid sleeps for ever (1 preemption)
   1  Ann  finds free; stores locked; enters
   2  Ann  leaves
   3  Bob  finds locked
   4  Bob  finds locked; stores waited for
   5  Bob  FUTEX_WAIT while waited for: sleeps
   6  Cid  finds waited for
   7  Cid  FUTEX_WAIT while waited for: sleeps
   8  Ann  finds waited for; stores free
   9  Ann  FUTEX_WAKE one: wakes Bob; ends
  10  Bob  finds free; stores locked; enters
  11  Bob  leaves
  12  Bob  finds locked; stores free; ends
`);
  });

  it('needs a preemption to leave anybody asleep', () => {
    const result = everySchedule(3, locking('one', 2), { preemptions: 0 });
    expect(result).to.deep.include({ findings: [], complete: true });
  });

  it('wakes everybody since it wakes all, whatever the schedule of three', () => {
    const result = everySchedule(3, locking('all'));
    expect(result).to.deep.include({ findings: [], complete: true });
    expect(result.states).to.be.greaterThan(5000);
  });

  it('wakes everybody of three who lock twice, with up to two preemptions', () => {
    const result = everySchedule(3, locking('all', 2), { preemptions: 2 });
    expect(result).to.deep.include({ findings: [], complete: true });
    expect(result.schedules).to.be.greaterThan(500);
  });

  it('survives signals that end sleeps, since it wakes all', () => {
    const result = everySchedule(2, locking('all', 2), { signals: 2 });
    expect(result).to.deep.include({ findings: [], complete: true });
  });

  it('says when the search was given up', () => {
    const result = everySchedule(3, locking('all'), { states: 50 });
    expect(result).to.deep.include({ findings: [], complete: false });
  });
});

describe('Once of relibc, by every schedule', () => {
  for (const count of [2, 3]) {
    it(`initialises once for ${count} threads, and none returns before that`, () => {
      const result = everySchedule(count, initialising);
      expect(result).to.deep.include({ findings: [], complete: true });
      expect(result.states).to.be.greaterThan(20);
    });
  }

  it('survives signals that end sleeps', () => {
    const result = everySchedule(3, initialising, { signals: 1 });
    expect(result).to.deep.include({ findings: [], complete: true });
  });
});

describe('faults that the search finds', () => {
  const attemptOf = (word: number): Attempt =>
    word === 0 ? 'desired' : word === 2 ? 'waiting' : 'other';

  /** A mutex put together by hand, with one thing wrong. */
  interface Faults {
    /** What a waiter stores before it sleeps; 2 is right. */
    readonly mark?: number;
    /** What a waiter sleeps on; 2 is right. */
    readonly long?: number;
    readonly notifies?: boolean;
    /** What the lock looks like when it is free again; 0 is right. */
    readonly free?: number;
    /** Looks first and locks then, in two steps. */
    readonly torn?: boolean;
  }

  function faulty({ mark = 2, long = 2, notifies = true, free = 0, torn }: Faults): ThreadProgram {
    return function* (world) {
      const word = new AtomicLock(world, 0);
      const attempt = () => attemptOf(word.compareExchange(0, 1));
      if (torn && word.load() === 0) {
        yield 'pause';
        word.swap(1);
      } else {
        yield* word.waitUntil(attempt, () => attemptOf(word.compareExchange(1, mark)), long);
      }
      yield* alone(world);
      yield 'pause';
      if (word.swap(free) === 2 && notifies) yield* word.notifyAll();
    };
  }

  it('finds none where nothing is wrong', () => {
    expect(everySchedule(2, faulty({}))).to.deep.include({ findings: [], complete: true });
  });

  const faults: readonly (readonly [string, Faults, string])[] = [
    ['a missing notify', { notifies: false }, 'asleep: Bob sleeps for ever'],
    ['a wrong state marked before the sleep', { mark: 3 }, 'endless: Bob goes on for ever'],
    ['a sleep on a value that says "locked"', { long: 1 }, 'endless: Bob goes on for ever'],
    ['a wrong state stored by unlock', { free: 1 }, 'asleep: Bob sleeps for ever'],
    ['a look and a lock that are two steps', { torn: true }, 'violation: two threads are inside'],
  ];
  for (const [name, fault, expected] of faults) {
    it(`finds ${name}`, () => {
      const { findings } = everySchedule(2, faulty(fault));
      expect(findings.map(({ kind, what }) => `${kind}: ${what}`)).to.deep.equal([expected]);
    });
  }

  it('finds an initialiser that stores a wrong state', () => {
    const twice: ThreadProgram = function* (world) {
      const status = new AtomicLock(world, 0);
      yield 'pause';
      if (status.compareExchange(0, 1) === 0) world.count++;
      yield 'pause';
      status.swap(0);
      if (world.count !== 1) world.fail(`initialised ${world.count} times`);
    };
    expect(everySchedule(2, twice).findings[0]).to.include({
      kind: 'violation',
      what: 'initialised 2 times',
    });
  });
});

describe('forms of relibc’s locks', () => {
  function alone<T>(code: SystemCalls<T>): T {
    let step = code.next(0);
    while (step.done !== true) step = code.next(0);
    return step.value;
  }

  it('tryLock gives a guard once, and again after it is unlocked', () => {
    const mutex = new Mutex(fakeProcess(), 0);
    const guard = alone(mutex.tryLock());
    expect(alone(mutex.tryLock())).to.equal(undefined);
    if (guard !== undefined) alone(guard.unlock());
    expect(alone(mutex.tryLock())).to.not.equal(undefined);
  });

  it('manualTryLock tells the word that it found instead', () => {
    const process = fakeProcess();
    const mutex = new Mutex(process, 0);
    expect(alone(mutex.manualTryLock())).to.equal(undefined);
    expect(alone(mutex.manualTryLock())).to.equal(1);
    process.memory.store32(0, 2);
    expect(alone(mutex.manualTryLock())).to.equal(2);
  });

  it('manualUnlock of a lock that nobody has leaves it so', () => {
    const process = fakeProcess();
    alone(new Mutex(process, 0).manualUnlock());
    expect(process.memory.load32(0)).to.equal(0);
  });

  it('waitUntil makes 999 spins and one more attempt before it sleeps', () => {
    const process = fakeProcess();
    process.memory.store32(0, 1);
    const lock = new AtomicLock(process, 0, RELIBC_SPINS);
    let attempts = 0;
    const code = lock.waitUntil(
      () => {
        attempts++;
        return 'other';
      },
      () => 'waiting',
      2,
    );
    let step = code.next(0);
    while (step.done !== true && step.value === 'pause') step = code.next(0);
    expect(attempts).to.equal(1000);
    expect(step.value).to.deep.include({ a: 0, b: 0, c: 2 }); // FUTEX_WAIT while the word is 2
  });
});
