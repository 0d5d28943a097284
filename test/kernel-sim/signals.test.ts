// Signals of the kernel of 2019. Source: context/signal.rs and context/switch.rs.
import { expect } from 'chai';
import {
  CLONE_SIGHAND,
  EINTR,
  EINVAL,
  EPERM,
  ESRCH,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
  SigAction,
  SYS_CLONE,
  SYS_GETPID,
  SYS_KILL,
  SYS_NANOSLEEP,
  SYS_PIPE2,
  SYS_READ,
  SYS_SETREUID,
  SYS_SIGACTION,
  SYS_SIGPROCMASK,
  SYS_SIGRETURN,
  SYS_WAITPID,
  SYS_YIELD,
  type SystemCalls,
  TimeSpec,
  type Userspace,
  WUNTRACED,
} from '../../kernel-sim/abi/index.js';
import { DeadlockError, KernelPanic } from '../../kernel-sim/index.js';
import { call, check, fork, machine, wait } from './machine.js';

type Handler = (signal: number) => SystemCalls<void>;

const nothing: Handler = function* () {
  yield 'pause';
};

function* handle(user: Userspace, signal: number, handler: Handler | number): SystemCalls<number> {
  const mark = user.mark();
  const at = user.reserve(SigAction.size);
  const address = typeof handler === 'number' ? handler : user.handlerAddress(handler);
  user.memory.write(at, SigAction.encode({ sa_handler: address }));
  const result = yield* call(SYS_SIGACTION, signal, at, 0, 0);
  user.release(mark);
  return result;
}

function* killSelf(signal: number): SystemCalls<number> {
  return yield* call(SYS_KILL, yield* call(SYS_GETPID), signal);
}

describe('kill', () => {
  it('refuses what cannot be sent', () => {
    check(function* () {
      expect(yield* call(SYS_KILL, 2, 0x7f)).to.equal(-EINVAL);
      expect(yield* call(SYS_KILL, 99, SIGTERM)).to.equal(-ESRCH);
      expect(yield* call(SYS_KILL, -99, SIGTERM)).to.equal(-ESRCH);
      expect(yield* call(SYS_KILL, 2, 0)).to.equal(0);
      yield* call(SYS_SETREUID, 1000, 1000);
      expect(yield* call(SYS_KILL, 1, SIGTERM)).to.equal(-EPERM);
    });
  });

  it('reaches a whole group with 0', () => {
    check(function* (user) {
      yield* handle(user, SIGTERM, SIG_IGN);
      const pids: number[] = [];
      for (let i = 0; i < 2; i++) {
        pids.push(
          yield* fork(user, function* (child) {
            yield* handle(child, SIGTERM, SIG_DFL);
            for (;;) yield* call(SYS_YIELD);
          }),
        );
      }
      yield* call(SYS_KILL, 0, SIGTERM);
      for (const pid of pids) expect(yield* wait(user, pid)).to.equal(SIGTERM);
    });
  });
});

describe('a signal', () => {
  it('runs its handler before kill returns to the process that sent it to itself', () => {
    const order: string[] = [];
    check(function* (user) {
      yield* handle(user, SIGUSR1, function* (signal) {
        order.push(`handler ${signal}`);
        expect(yield* call(SYS_GETPID)).to.equal(2);
      });
      expect(yield* killSelf(SIGUSR1)).to.equal(0);
      order.push('after');
    });
    expect(order).to.deep.equal(['handler 10', 'after']);
  });

  it('waits until the handler of another one is done, in the order of arrival', () => {
    const order: string[] = [];
    check(function* (user) {
      yield* handle(user, SIGUSR1, function* () {
        order.push('1 begins');
        yield* killSelf(SIGUSR2);
        yield* killSelf(SIGUSR1 + 0);
        order.push('1 ends');
        if (order.length > 2) yield* handle(user, SIGUSR1, SIG_IGN);
      });
      yield* handle(user, SIGUSR2, function* () {
        order.push('2');
        yield 'pause';
      });
      yield* killSelf(SIGUSR1);
      yield* call(SYS_YIELD);
      yield* call(SYS_YIELD);
    });
    expect(order.slice(0, 3)).to.deep.equal(['1 begins', '1 ends', '2']);
  });

  it('leaves the registers as they were', () => {
    check(function* (user) {
      yield* handle(user, SIGUSR1, function* () {
        user.registers.rbx = 1n;
        yield* call(SYS_YIELD);
      });
      user.registers.rbx = 0x1234n;
      user.registers.rsi = 0x5678n;
      yield* killSelf(SIGUSR1);
      expect(user.registers.rbx).to.equal(0x1234n);
    });
  });

  it('starts its handler on the signal stack with the restorer below the headroom', () => {
    check(function* (user) {
      let stack = 0n;
      yield* handle(user, SIGUSR1, function* () {
        stack = user.registers.rsp;
        expect(user.registers.rdi).to.equal(BigInt(SIGUSR1));
        expect(user.registers.rbx).to.equal(0n);
        yield 'pause';
      });
      yield* killSelf(SIGUSR1);
      expect(stack).to.equal(0x200_0004_0000n - 256n - 8n);
    });
  });

  for (const [name, signal] of [
    ['SIGCHLD', SIGCHLD],
    ['SIGCONT', SIGCONT],
  ] as const) {
    it(`does nothing by default when it is ${name}`, () => {
      check(function* () {
        yield* killSelf(signal);
      });
    });
  }

  it('ends the process by default, SIGWINCH included', () => {
    check(function* (user) {
      const pid = yield* fork(user, function* () {
        yield* killSelf(SIGWINCH);
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(SIGWINCH);
    });
  });

  it('can be ignored, SIGKILL included', () => {
    check(function* (user) {
      yield* handle(user, SIGKILL, SIG_IGN);
      yield* killSelf(SIGKILL);
    });
  });

  it('ends a read from a pipe with EINTR', () => {
    check(function* (user) {
      const parent = yield* call(SYS_GETPID);
      yield* handle(user, SIGUSR1, nothing);
      const at = user.reserve(16);
      yield* call(SYS_PIPE2, at, 0);
      yield* fork(user, function* () {
        yield* call(SYS_YIELD);
        yield* call(SYS_KILL, parent, SIGUSR1);
        return 0;
      });
      const result = yield* call(SYS_READ, user.memory.loadNumber(at), at, 1);
      expect(result).to.equal(-EINTR);
    });
  });

  it('does not end a waitpid', () => {
    check(function* (user) {
      const parent = yield* call(SYS_GETPID);
      let handled = false;
      yield* handle(user, SIGUSR1, function* () {
        handled = true;
        yield 'pause';
      });
      const pid = yield* fork(user, function* () {
        yield* call(SYS_YIELD);
        yield* call(SYS_KILL, parent, SIGUSR1);
        yield* call(SYS_YIELD);
        return 3;
      });
      expect(yield* wait(user, pid)).to.equal(0x0300);
      expect(handled).to.equal(true);
    });
  });

  it('ends a nanosleep early, with success', () => {
    const { kernel } = machine();
    kernel.spawn({
      *program(user) {
        yield* handle(user, SIGUSR1, nothing);
        yield* fork(user, function* () {
          yield* call(SYS_YIELD);
          yield* call(SYS_KILL, 2, SIGUSR1);
          return 0;
        });
        const at = user.reserve(32);
        user.memory.write(at, TimeSpec.encode({ tv_sec: 100 }));
        expect(yield* call(SYS_NANOSLEEP, at, at + 16)).to.equal(0);
        expect(TimeSpec.decode(user.memory.read(at + 16, 16)).tv_sec).to.equal(100); // not a tick has passed
        return 0;
      },
    });
    kernel.run();
    expect(kernel.clock.now).to.be.below(1e9);
  });

  it('is sent by the mask all the same, which is only stored', () => {
    check(function* (user) {
      let handled = false;
      yield* handle(user, SIGUSR1, function* () {
        handled = true;
        yield 'pause';
      });
      const at = user.reserve(32);
      user.memory.write(at, new Uint8Array(16).fill(0xff));
      expect(yield* call(SYS_SIGPROCMASK, SIG_SETMASK, at, 0)).to.equal(0);
      expect(yield* call(SYS_SIGPROCMASK, 0, 0, at + 16)).to.equal(0);
      expect(user.memory.load64(at + 16)).to.equal(0xffff_ffff_ffff_ffffn);
      expect(yield* call(SYS_SIGPROCMASK, 3, at, 0)).to.equal(-EINVAL);
      yield* killSelf(SIGUSR1);
      expect(handled).to.equal(true);
    });
  });
});

describe('sigaction', () => {
  it('gives back what was set, and takes 1 to 127', () => {
    check(function* (user) {
      yield* handle(user, SIGUSR1, 0x1234);
      const at = user.reserve(SigAction.size);
      yield* call(SYS_SIGACTION, SIGUSR1, 0, at, 0);
      expect(SigAction.decode(user.memory.read(at, SigAction.size)).sa_handler).to.equal(0x1234);
      expect(yield* call(SYS_SIGACTION, 0, 0, 0, 0)).to.equal(-EINVAL);
      expect(yield* call(SYS_SIGACTION, 127, 0, 0, 0)).to.equal(0);
      expect(yield* call(SYS_SIGACTION, 128, 0, 0, 0)).to.equal(-EINVAL);
    });
  });

  it('is shared with CLONE_SIGHAND only', () => {
    check(function* (user) {
      for (const [flags, expected] of [
        [0, 0],
        [CLONE_SIGHAND, 1],
      ] as const) {
        user.nextChild(function* (child) {
          yield* handle(child, SIGUSR2, SIG_IGN);
          return 0;
        });
        yield* call(SYS_CLONE, flags);
        const at = user.reserve(SigAction.size);
        yield* call(SYS_SIGACTION, SIGUSR2, 0, at, 0);
        const { sa_handler } = SigAction.decode(user.memory.read(at, SigAction.size));
        expect(sa_handler).to.equal(expected);
      }
    });
  });
});

describe('sigreturn', () => {
  it('outside of a signal makes the kernel panic', () => {
    const { kernel } = machine();
    kernel.spawn({
      name: 'careless',
      *program() {
        return yield* call(SYS_SIGRETURN);
      },
    });
    expect(() => kernel.run()).to.throw(KernelPanic, 'pid 2 (careless)');
  });
});

describe('a stopped process', () => {
  it('keeps SIGKILL queued until SIGCONT', () => {
    check(function* (user) {
      const pid = yield* fork(user, function* () {
        yield* killSelf(SIGSTOP);
        return 0;
      });
      expect(yield* wait(user, pid, WUNTRACED)).to.equal(0x137f);
      yield* call(SYS_KILL, pid, SIGKILL);
      for (let i = 0; i < 5; i++) yield* call(SYS_YIELD);
      expect(yield* call(SYS_WAITPID, pid, 0, 1 | WUNTRACED)).to.equal(0);
      yield* call(SYS_KILL, pid, SIGCONT);
      expect(yield* wait(user, pid)).to.equal(SIGKILL);
    });
  });

  it('stays stopped for ever when nobody sends SIGCONT, and the deadlock says so', () => {
    const { kernel } = machine();
    kernel.spawn({
      name: 'sleeper',
      *program() {
        yield* killSelf(SIGSTOP);
        return 0;
      },
    });
    expect(() => kernel.run()).to.throw(
      DeadlockError,
      'pid 2 (sleeper) waits for SIGCONT, as SIGSTOP stopped it',
    );
  });
});

describe('a signal to the kernel itself', () => {
  const send = (signal: number, uid = 0) => {
    const { kernel } = machine();
    const driven = kernel.attach('test', { uid, gid: uid });
    return driven.call({ number: SYS_KILL, a: kernel.idle.pid, b: signal });
  };

  it('resets or stops the machine, if it would end a process', () => {
    expect(() => send(SIGTERM)).to.throw(KernelPanic, 'reset');
    expect(() => send(SIGKILL)).to.throw(KernelPanic, 'stops');
    expect(() => send(SIGUSR1)).to.throw(KernelPanic, 'stops');
  });

  it('does nothing else, and is root’s to send', () => {
    for (const signal of [0, SIGCHLD, SIGCONT, SIGSTOP]) {
      expect(send(signal)).to.equal(0);
    }
    expect(send(SIGKILL, 1)).to.equal(-EPERM);
  });
});
