// Processes: pids, clone, exit, waitpid. Source: redox_syscall and syscall/process.rs of 2019.
import { expect } from 'chai';
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  EBADF,
  ECHILD,
  EFAULT,
  ENOSYS,
  EPERM,
  ESRCH,
  type HostedProgram,
  SIGCONT,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGTERM,
  SYS_CHDIR,
  SYS_CLONE,
  SYS_CLOSE,
  SYS_EXIT,
  SYS_GETCWD,
  SYS_GETEGID,
  SYS_GETEUID,
  SYS_GETGID,
  SYS_GETPGID,
  SYS_GETPID,
  SYS_GETPPID,
  SYS_GETUID,
  SYS_KILL,
  SYS_PIPE2,
  SYS_SETPGID,
  SYS_SETREGID,
  SYS_SETREUID,
  SYS_UMASK,
  SYS_WAITPID,
  SYS_YIELD,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from '../../kernel-sim/abi/index.js';
import { FileTree } from '../../kernel-sim/index.js';
import { call, check, fork, machine, onPath, readText, wait, write } from './machine.js';

/** Children that say what they do in a word or two. */
const exits = (code: number): HostedProgram =>
  function* () {
    yield 'pause';
    return code;
  };
const yields = (times: number): HostedProgram =>
  function* () {
    for (let i = 0; i < times; i++) yield* call(SYS_YIELD);
    return 0;
  };
const stopsItself: HostedProgram = function* () {
  const self = yield* call(SYS_GETPID);
  yield* call(SYS_KILL, self, SIGSTOP);
  return 7;
};

const withTmp = () => {
  const files = new FileTree();
  files.addDirectory('tmp');
  return { files };
};

describe('groups of users', () => {
  it('are changed only as far as one may', () => {
    const { kernel } = machine();
    const other = kernel.attach('other', { uid: 1, gid: 7 });
    const set = (a: number, b: number) => other.call({ number: SYS_SETREGID, a, b });
    const ids = () => [SYS_GETGID, SYS_GETEGID].map((number) => other.call({ number }));
    expect(set(0, -1)).to.equal(-EPERM);
    expect(set(-1, 0)).to.equal(-EPERM);
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

  it('keep group, users, umask and directory across a fork', () => {
    check(function* (user) {
      yield* call(SYS_SETPGID, 0, 5);
      yield* call(SYS_UMASK, 0o077);
      yield* onPath(user, SYS_CHDIR, '/tmp');
      const pid = yield* fork(user, function* (child) {
        expect(yield* call(SYS_GETPGID, 0)).to.equal(5);
        expect(yield* call(SYS_UMASK, 0)).to.equal(0o077);
        const cwd = child.reserve(64);
        const length = yield* call(SYS_GETCWD, cwd, 64);
        expect(Buffer.from(child.memory.read(cwd, length)).toString()).to.equal('file:/tmp');
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(0);
    }, withTmp());
  });

  it('share their directory with CLONE_FS only', () => {
    check(function* (user) {
      for (const [flags, expected] of [
        [0, 'file:/'],
        [CLONE_FS, 'file:/tmp'],
      ] as const) {
        user.nextChild(function* (child) {
          yield* onPath(child, SYS_CHDIR, '/tmp');
          return 0;
        });
        yield* call(SYS_CLONE, flags);
        const at = user.reserve(64);
        const length = yield* call(SYS_GETCWD, at, 64);
        expect(Buffer.from(user.memory.read(at, length)).toString()).to.equal(expected);
      }
    }, withTmp());
  });

  it('share their table of descriptors with CLONE_FILES only', () => {
    check(function* (user) {
      for (const [flags, expected] of [
        [0, 1],
        [CLONE_FILES, -9],
      ] as const) {
        user.nextChild(function* () {
          yield* call(SYS_CLOSE, 1);
          return 0;
        });
        yield* call(SYS_CLONE, flags);
        expect(yield* write(user, 1, 'x')).to.equal(expected);
      }
    });
  });

  it('are made by CLONE_THREAD as ever: with a pid, a parent and a status of their own', () => {
    check(function* (user) {
      user.nextChild(exits(5));
      const flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
      const self = yield* call(SYS_GETPID);
      const thread = yield* call(SYS_CLONE, flags);
      expect(thread).to.be.greaterThan(self);
      expect(yield* call(SYS_GETPGID, thread)).to.equal(yield* call(SYS_GETPGID, self));
      expect(yield* wait(user, thread)).to.equal(0x500);
      expect(yield* call(SYS_WAITPID, thread, 0, 0)).to.equal(-ECHILD);
    });
  });

  it('take flags that do not exist for none', () => {
    check(function* (user) {
      user.nextChild(exits(0));
      const child = yield* call(SYS_CLONE, 0x8000_00ff);
      expect(child).to.be.greaterThan(0);
      expect(yield* call(SYS_WAITPID, child, 0, 0x8000_0000)).to.equal(child);
    });
  });

  it('that are many can be killed as a group, or all but init', () => {
    for (const whom of ['group', 'all'] as const) {
      const { kernel } = machine();
      const init = kernel.attach('init'); // pid 2, whom -1 spares
      const [first, ...rest] = [1, 2, 3].map(() => kernel.spawn({ program: yields(1e6) }));
      for (const one of rest) one.pgid = first.pid;
      const a = whom === 'group' ? -first.pid : -1;
      expect(init.call({ number: SYS_KILL, a, b: SIGKILL })).to.equal(0);
      kernel.run();
      for (const { status } of [first, ...rest]) {
        expect(status).to.deep.equal({ kind: 'exited', status: SIGKILL });
      }
      expect(init.context.exited).to.equal(false);
    }
  });

  it('wait for the exit of a child made with CLONE_VFORK', () => {
    const order: string[] = [];
    check(function* (user) {
      user.nextChild(function* () {
        for (let i = 0; i < 3; i++) yield* call(SYS_YIELD);
        order.push('child');
        return 0;
      });
      yield* call(SYS_CLONE, CLONE_VFORK | CLONE_VM);
      order.push('parent');
    });
    expect(order).to.deep.equal(['child', 'parent']);
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

describe('waitpid', () => {
  it('gives the code of an exit in the second byte', () => {
    check(function* (user) {
      for (const [code, status] of [
        [0, 0x0000],
        [1, 0x0100],
        [123, 0x7b00],
        [256 + 5, 0x0500],
        [-1, 0xff00],
      ]) {
        const pid = yield* fork(user, exits(code));
        expect(yield* wait(user, pid)).to.equal(status);
      }
    });
  });

  it('gives the signal that killed a child, without the core bit', () => {
    check(function* (user) {
      for (const signal of [SIGTERM, SIGKILL, SIGSEGV]) {
        const pid = yield* fork(user, yields(10));
        yield* call(SYS_KILL, pid, signal);
        expect(yield* wait(user, pid)).to.equal(signal);
      }
    });
  });

  it('gives 11 for a child that died of a page fault', () => {
    check(function* (user) {
      const pid = yield* fork(user, function* (child) {
        yield 'pause';
        child.memory.load8(0);
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(0x000b);
    });
  });

  it('reports stop, continuation and exit when asked for', () => {
    check(function* (user) {
      const pid = yield* fork(user, stopsItself);
      expect(yield* wait(user, pid, WUNTRACED)).to.equal(0x137f);
      yield* call(SYS_KILL, pid, SIGCONT);
      expect(yield* wait(user, pid, WCONTINUED)).to.equal(0xffff);
      expect(yield* wait(user, pid)).to.equal(0x0700);
    });
  });

  it('swallows a stop that nobody asked for', () => {
    check(function* (user) {
      const pid = yield* fork(user, stopsItself);
      yield* fork(user, function* () {
        yield* call(SYS_YIELD);
        yield* call(SYS_KILL, pid, SIGCONT);
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(0x0700);
    });
  });

  it('loses the earlier of two changes', () => {
    check(function* (user) {
      const pid = yield* fork(user, function* () {
        yield* stopsItself(user, []);
        yield* yields(20)(user, []);
        return 0;
      });
      yield* call(SYS_YIELD);
      yield* call(SYS_KILL, pid, SIGCONT);
      yield* yields(10)(user, []);
      expect(yield* wait(user, pid, WUNTRACED | WCONTINUED)).to.equal(0xffff);
    });
  });

  it('takes 0 for any child, the lowest pid first', () => {
    check(function* (user) {
      const children: number[] = [];
      for (const code of [1, 2]) children.push(yield* fork(user, exits(code)));
      expect(yield* call(SYS_WAITPID, 0, 0, 0)).to.equal(children[0]);
      expect(yield* call(SYS_WAITPID, 0, 0, 0)).to.equal(children[1]);
      expect(yield* call(SYS_WAITPID, 0, 0, 0)).to.equal(-ECHILD);
    });
  });

  it('takes a negative number for a process group', () => {
    check(function* (user) {
      const other = yield* fork(user, exits(1));
      const grouped = yield* fork(user, function* () {
        yield* call(SYS_SETPGID, 0, 0);
        return 2;
      });
      expect(yield* call(SYS_WAITPID, -grouped, 0, 0)).to.be.oneOf([grouped]);
      expect(yield* call(SYS_WAITPID, other, 0, 0)).to.equal(other);
      expect(yield* call(SYS_WAITPID, -grouped, 0, 0)).to.equal(-ECHILD);
    });
  });

  it('gives 0 with WNOHANG while nothing changed, and ECHILD for nobody', () => {
    check(function* (user) {
      const pid = yield* fork(user, yields(3));
      expect(yield* call(SYS_WAITPID, pid, 0, WNOHANG)).to.equal(0);
      expect(yield* wait(user, pid)).to.equal(0);
      expect(yield* call(SYS_WAITPID, pid, 0, WNOHANG)).to.equal(-ECHILD);
    });
  });

  it('makes a child of whoever is waited for', () => {
    check(function* (user) {
      let grandchild = 0;
      const pid = yield* fork(user, function* (child) {
        grandchild = yield* fork(child, yields(4));
        yield* yields(8)(child, []);
        return 0;
      });
      yield* call(SYS_YIELD);
      expect(yield* wait(user, grandchild)).to.equal(0);
      expect(yield* wait(user, pid)).to.equal(0);
    });
  });
});

describe('exit', () => {
  it('hands children and their statuses to the grandparent', () => {
    check(function* (user) {
      let orphan = 0;
      let late = 0;
      const pid = yield* fork(user, function* (child) {
        orphan = yield* fork(child, exits(4));
        late = yield* fork(child, function* () {
          yield* yields(6)(child, []);
          return yield* call(SYS_GETPPID);
        });
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(0);
      expect(yield* wait(user, orphan)).to.equal(0x0400);
      expect(yield* wait(user, late)).to.equal(0x0200);
    });
  });

  it('can be called as well as returned from', () => {
    check(function* (user) {
      const pid = yield* fork(user, function* () {
        yield* call(SYS_EXIT, 9);
        return 1;
      });
      expect(yield* wait(user, pid)).to.equal(0x0900);
    });
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
