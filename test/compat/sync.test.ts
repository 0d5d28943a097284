import { expect } from 'chai';
import { Mutex } from '../../compat/sync/mutex.js';
import { Once } from '../../compat/sync/once.js';
import type { SystemCall, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import { FUTEX_WAIT, SYS_FUTEX } from '../../kernel-sim/abi/index.js';
import { fakeProcess } from './fake-process.js';

// Every interleaving of a few threads: each step runs one thread up to its next preemption point
// or system call. FUTEX is the only system call; a WAKE of one may wake any of the sleepers.

interface World {
  readonly user: Userspace;
  /** Threads now between the two points that the test cares about. */
  inside: number;
  initialised: number;
}

type Thread = (world: World) => SystemCalls<void>;
interface Outcome {
  readonly stuck: number;
  readonly most: number;
  readonly initialised: number;
}

const WORD = 0x10;
const SMALL = 0x40;
const EAGAIN = -11;

/**
 * Runs the threads by a list of choices; those beyond its end are the first possible. What a thread
 * does next depends only on what it has seen, so a state that `seen` holds needs no second look.
 */
function replay(threads: readonly Thread[], choices: readonly number[], seen: Set<string>) {
  const world: World = { user: fakeProcess(SMALL), inside: 0, initialised: 0 };
  const running = threads.map((thread) => ({ code: thread(world), result: 0, history: '' }));
  const asleep = new Set<number>();
  const done = new Set<number>();
  const options: number[] = [];
  let most = 0;
  const choose = (count: number): number => {
    const choice = choices[options.length] ?? 0;
    options.push(count);
    return choice;
  };
  const futex = (index: number, call: SystemCall): number => {
    expect(call.number).to.equal(SYS_FUTEX);
    if (call.b === FUTEX_WAIT) {
      if (world.user.memory.load32(WORD) !== call.c) return EAGAIN;
      asleep.add(index);
      return 0;
    }
    let woken = 0;
    for (; woken < Number(call.c) && asleep.size > 0; woken++) {
      asleep.delete([...asleep][choose(asleep.size)] ?? -1);
    }
    return woken;
  };
  for (;;) {
    const ready = running.flatMap((_, index) =>
      done.has(index) || asleep.has(index) ? [] : [index],
    );
    if (ready.length === 0) break;
    if (options.length >= choices.length) {
      const state = [...running.map(({ history }) => history), ...asleep].join();
      if (seen.has(state)) return { options };
      seen.add(state);
    }
    const index = ready[choose(ready.length)] ?? -1;
    const thread = running[index];
    if (thread === undefined) break;
    thread.history += `${world.user.memory.load32(WORD)}:${thread.result} `;
    const step = thread.code.next(thread.result);
    if (step.done === true) done.add(index);
    else thread.result = step.value === 'pause' ? 0 : futex(index, step.value);
    most = Math.max(most, world.inside);
  }
  const outcome: Outcome = { stuck: asleep.size, most, initialised: world.initialised };
  return { outcome, options };
}

/** All outcomes, by enumerating the choices in the order of a counter. */
function explore(threads: readonly Thread[]): { all: Outcome[]; runs: number } {
  const outcomes = new Map<string, Outcome>();
  const seen = new Set<string>();
  let choices: number[] = [];
  for (let runs = 1; ; runs++) {
    const { outcome, options } = replay(threads, choices, seen);
    if (outcome !== undefined) outcomes.set(JSON.stringify(outcome), outcome);
    const next = options.map((_, place) => choices[place] ?? 0);
    while (next.length > 0 && (next.at(-1) ?? 0) + 1 >= (options[next.length - 1] ?? 0)) next.pop();
    if (next.length === 0) return { all: [...outcomes.values()], runs };
    next[next.length - 1] = (next.at(-1) ?? 0) + 1;
    choices = next;
  }
}

/** No spins: a spin is an attempt like the one that follows, and repeats its states. */
const SPINS = 0;

function* locker(world: World): SystemCalls<void> {
  const mutex = new Mutex(world.user, WORD, SPINS);
  yield* mutex.lock();
  world.inside++;
  yield 'pause';
  world.inside--;
  yield* mutex.unlock();
}

function* initialiser(world: World): SystemCalls<void> {
  const once = new Once(world.user, WORD, SPINS);
  yield* once.callOnce(function* () {
    world.inside++;
    yield 'pause';
    world.inside--;
    world.initialised++;
  });
  expect(world.initialised, 'initialised when callOnce returns').to.equal(1);
}

describe('Mutex of relibc', () => {
  it('lets one of two threads in at a time and wakes the other', () => {
    const { all, runs } = explore([locker, locker]);
    expect(runs).to.be.greaterThan(50);
    expect(all).to.deep.equal([{ stuck: 0, most: 1, initialised: 0 }]);
  });

  it('lets one of three in at a time, but may leave one asleep for ever', () => {
    const { all } = explore([locker, locker, locker]);
    expect(all).to.have.deep.members([
      { stuck: 0, most: 1, initialised: 0 },
      { stuck: 1, most: 1, initialised: 0 },
    ]);
  }).timeout(30_000);

  it('fails to be locked a second time by tryLock', () => {
    const mutex = new Mutex(fakeProcess(), WORD);
    const results = [...runAlone(mutex.tryLock()), ...runAlone(mutex.tryLock())];
    expect(results).to.deep.equal([true, false]);
  });
});

describe('Once of relibc', () => {
  it('initialises once for two threads, and neither returns before that', () => {
    const { all } = explore([initialiser, initialiser]);
    expect(all).to.deep.equal([{ stuck: 0, most: 1, initialised: 1 }]);
  });

  it('initialises once for three threads and wakes them all', () => {
    const { all } = explore([initialiser, initialiser, initialiser]);
    expect(all).to.deep.equal([{ stuck: 0, most: 1, initialised: 1 }]);
  }).timeout(30_000);
});

function runAlone<T>(code: SystemCalls<T>): T[] {
  let step = code.next();
  while (step.done !== true) step = code.next(0);
  return [step.value];
}
