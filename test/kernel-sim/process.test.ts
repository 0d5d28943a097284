// Processes: pids, turns, ids, unknown calls. Source: redox_syscall and syscall/process.rs of 2019.
import { expect } from 'chai';
import {
  EBADF,
  EFAULT,
  ENOSYS,
  EPERM,
  ESRCH,
  type HostedProgram,
  SYS_CLOSE,
  SYS_GETEGID,
  SYS_GETEUID,
  SYS_GETGID,
  SYS_GETPGID,
  SYS_GETPID,
  SYS_GETPPID,
  SYS_GETUID,
  SYS_PIPE2,
  SYS_SETPGID,
  SYS_SETREGID,
  SYS_SETREUID,
  SYS_YIELD,
} from '../../kernel-sim/abi/index.js';
import { call, check, fork, machine, readText, wait, write, yields } from './machine.js';

describe('groups of users', () => {
  it('are changed only as far as one may', () => {
    const { kernel } = machine();
    const other = kernel.attach('other', { uid: 1, gid: 7 });
    const set = (a: number, b: number) => other.call({ number: SYS_SETREGID, a, b });
    const ids = () => [SYS_GETGID, SYS_GETEGID].map((number) => other.call({ number }));
    expect(set(0, -1)).to.equal(-EPERM);
    expect(set(-1, 0)).to.equal(-EPERM);
    expect(set(1, -1), 'its user is no group of its').to.equal(-EPERM);
    expect(set(-1, -1)).to.equal(0);
    expect(ids()).to.deep.equal([7, 7]);
    const root = kernel.attach('root');
    expect(root.call({ number: SYS_SETREGID, a: 3, b: 4 })).to.equal(0);
    expect([root.context.rgid, root.context.egid]).to.deep.equal([3, 4]);
  });
});

describe('processes', () => {
  it('have pids from 2 upward, and the idle context for a first parent', () => {
    check(function* () {
      expect(yield* call(SYS_GETPID)).to.equal(2);
      expect(yield* call(SYS_GETPPID)).to.equal(1);
    });
  });

  it('get a new pid each, and the child runs before its parent goes on', () => {
    const order: string[] = [];
    check(function* (user) {
      const pid = yield* fork(user, function* () {
        order.push(`child of ${yield* call(SYS_GETPPID)}`);
        return 0;
      });
      order.push('parent');
      expect(pid).to.equal(3);
    });
    expect(order).to.deep.equal(['child of 2', 'parent']);
  });

  it('take turns by ascending pid', () => {
    const order: number[] = [];
    const turns: HostedProgram = function* () {
      const pid = yield* call(SYS_GETPID);
      for (let i = 0; i < 3; i++) {
        order.push(pid);
        yield* call(SYS_YIELD);
      }
      return 0;
    };
    const { kernel } = machine();
    for (let i = 0; i < 3; i++) kernel.spawn({ program: turns });
    kernel.run();
    expect(order).to.deep.equal([2, 3, 4, 2, 3, 4, 2, 3, 4]);
  });

  it('refuse a call of an unknown number', () => {
    check(function* () {
      expect(yield* call(4711)).to.equal(-ENOSYS);
    });
  });

  it('are told what else is wrong with an unknown call on a file first', () => {
    check(function* (user) {
      const at = user.reserve(8);
      const [onFile, readsBuffer, fillsBuffer] = [0x2000_0fff, 0x2100_0fff, 0x2200_0fff];
      expect(yield* call(onFile, 99)).to.equal(-EBADF);
      expect(yield* call(onFile, 0)).to.equal(-ENOSYS);
      for (const number of [readsBuffer, fillsBuffer]) {
        expect(yield* call(number, 99, 0x1000, 8)).to.equal(-EFAULT);
        expect(yield* call(number, 99, at, 8)).to.equal(-EBADF);
        expect(yield* call(number, 0, at, 8)).to.equal(-ENOSYS);
      }
      expect(yield* call(0x1300_0009, at, 8)).to.equal(-ENOSYS); // LINK
    });
  });

  it('change users only as far as they may', () => {
    check(function* () {
      expect(yield* call(SYS_SETREUID, 1000, 1001)).to.equal(0);
      expect(yield* call(SYS_SETREUID, -1, 0)).to.equal(-EPERM);
      expect(yield* call(SYS_SETREUID, -1, 1000)).to.equal(0);
      expect(yield* call(SYS_GETUID)).to.equal(1000);
      expect(yield* call(SYS_GETEUID)).to.equal(1000);
    });
  });

  it('change the group of themselves and of children, nobody else', () => {
    check(function* (user) {
      const pid = yield* fork(user, yields(3));
      expect(yield* call(SYS_SETPGID, pid, 0)).to.equal(0);
      expect(yield* call(SYS_GETPGID, pid)).to.equal(pid);
      expect(yield* call(SYS_SETPGID, 1, 0)).to.equal(-ESRCH);
      expect(yield* call(SYS_GETPGID, 99)).to.equal(-ESRCH);
    });
  });

  it('are preempted in a loop that never enters the kernel', () => {
    let turns = 0;
    let stop = false;
    const { kernel } = machine();
    kernel.spawn({
      *program() {
        while (!stop) yield 'pause';
        return 0;
      },
    });
    kernel.spawn({
      *program() {
        yield 'pause';
        turns++;
        stop = true;
        return 0;
      },
    });
    kernel.run();
    expect(turns).to.equal(1);
  });

  it('stay far below 1 GiB when there are ten thousand', () => {
    const { kernel } = machine();
    const sleeper: HostedProgram = function* (user) {
      const at = user.reserve(8);
      user.memory.storeNumber(at, 1);
      yield* call(SYS_YIELD);
      return 0;
    };
    for (let i = 0; i < 10_000; i++) kernel.spawn({ program: sleeper });
    expect(kernel.cpu.memory.allocated).to.equal(0);
    kernel.run();
    expect(kernel.cpu.memory.peak * 4096).to.be.below(0x1000_0000);
    expect(kernel.cpu.memory.allocated).to.equal(0);
  });
});

describe('a tree of forks around a pipe', () => {
  it('lets every process write, and the root read all of it to the end', () => {
    check(function* (user) {
      const at = user.reserve(16);
      expect(yield* call(SYS_PIPE2, at, 0)).to.equal(0);
      const [reader, writer] = [user.memory.loadNumber(at), user.memory.loadNumber(at + 8)];
      const grow = (depth: number): HostedProgram =>
        function* (self) {
          const children: number[] = [];
          for (let i = 0; depth > 0 && i < 2; i++)
            children.push(yield* fork(self, grow(depth - 1)));
          yield* write(self, writer, String(depth));
          for (const child of children) expect(yield* wait(self, child)).to.equal(0);
          return 0;
        };
      const root = yield* fork(user, grow(3));
      yield* call(SYS_CLOSE, writer);
      let text = '';
      for (;;) {
        const piece = yield* readText(user, reader);
        if (piece === '') break;
        text += piece;
      }
      expect([...text].sort().join('')).to.equal('000000001111223');
      expect(yield* wait(user, root)).to.equal(0);
    });
  });
});
