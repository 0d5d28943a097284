import { expect } from 'chai';
import { PTRACE_CONT, PTRACE_SYSCALL, PTRACE_TRACEME, type Relibc } from '../../compat/index.js';
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  EEXIST,
  ENODEV,
  ESRCH,
  errnoName,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SYS_EXIT,
  SYS_GETPID,
  SYS_GETUID,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import { DeadlockError } from '../../kernel-sim/index.js';
import { type Program, print, run, sleep, tracedChild } from './on-kernel.js';

// relibc on the simulated kernel: the tracer and its tracee are TypeScript programs.

/** A tracee that makes two calls and exits with 42. */
const caller = tracedChild(function* (libc) {
  yield* libc.getuid();
  yield* libc.getpid();
}, 42);

describe('a tracer with relibc of 2019-08-04 on the kernel', () => {
  it('sees the first stop as 0x137f and each call at its entry and its end', () => {
    const stops: string[] = [];
    run(function* (libc) {
      const pid = yield* libc.fork(caller);
      expect(yield* libc.wait(pid)).to.deep.equal({ pid, status: 0x137f });
      for (;;) {
        expect(yield* libc.ptrace(PTRACE_SYSCALL, pid)).to.equal(0);
        const { status } = yield* libc.wait(pid);
        if (status !== 0x137f) {
          expect(status).to.equal(42 << 8);
          return;
        }
        const registers = yield* libc.getRegisters(pid);
        stops.push(Number(registers?.orig_rax).toString());
      }
    });
    // The entry of EXIT is the last stop: nobody returns from it.
    expect(stops.map(Number).filter((rax) => rax > 10)).to.deep.equal([SYS_GETUID, SYS_GETPID]);
    expect(stops).to.have.length(5);
    expect(stops.at(-1)).to.equal(String(SYS_EXIT));
  });

  it('turns a call into another by orig_rax, and the call it was is not made', () => {
    const output = run(function* (libc) {
      const pid = yield* libc.fork(tracedChild((child) => print(child, 'unseen!\n', 2)));
      yield* libc.wait(pid);
      yield* libc.ptrace(PTRACE_SYSCALL, pid);
      yield* libc.wait(pid);
      const registers = yield* libc.getRegisters(pid);
      if (registers === undefined) throw new Error(errnoName(libc.errno));
      expect([registers.orig_rax, registers.rdi]).to.deep.equal([BigInt(SYS_WRITE), 2n]);
      const changed = { ...registers, orig_rax: BigInt(SYS_EXIT), rdi: 123n };
      expect(yield* libc.setRegisters(pid, changed)).to.equal(0);
      yield* libc.ptrace(PTRACE_SYSCALL, pid);
      expect((yield* libc.wait(pid)).status).to.equal(123 << 8);
    });
    expect(output).to.deep.equal({ stdout: '', stderr: '' });
  });

  it('gets ESRCH when its tracee is gone', () => {
    run(function* (libc) {
      const pid = yield* libc.fork(caller);
      yield* libc.wait(pid);
      yield* libc.ptrace(PTRACE_CONT, pid);
      expect((yield* libc.wait(pid)).status).to.equal(42 << 8);
      expect(yield* libc.ptrace(PTRACE_CONT, pid)).to.equal(-1);
      expect(libc.errno).to.equal(ESRCH);
    });
  });

  it('waits for ever for a child that marked itself before (KP-54)', () => {
    const hasty: Program = function* (libc) {
      const pid = yield* libc.fork(function* (child) {
        yield* child.ptrace(PTRACE_TRACEME);
        yield* child.raise(SIGSTOP);
        return 0;
      });
      yield* sleep(libc);
      yield* libc.wait(pid);
    };
    expect(() => run(hasty)).to.throw(DeadlockError);
  });

  it('is told of the stop of an untraced child, though it did not ask (KP-24)', () => {
    run(function* (libc) {
      const pid = yield* libc.fork(function* (child) {
        yield* child.raise(SIGSTOP);
        return 7;
      });
      expect((yield* libc.wait(pid)).status).to.equal(0x137f);
      yield* libc.kill(pid, SIGCONT);
      expect((yield* libc.wait(pid)).status).to.equal(7 << 8);
    });
  });

  it('sees the signal that ended a child', () => {
    run(function* (libc) {
      const pid = yield* libc.fork(function* (child) {
        yield* child.raise(SIGTERM);
        return 7;
      });
      expect((yield* libc.wait(pid)).status).to.equal(SIGTERM);
    });
  });
});

describe('what relibc of 2019-08-04 cannot do', () => {
  /** A tracer that has seen its tracee's first stop. */
  function attached(rest: Program, use: (libc: Relibc, pid: number) => SystemCalls<unknown>) {
    return run(function* (libc) {
      const pid = yield* libc.fork(tracedChild(rest));
      yield* libc.wait(pid);
      yield* use(libc, pid);
    });
  }

  it('see a second SIGSTOP of its tracee (KP-55)', () => {
    const stopping: Program = (child) => child.raise(SIGSTOP);
    const waiting = function* (libc: Relibc, pid: number) {
      yield* libc.ptrace(PTRACE_CONT, pid);
      yield* libc.wait(pid);
    };
    expect(() => attached(stopping, waiting)).to.throw(DeadlockError);
  });

  it('see a stop with WNOHANG (KP-67)', () => {
    attached(
      (child) => child.getuid(),
      function* (libc, pid) {
        yield* libc.ptrace(PTRACE_SYSCALL, pid);
        for (let i = 0; i < 50; i++) yield* libc.schedYield();
        expect(yield* libc.wait(pid, 1)).to.deep.equal({ pid: 0, status: 0 });
        yield* libc.wait(pid);
        expect((yield* libc.getRegisters(pid))?.orig_rax).to.equal(BigInt(SYS_GETUID));
        yield* libc.kill(pid, SIGKILL);
      },
    );
  });

  it('change rax at the end of a call, for it is taken from orig_rax (KP-18)', () => {
    let result = 0;
    attached(
      function* (child) {
        result = yield* child.getuid();
      },
      function* (libc, pid) {
        yield* libc.ptrace(PTRACE_SYSCALL, pid);
        yield* libc.wait(pid);
        yield* libc.ptrace(PTRACE_SYSCALL, pid);
        yield* libc.wait(pid);
        const registers = yield* libc.getRegisters(pid);
        if (registers === undefined) throw new Error('no registers');
        expect(registers.orig_rax).to.equal(0n);
        yield* libc.setRegisters(pid, { ...registers, rax: 77n });
        expect((yield* libc.getRegisters(pid))?.rax).to.equal(0n);
        yield* libc.setRegisters(pid, { ...registers, orig_rax: 88n });
        yield* libc.ptrace(PTRACE_CONT, pid);
        expect((yield* libc.wait(pid)).status).to.equal(0);
      },
    );
    expect(result).to.equal(88);
  });
});

describe('TRACEME on the kernel', () => {
  it('works once', () => {
    run(function* (libc) {
      expect(yield* libc.ptrace(PTRACE_TRACEME)).to.equal(0);
      expect(yield* libc.ptrace(PTRACE_TRACEME)).to.equal(-1);
      expect(libc.errno).to.equal(EEXIST);
    });
  });

  it('needs ipcd', () => {
    run(
      function* (libc) {
        expect(yield* libc.ptrace(PTRACE_TRACEME)).to.equal(-1);
        expect(libc.errno).to.equal(ENODEV);
      },
      { daemon: undefined },
    );
  });

  it('is forgotten when the process ends', () => {
    run(function* (libc) {
      const pid = yield* libc.fork(function* (child) {
        yield* child.ptrace(PTRACE_TRACEME);
        return 0;
      });
      yield* libc.wait(pid);
      expect(yield* libc.ptrace(PTRACE_CONT, pid)).to.equal(-1);
      expect(libc.errno).to.equal(ESRCH);
    });
  });
});
