// The schedule by which relibc's Mutex loses a wake-up (KP-61), found on the model of futex, and
// followed step by step by threads of one process on the kernel.
import { expect } from 'chai';
import { Mutex, type MutexWakes, relibc, type SharedWords } from '../../compat/index.js';
import { SYS_FUTEX, type SystemCalls } from '../../kernel-sim/abi/index.js';
import { type Context, DeadlockError, RoundRobin, type Scheduler } from '../../kernel-sim/index.js';
import { explore, type SharedWorld } from '../../lib/index.js';
import { machine } from '../kernel-sim/machine.js';

const NAMES = ['Ann', 'Bob', 'Cid'];

function* locker(world: SharedWords, address: number, wakes: MutexWakes): SystemCalls<void> {
  const guard = yield* new Mutex(world, address, { wakes }).lock();
  yield 'pause';
  yield* guard.unlock();
}

/** Names of threads, one for each step; those of a thread's own are no business of the futex. */
function losingSchedule(): string[] {
  const program = (world: SharedWorld) => locker(world, 0, 'one');
  const { findings } = explore({ threads: NAMES.map((name) => [name, program] as const) });
  return findings.flatMap(({ schedule }) =>
    schedule.filter(({ what }) => what !== 'goes on').map(({ thread }) => thread),
  );
}

/** Gives each turn to the thread whose step it is, once there are all three. */
class ByName implements Scheduler {
  readonly endsWithCall = false;
  readonly threads: number[] = [];
  /** Steps that were taken: uses of the word, and calls on it. */
  taken = 0;
  readonly #script: readonly string[];
  readonly #others = new RoundRobin();

  constructor(script: readonly string[]) {
    this.#script = script;
  }

  quantum(): number {
    return 1; // a turn ends with each step of TypeScript
  }

  processor(): number {
    return 0;
  }

  next(queue: Parameters<Scheduler['next']>[0], current: Context): Context | undefined {
    const name = this.#script[this.taken];
    const pid = this.threads[NAMES.indexOf(name ?? '')];
    if (this.threads.length < NAMES.length || pid === undefined) {
      const free = queue.contexts.filter((context) => !this.threads.includes(context.pid));
      return free[0] ?? this.#others.next(queue, current);
    }
    return queue.contexts.find((context) => context.pid === pid) ?? queue.contexts[0];
  }
}

/** Three threads by a schedule; those that have ended. */
function follow(script: readonly string[], wakes: MutexWakes): string[] {
  const scheduler = new ByName(script);
  const { kernel } = machine({ scheduler });
  const ended: string[] = [];
  kernel.spawn({
    name: 'threads',
    program: function* (user) {
      const libc = relibc(user);
      const word = user.reserve(16);
      user.memory.store32(word, 0);
      for (const name of NAMES) {
        const pid = yield* libc.startThread(function* (thread) {
          yield* counted(locker(watched(thread.user), word, wakes));
          ended.push(name);
          return 0;
        });
        scheduler.threads.push(pid);
      }
      for (const pid of scheduler.threads) yield* libc.joinThread(pid);
      return 0;
    },
  });

  /** Memory that counts an atomic step where the word is read. */
  function watched({ memory }: SharedWords): SharedWords {
    return {
      memory: {
        load32: (at) => {
          scheduler.taken++;
          return memory.load32(at);
        },
        store32: (at, value) => memory.store32(at, value),
      },
    };
  }

  function* counted(code: SystemCalls<void>): SystemCalls<void> {
    let result = 0;
    for (;;) {
      const { value, done } = code.next(result);
      if (done === true) return;
      if (value !== 'pause' && value.number === SYS_FUTEX) scheduler.taken++;
      result = yield value;
    }
  }

  kernel.run();
  return ended;
}

describe('the schedule that loses a wake-up, on the kernel', () => {
  it('leaves Cid asleep for ever with the Mutex that wakes one (KP-61)', () => {
    const schedule = losingSchedule();
    expect(schedule).to.have.length(10);
    const error = expect(() => follow(schedule, 'one')).to.throw(DeadlockError);
    error.that.satisfies(({ waiting }: DeadlockError) => {
      const texts = waiting.map(({ what }) => what);
      return texts.some((text) => text.startsWith('a wake of the futex at 0x'));
    });
  });

  it('lets all three end with the Mutex that wakes all', () => {
    expect(follow(losingSchedule(), 'all')).to.have.members(NAMES);
  });

  it('lets all three end when they take turns', () => {
    expect(follow([], 'one')).to.have.members(NAMES);
  });
});
