// What a clone shares with its parent, and what it only has a copy of. Source: syscall/process.rs of 2019.
import { expect } from 'chai';
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  ECHILD,
  SIG_SETMASK,
  SIGKILL,
  SYS_CHDIR,
  SYS_CLONE,
  SYS_CLOSE,
  SYS_GETCWD,
  SYS_GETENS,
  SYS_GETNS,
  SYS_GETPGID,
  SYS_GETPID,
  SYS_KILL,
  SYS_SETPGID,
  SYS_SETRENS,
  SYS_SIGPROCMASK,
  SYS_UMASK,
  SYS_WAITPID,
  SYS_YIELD,
} from '../../kernel-sim/abi/index.js';
import { FileTree } from '../../kernel-sim/index.js';
import { call, check, exits, fork, machine, onPath, wait, write, yields } from './machine.js';

const withTmp = () => {
  const files = new FileTree();
  files.addDirectory('tmp');
  return { files };
};

describe('processes that clones make', () => {
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

  it('keep namespaces and the signal mask across a fork', () => {
    check(function* (user) {
      const mask = user.reserve(16);
      user.memory.write(mask, new Uint8Array(16).fill(0x55));
      yield* call(SYS_SIGPROCMASK, SIG_SETMASK, mask, 0);
      yield* call(SYS_SETRENS, 0, 0);
      const pid = yield* fork(user, function* (child) {
        expect(yield* call(SYS_GETNS)).to.equal(0);
        expect(yield* call(SYS_GETENS)).to.equal(0);
        const kept = child.reserve(16);
        yield* call(SYS_SIGPROCMASK, 0, 0, kept);
        expect(child.memory.read(kept, 16)).to.deep.equal(new Uint8Array(16).fill(0x55));
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(0);
    });
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
});
