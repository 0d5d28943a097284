// Futexes, time, driven processes, and the end of all waiting. Source: syscall/futex.rs and
// syscall/time.rs of 2019.
import { expect } from 'chai';
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  EAGAIN,
  EINVAL,
  FUTEX_REQUEUE,
  FUTEX_WAIT,
  FUTEX_WAKE,
  type HostedProgram,
  SIGTERM,
  SYS_CLOCK_GETTIME,
  SYS_EXIT,
  SYS_FUTEX,
  SYS_GETPID,
  SYS_KILL,
  SYS_NANOSLEEP,
  SYS_PIPE2,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
  SYS_YIELD,
  type SystemCalls,
  TimeSpec,
  type Userspace,
  WNOHANG,
} from '../../kernel-sim/abi/index.js';
import { DeadlockError, ProcessEnded } from '../../kernel-sim/index.js';
import { call, check, fork, machine, wait } from './machine.js';

function* sleep(user: Userspace, milliseconds: number): SystemCalls<number> {
  const mark = user.mark();
  const at = user.reserve(16);
  const tv_sec = Math.floor(milliseconds / 1000);
  user.memory.write(at, TimeSpec.encode({ tv_sec, tv_nsec: (milliseconds % 1000) * 1e6 }));
  const result = yield* call(SYS_NANOSLEEP, at, 0);
  user.release(mark);
  return result;
}

describe('futex', () => {
  it('refuses to wait for a word that has changed, and unknown operations', () => {
    check(function* (user) {
      const word = user.reserve(8);
      expect(yield* call(SYS_FUTEX, word, FUTEX_WAIT, 1, 0)).to.equal(-EAGAIN);
      expect(yield* call(SYS_FUTEX, word, 9, 0, 0)).to.equal(-EINVAL);
      expect(yield* call(SYS_FUTEX, word, FUTEX_WAKE, 1)).to.equal(0);
    });
  });

  it('is keyed by the address alone, so that strangers wake each other', () => {
    check(function* (user) {
      const word = user.reserve(8);
      const pid = yield* fork(user, function* () {
        return yield* call(SYS_FUTEX, word, FUTEX_WAIT, 0, 0);
      });
      expect(yield* call(SYS_FUTEX, word, FUTEX_WAKE, 5)).to.equal(1);
      expect(yield* wait(user, pid)).to.equal(0);
    });
  });

  it('wakes some and moves others', () => {
    check(function* (user) {
      const word = user.reserve(16);
      const waiter: HostedProgram = function* () {
        yield* call(SYS_FUTEX, word, FUTEX_WAIT, 0, 0);
        return 0;
      };
      for (let i = 0; i < 3; i++) yield* fork(user, waiter);
      expect(yield* call(SYS_FUTEX, word, FUTEX_REQUEUE, 1, 1, word + 8)).to.equal(1);
      expect(yield* call(SYS_FUTEX, word + 8, FUTEX_WAKE, 5)).to.equal(1);
      expect(yield* call(SYS_FUTEX, word, FUTEX_WAKE, 5)).to.equal(1);
    });
  });

  it('gives 0 after its timeout, too', () => {
    check(function* (user) {
      const at = user.reserve(24);
      user.memory.write(at, TimeSpec.encode({ tv_nsec: 1_000_000 }));
      expect(yield* call(SYS_FUTEX, at + 16, FUTEX_WAIT, 0, at)).to.equal(0);
    });
  });
});

describe('time', () => {
  it('passes in ticks, and skips ahead when everybody sleeps', () => {
    const { kernel } = machine();
    const woke: string[] = [];
    for (const [name, milliseconds] of [
      ['late', 3_600_000],
      ['early', 5],
      ['middle', 1500],
    ] as const) {
      kernel.spawn({
        *program(user) {
          expect(yield* sleep(user, milliseconds)).to.equal(0);
          woke.push(name);
          return 0;
        },
      });
    }
    kernel.run();
    expect(woke).to.deep.equal(['early', 'middle', 'late']);
    expect(kernel.clock.now / 1e9).to.be.closeTo(3600, 0.01);
  });

  it('is told by both clocks', () => {
    check(function* (user) {
      const at = user.reserve(16);
      yield* sleep(user, 1000);
      expect(yield* call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, at)).to.equal(0);
      expect(TimeSpec.decode(user.memory.read(at, 16)).tv_sec).to.equal(1);
      expect(yield* call(SYS_CLOCK_GETTIME, CLOCK_REALTIME, at)).to.equal(0);
      expect(TimeSpec.decode(user.memory.read(at, 16)).tv_sec).to.equal(1_565_827_201);
      expect(yield* call(SYS_CLOCK_GETTIME, 2, at)).to.equal(-EINVAL);
    });
  });
});

describe('a deadlock', () => {
  it('names everybody and what they wait for', () => {
    const { kernel } = machine();
    kernel.spawn({
      name: 'parent',
      *program(user) {
        const at = user.reserve(16);
        yield* call(SYS_PIPE2, at, 0);
        yield* fork(user, function* () {
          return yield* call(SYS_READ, user.memory.loadNumber(at), at, 1);
        });
        return yield* wait(user, 3);
      },
    });
    let error: unknown;
    try {
      kernel.run();
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof DeadlockError)) throw error;
    expect(error.waiting.map(({ pid, name }) => [pid, name])).to.deep.equal([
      [2, 'parent'],
      [3, 'parent'],
    ]);
    expect(error.waiting[0].what).to.equal('a change of pid 3 (waitpid)');
    expect(error.waiting[1].what).to.include('pipe 0');
  });
});

describe('a driven process', () => {
  it('makes its calls one at a time, while the others run', () => {
    const { kernel } = machine();
    const driven = kernel.attach('driver');
    expect(driven.call({ number: SYS_GETPID })).to.equal(2);
    const child = kernel.spawn({
      parent: driven.context,
      *program(user) {
        yield* sleep(user, 10);
        return 5;
      },
    });
    const { user } = driven;
    const at = user.reserve(8);
    const { pid } = child;
    expect(driven.call({ number: SYS_WAITPID, a: pid, b: at, c: WNOHANG })).to.equal(0);
    expect(driven.call({ number: SYS_WAITPID, a: pid, b: at, c: 0 })).to.equal(pid);
    expect(user.memory.load32(at)).to.equal(0x0500);
  });

  it('lets the others run while it polls', () => {
    const { kernel } = machine();
    const driven = kernel.attach('driver');
    const { pid } = kernel.spawn({
      parent: driven.context,
      *program() {
        yield* call(SYS_YIELD);
        return 0;
      },
    });
    let polls = 0;
    while (driven.call({ number: SYS_WAITPID, a: pid, b: 0, c: WNOHANG }) === 0) polls++;
    expect(polls).to.be.above(1);
  });

  it('runs userspace code, and the children it forks', () => {
    const { kernel, output } = machine();
    const driven = kernel.attach('driver');
    const status = driven.run(
      (function* (user: Userspace) {
        const pid = yield* fork(user, function* (child) {
          const at = child.reserve(2);
          child.memory.write(at, Uint8Array.of(0x68, 0x69));
          yield* call(SYS_WRITE, 1, at, 2);
          return 3;
        });
        return yield* wait(user, pid);
      })(driven.user),
    );
    expect(status).to.equal(0x0300);
    expect(output.stdout).to.equal('hi');
  });

  it('throws a DeadlockError when a call can never return', () => {
    const { kernel } = machine();
    const driven = kernel.attach('driver');
    const { pid } = kernel.spawn({
      parent: driven.context,
      name: 'deaf',
      *program(user) {
        return yield* call(SYS_FUTEX, user.reserve(8), FUTEX_WAIT, 0, 0);
      },
    });
    const waits = () => driven.call({ number: SYS_WAITPID, a: pid, b: 0, c: 0 });
    expect(waits).to.throw(DeadlockError, /pid 3 \(deaf\) waits for a wake of the futex at 0x/);
    expect(waits).to.throw('has not returned');
  });

  it('says so when it has ended', () => {
    const { kernel } = machine();
    const driven = kernel.attach('driver');
    expect(driven.call({ number: SYS_EXIT, a: 1 })).to.equal(0);
    expect(() => driven.call({ number: SYS_GETPID })).to.throw(ProcessEnded, '0x100');
    const other = kernel.attach('other');
    const { pid } = other;
    expect(() => other.call({ number: SYS_KILL, a: pid, b: SIGTERM })).to.throw(ProcessEnded);
  });

  it('is not waited for by run', () => {
    const { kernel } = machine();
    const driven = kernel.attach('driver');
    const other = kernel.spawn({
      *program() {
        yield* call(SYS_YIELD);
        return 0;
      },
    });
    kernel.run();
    expect([other.exited, driven.context.exited]).to.deep.equal([true, false]);
  });
});
