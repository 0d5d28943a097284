import { expect } from 'chai';
import type { HostedProgram } from '../../kernel-sim/abi/index.js';
import * as abi from '../../kernel-sim/abi/index.js';
import {
  type Context,
  DeadlockError,
  kernelProfile,
  nextScript,
  RandomScheduler,
  type Scheduler,
  ScriptedScheduler,
} from '../../kernel-sim/index.js';
import { SpinLock } from '../../kernel-sim/spin-lock.js';
import { INTERLEAVE, RESCHEDULE, type Sleep, type Syscall } from '../../kernel-sim/syscall.js';
import { WaitCondition } from '../../kernel-sim/wait-condition.js';
import { call, fork, machine, wait, write } from './machine.js';

const profile = kernelProfile('P9');
const { cpu } = machine().kernel;
const several = (cpus: number, scheduler?: Scheduler) =>
  machine({ cpu, cpus, profile, ...(scheduler && { scheduler }) });

const nothing: HostedProgram = function* () {
  return (yield* call(abi.SYS_GETPID)) * 0;
};

/** Two contexts that begin in the kernel; on two CPUs each has its own. */
function inKernel(
  cpus: number,
  first: (context: Context) => Syscall<void>,
  second: (context: Context) => Syscall<void>,
  scheduler?: Scheduler,
) {
  const { kernel } = several(cpus, scheduler);
  const contexts = [first, second].map((code) => {
    const context = kernel.spawn({ program: nothing });
    context.flow = code(context);
    return context;
  });
  return { kernel, contexts };
}

describe('several CPUs', () => {
  it('are for kernels that were built for them: those from 2020-04 on', () => {
    const on = (name: string) => () => machine({ cpu, cpus: 2, profile: kernelProfile(name) });
    expect(on('P7')).to.throw(RangeError, 'the kernel P7 knows one CPU only');
    for (const name of ['P7m', 'P8', 'P9', 'P12']) expect(on(name), name).to.not.throw();
  });

  it('each have an idle context, and the first pids are theirs', () => {
    const { kernel } = several(3);
    expect(kernel.processors.map(({ idle }) => idle.pid)).to.deep.equal([1, 2, 3]);
    expect(kernel.spawn({ program: nothing }).pid).to.equal(4);
  });

  it('run side by side, where one CPU would finish a turn first', () => {
    const letters = (letter: string): HostedProgram =>
      function* (user) {
        for (let i = 0; i < 30; i++) yield* write(user, 1, letter);
        return 0;
      };
    const text = (cpus: number) => {
      const { kernel, output } = several(cpus);
      for (const letter of 'ab') kernel.spawn({ program: letters(letter) });
      kernel.run();
      return output.stdout;
    };
    expect(text(1)).to.match(/^(a{30}b{30}|b{30}a{30})$/);
    expect(text(2)).to.match(/(ab+a+b|ba+b+a)/);
    expect([...text(2)].sort().join('')).to.equal('a'.repeat(30) + 'b'.repeat(30));
  });

  it('run a context on one of them at a time', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel } = several(2, new RandomScheduler(seed, { quantum: 300 }));
      for (let i = 0; i < 5; i++) kernel.spawn({ program: nothing });
      kernel.run(() => {
        const running = kernel.processors.map((processor) => processor.current.pid);
        expect(new Set(running).size).to.equal(2);
        return kernel.contexts.living === 0;
      });
    }
  });

  it('sleep together until a time comes', () => {
    const sleeper: HostedProgram = function* (user) {
      const at = user.reserve(16);
      user.memory.write(at, abi.TimeSpec.encode({ tv_sec: 2, tv_nsec: 0 }));
      return yield* call(abi.SYS_NANOSLEEP, at, 0);
    };
    const { kernel } = several(2);
    const sleepers = [kernel.spawn({ program: sleeper }), kernel.spawn({ program: sleeper })];
    kernel.run();
    expect(kernel.clock.now).to.be.within(2e9, 2.1e9);
    for (const { status } of sleepers) expect(status).to.deep.equal({ kind: 'exited', status: 0 });
  });

  it('finish a sigreturn that another CPU sees', () => {
    const { kernel, output } = several(2);
    kernel.spawn({
      *program(user) {
        const pid = yield* call(abi.SYS_GETPID);
        const handler = user.handlerAddress(function* () {
          yield* write(user, 1, 'handled ');
        });
        const act = user.reserve(abi.SigAction.size);
        const action = { sa_handler: handler, sa_mask_low: 0n, sa_mask_high: 0n, sa_flags: 0 };
        user.memory.write(act, abi.SigAction.encode(action));
        yield* call(abi.SYS_SIGACTION, abi.SIGUSR1, act, 0, 0);
        yield* call(abi.SYS_KILL, pid, abi.SIGUSR1);
        yield* write(user, 1, 'returned');
        return 0;
      },
    });
    kernel.run();
    expect(output.stdout).to.equal('handled returned');
  });

  it('give the same run for the same seed', () => {
    const forks: HostedProgram = function* (user) {
      for (let i = 0; i < 5; i++) {
        const child = yield* fork(user, nothing);
        yield* wait(user, child);
      }
      return 0;
    };
    const hash = (seed: number) => {
      const { kernel } = several(2, new RandomScheduler(seed, { quantum: 300 }));
      kernel.spawn({ program: forks });
      kernel.spawn({ program: forks });
      kernel.run();
      return kernel.statistics.traceHash;
    };
    const hashes = Array.from({ length: 20 }, (_, seed) => hash(seed));
    expect(Array.from({ length: 20 }, (_, seed) => hash(seed))).to.deep.equal(hashes);
    expect(new Set(hashes).size).to.equal(20);
  });

  it('say who waits for what when nothing can run any more', () => {
    const { kernel } = several(2);
    kernel.spawn({
      name: 'waits',
      *program(user) {
        const at = user.reserve(8);
        return yield* call(abi.SYS_FUTEX, at, abi.FUTEX_WAIT, 0, 0, 0);
      },
    });
    expect(() => kernel.run()).to.throw(DeadlockError, /^[^\n]*\n {2}pid 3 \(waits\)[^\n]*$/);
  });
});

describe('a wait condition without a mutex', () => {
  /** One context sleeps unless it was told already, another one tells it. */
  function race(cpus: number, window: boolean, scheduler?: Scheduler) {
    const condition = new WaitCondition('the news');
    let told = false;
    function* sleeps(context: Context): Syscall<void> {
      if (told) return;
      if (window) yield INTERLEAVE;
      yield* condition.wait(context);
    }
    function* tells(): Syscall<void> {
      told = true;
      condition.notify();
      yield RESCHEDULE;
    }
    return inKernel(cpus, sleeps, tells, scheduler).kernel;
  }

  it('loses a wake-up that another CPU sends before the sleep begins (KP-33)', () => {
    expect(() => race(2, true).run()).to.throw(DeadlockError, 'the news');
  });

  it('loses none on one CPU, nor if going to sleep is one step', () => {
    race(1, true).run();
    let schedules = 0;
    for (let script: number[] | undefined = []; script !== undefined; schedules++) {
      const scheduler = new ScriptedScheduler(script);
      race(2, false, scheduler).run();
      script = nextScript(scheduler.decisions, 3);
    }
    expect(schedules).to.be.greaterThan(1);
  });
});

describe('a spin lock', () => {
  const asleep: Sleep = { describe: () => 'the end of its sleep', interruptible: false };

  function contend(cpus: number) {
    const lock = new SpinLock('the table');
    const order: string[] = [];
    function* holds(context: Context): Syscall<void> {
      yield* lock.acquire(context);
      order.push('locked');
      context.block();
      kernel.deadlines.set(context, 1e6);
      yield asleep;
      order.push('unlocked');
      lock.release();
    }
    function* wants(context: Context): Syscall<void> {
      while (order.length === 0) yield RESCHEDULE;
      yield* lock.acquire(context);
      order.push('locked again');
      lock.release();
    }
    const { kernel } = inKernel(cpus, holds, wants);
    return { kernel, order };
  }

  it('keeps the CPU of who waits for it: with one CPU the machine hangs (KP-37)', () => {
    const { kernel } = contend(1);
    expect(() => kernel.run()).to.throw(
      DeadlockError,
      /pid 3 \(hosted\) waits for the table, which pid 2 \(hosted\) has locked/,
    );
  });

  it('is passed on as soon as another CPU unlocks it', () => {
    const { kernel, order } = contend(2);
    kernel.run();
    expect(order).to.deep.equal(['locked', 'unlocked', 'locked again']);
  });
});
