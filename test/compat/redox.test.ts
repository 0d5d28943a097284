import { expect } from 'chai';
import {
  chanDaemon,
  libcProfile,
  PTRACE_CONT,
  PTRACE_SYSCALL,
  PTRACE_TRACEME,
  type Relibc,
  relibc,
} from '../../compat/index.js';
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  EEXIST,
  ENODEV,
  ESRCH,
  errnoName,
  SIGCONT,
  SIGSTOP,
  SIGTERM,
  SYS_EXIT,
  SYS_GETPID,
  SYS_GETUID,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import { DeadlockError } from '../../kernel-sim/index.js';
import { machine } from '../kernel-sim/machine.js';

// relibc on the simulated kernel: the tracer and its tracee are TypeScript programs.

type Program = (libc: Relibc) => SystemCalls<unknown>;

/** Runs a program until it ends; gives what was written to the console. */
function run(program: Program, options: { chan?: boolean; profile?: string } = {}) {
  const { kernel, output } = machine();
  if (options.chan !== false) kernel.spawn({ program: chanDaemon, name: 'ipcd' });
  const context = kernel.spawn({
    name: 'tracer',
    program: function* (user) {
      yield* program(relibc(user, libcProfile(options.profile)));
      return 0;
    },
  });
  kernel.run(() => context.exited);
  return output;
}

const SECOND = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

function* sleep(libc: Relibc): SystemCalls<void> {
  const { user } = libc;
  const mark = user.mark();
  const time = user.reserve(16);
  user.memory.write(time, SECOND);
  yield* libc.nanosleep(time, 0);
  user.release(mark);
}

/** Marks itself and stops, after its parent has begun to wait; then makes three calls. */
function* tracee(libc: Relibc): SystemCalls<number> {
  yield* sleep(libc);
  expect(yield* libc.ptrace(PTRACE_TRACEME)).to.equal(0);
  yield* libc.raise(SIGSTOP);
  yield* libc.getuid();
  yield* libc.getpid();
  return 42;
}

describe('a tracer with relibc of 2019-08-04 on the kernel', () => {
  it('sees the first stop as 0x137f and each call at its entry and its end', () => {
    const stops: string[] = [];
    run(function* (libc) {
      const pid = yield* libc.fork(tracee);
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
      const pid = yield* libc.fork(function* (child) {
        yield* sleep(child);
        yield* child.ptrace(PTRACE_TRACEME);
        yield* child.raise(SIGSTOP);
        const mark = child.user.mark();
        const text = child.user.reserve(8);
        child.user.memory.write(text, Buffer.from('unseen!\n'));
        yield* child.write(2, text, 8);
        child.user.release(mark);
        return 0;
      });
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
      const pid = yield* libc.fork(tracee);
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
      { chan: false },
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
