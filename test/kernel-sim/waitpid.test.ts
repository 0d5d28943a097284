// waitpid and exit of the kernel of 2019. Source: syscall/process.rs.
import { expect } from 'chai';
import {
  ECHILD,
  type HostedProgram,
  SIGCONT,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGTERM,
  SYS_EXIT,
  SYS_GETPID,
  SYS_GETPPID,
  SYS_KILL,
  SYS_SETPGID,
  SYS_WAITPID,
  SYS_YIELD,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from '../../kernel-sim/abi/index.js';
import { call, check, exits, fork, wait, yields } from './machine.js';

const stopsItself: HostedProgram = function* () {
  const self = yield* call(SYS_GETPID);
  yield* call(SYS_KILL, self, SIGSTOP);
  return 7;
};

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
      expect(yield* call(SYS_WAITPID, -grouped, 0, 0)).to.equal(grouped);
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
