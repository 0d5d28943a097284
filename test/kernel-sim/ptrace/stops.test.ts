// Stops of a tracee at P7, and the command words that ask for them. Source: RFC 0004, and ptrace.rs of
// 2019-08-15.
import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { DeadlockError } from '../../../kernel-sim/index.js';
import { call, named } from '../machine.js';
import { EXIT, getpid, getuid, IGNORE, POST, PRE, SIGNAL, WAIT } from './flags.js';
import { it, onRoundRobin } from './schedules.js';
import { calls, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

/** A tracer with one tracee, frozen before its first call. */
function traced(program: HostedProgram, flags = 0) {
  const tracer = new Tracer();
  return tracer.attach(tracer.child(program), O_RDWR | O_TRUNC | flags);
}

describe('a command word', () => {
  it('is eight bytes: less is taken for nothing', () => {
    const { tracer, trace, child } = traced(spin);
    expect(tracer.write(trace, new Uint8Array(7))).to.equal(0);
    expect(child.ptraceStop).to.equal(true);
  });

  it('may hold any of the low 16 bits and no other: EINVAL', () => {
    const { tracer, trace } = traced(spin, O_NONBLOCK);
    expect(tracer.command(trace, 0xffff)).to.be.oneOf([8, -abi.ENOTRECOVERABLE]);
    expect(named(tracer.command(trace, 0x1_0000))).to.equal('EINVAL');
    expect(named(tracer.command(trace, 1n << 63n))).to.equal('EINVAL');
  });

  it('waits for its stop and then gives 8', () => {
    const { tracer, trace } = traced(calls(getpid));
    expect(tracer.command(trace, PRE)).to.equal(8);
    expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
  });

  onRoundRobin('under O_NONBLOCK does not wait', () => {
    const { tracer, trace } = traced(calls(getpid), O_NONBLOCK);
    expect(tracer.command(trace, PRE)).to.equal(8);
    expect(tracer.events(trace)).to.deep.equal([]);
    tracer.pause();
    expect(tracer.events(trace)).to.have.length(1);
  });

  it('with FLAG_WAIT alone waits for the stop that was asked for before', () => {
    const { tracer, trace } = traced(calls(getpid), O_NONBLOCK);
    tracer.command(trace, PRE);
    expect(tracer.command(trace, WAIT)).to.equal(8);
    expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
    expect(tracer.command(trace, WAIT)).to.equal(8); // still there
  });

  onRoundRobin('does not wait while events are unread (KP-14)', () => {
    const { tracer, trace } = traced(calls(getpid, getuid));
    tracer.command(trace, PRE);
    expect(tracer.command(trace, POST)).to.equal(8);
    expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
    tracer.pause();
    expect(tracer.events(trace)).to.deep.equal([{ cause: POST, a: 0, b: 0 }]);
  });

  it('replaces the one before it', () => {
    const { tracer, trace, child } = traced(calls(getpid), O_NONBLOCK);
    tracer.command(trace, PRE);
    tracer.command(trace, 0);
    tracer.pause();
    expect(child.exited).to.equal(true);
  });

  it('is ESRCH when the tracee has ended before, and when it ends meanwhile', () => {
    const { tracer, trace, pid } = traced(calls(getpid));
    expect(tracer.next(trace, PRE)).to.equal(PRE);
    expect(named(tracer.command(trace, SIGNAL))).to.equal('ESRCH');
    for (const word of [0, PRE, WAIT]) expect(named(tracer.command(trace, word))).to.equal('ESRCH');
    tracer.wait(pid);
    expect(named(tracer.command(trace, 0))).to.equal('ESRCH');
  });

  it('that can never come true is reported as a deadlock', () => {
    const { tracer, trace } = traced(function* (user) {
      yield* call(abi.SYS_FUTEX, user.reserve(8), abi.FUTEX_WAIT, 0, 0, 0);
      return 0;
    });
    const wanted = /PTRACE_STOP_SIGNAL of its tracee/;
    expect(() => tracer.command(trace, SIGNAL)).to.throw(DeadlockError, wanted);
  });
});

describe('stops at system calls', () => {
  it('show the number before and the result after', () => {
    const { tracer, trace, regs, pid } = traced(calls(getpid, getuid));
    expect(tracer.next(trace, PRE | POST)).to.equal(PRE);
    expect(tracer.registers(regs).rax).to.equal(BigInt(abi.SYS_GETPID));
    expect(tracer.next(trace, PRE | POST)).to.equal(POST);
    expect(tracer.registers(regs).rax).to.equal(BigInt(pid));
    expect(tracer.next(trace, PRE | POST)).to.equal(PRE);
    expect(tracer.registers(regs).rax).to.equal(BigInt(abi.SYS_GETUID));
  });

  it('let the tracer make another call of it', () => {
    const { tracer, trace, regs, pid } = traced(calls(getpid));
    tracer.next(trace, PRE);
    tracer.setRegisters(regs, { rax: BigInt(abi.SYS_EXIT), rdi: 123n });
    expect(named(tracer.command(trace, POST))).to.equal('ESRCH');
    expect(tracer.wait(pid)).to.equal(123 << 8);
  });

  it('let the tracer give another result', () => {
    const seen: number[] = [];
    const { tracer, trace, regs } = traced(function* () {
      seen.push(yield* call(abi.SYS_GETPID));
      return 0;
    });
    tracer.next(trace, POST);
    tracer.setRegisters(regs, { rax: 77n });
    tracer.command(trace, EXIT);
    expect(seen).to.deep.equal([77]);
  });

  it('skip the call when the next word says IGNORE, with rax as the tracer left it', () => {
    const seen: number[] = [];
    const { tracer, trace, regs } = traced(function* () {
      seen.push(yield* call(abi.SYS_WRITE, 1, 0x6666_0000, 100));
      return 0;
    });
    tracer.next(trace, PRE);
    tracer.setRegisters(regs, { rax: 100n });
    expect(tracer.next(trace, POST | IGNORE)).to.equal(POST);
    tracer.command(trace, EXIT);
    expect(seen).to.deep.equal([100]);
  });

  it('skip nothing for a word of IGNORE alone (KP-51)', () => {
    const seen: number[] = [];
    const { tracer, trace, regs, pid } = traced(function* () {
      seen.push(yield* call(abi.SYS_GETPID));
      return 0;
    }, O_NONBLOCK);
    tracer.command(trace, PRE);
    tracer.pause();
    tracer.setRegisters(regs, { rax: BigInt(abi.SYS_GETPID) });
    tracer.command(trace, IGNORE);
    tracer.pause();
    expect(seen).to.deep.equal([pid]);
  });

  it('come after a call that the tracer never saw begin', () => {
    const { tracer, trace, regs, pid } = traced(calls(getpid));
    expect(tracer.next(trace, POST)).to.equal(POST);
    expect(tracer.registers(regs).rax).to.equal(BigInt(pid));
  });

  it('hold a tracee back however often others run', () => {
    const { tracer, trace, child } = traced(calls(getpid));
    tracer.next(trace, PRE);
    tracer.pause(50);
    expect(child.exited).to.equal(false);
  });
});

describe('stops at signals', () => {
  const handled: HostedProgram = function* (user) {
    const action = user.reserve(abi.SigAction.size);
    const sa_handler = user.handlerAddress(function* () {
      yield* call(abi.SYS_GETUID);
    });
    user.memory.write(action, abi.SigAction.encode({ sa_handler }));
    yield* call(abi.SYS_SIGACTION, abi.SIGUSR1, action, 0, 0);
    const self = yield* call(abi.SYS_GETPID);
    yield* call(abi.SYS_KILL, self, abi.SIGUSR1);
    return 5;
  };

  it('tell signal and handler', () => {
    const { tracer, trace, pid } = traced(spin, O_NONBLOCK);
    tracer.command(trace, SIGNAL);
    tracer.kill(pid, abi.SIGTERM);
    tracer.pause();
    const expected = { cause: SIGNAL, a: abi.SIGTERM, b: abi.SIG_DFL };
    expect(tracer.events(trace)).to.deep.equal([expected]);
  });

  it('are the only ones that hold a signal back: it kills at others (KP-43)', () => {
    const { tracer, trace, pid } = traced(spin);
    tracer.next(trace, PRE);
    tracer.kill(pid, abi.SIGTERM);
    expect(tracer.wait(pid)).to.equal(abi.SIGTERM);
    expect(named(tracer.command(trace, PRE))).to.equal('ESRCH');
  });

  it('let the tracer ignore the signal, except SIGKILL', () => {
    const { tracer, trace, pid, child } = traced(spin, O_NONBLOCK);
    tracer.command(trace, SIGNAL);
    tracer.kill(pid, abi.SIGTERM);
    tracer.pause();
    tracer.command(trace, SIGNAL | IGNORE);
    tracer.pause();
    expect(child.exited).to.equal(false);
    tracer.kill(pid, abi.SIGKILL);
    tracer.pause();
    tracer.command(trace, SIGNAL | IGNORE);
    expect(tracer.wait(pid)).to.equal(abi.SIGKILL);
  });

  it('come in the order of calls, the call that sent the signal last (KP-12)', () => {
    const { tracer, trace, regs } = traced(handled);
    const order: string[] = [];
    for (;;) {
      const cause = tracer.next(trace, PRE | POST | SIGNAL | EXIT);
      const { rax } = tracer.registers(regs);
      if (cause === EXIT) break;
      if (cause === PRE) order.push(`pre ${abi.syscallName(Number(rax))}`);
      else order.push(cause === POST ? 'post' : 'signal');
    }
    const upToKill = ['pre sigaction', 'post', 'pre getpid', 'post', 'pre kill'];
    const inHandler = ['signal', 'pre getuid', 'post', 'pre sigreturn'];
    expect(order).to.deep.equal([...upToKill, ...inHandler, 'post', 'pre exit']);
  });

  it('show the interrupted registers of a signal with the default action', () => {
    const { tracer, trace, regs, pid } = traced(calls(getpid, getpid), O_NONBLOCK);
    tracer.command(trace, PRE | SIGNAL);
    tracer.pause();
    tracer.events(trace);
    tracer.kill(pid, abi.SIGSTOP);
    tracer.command(trace, SIGNAL);
    tracer.pause();
    expect(tracer.events(trace)).to.have.length(1);
    expect(tracer.registers(regs).rax).to.equal(BigInt(abi.SYS_GETPID));
  });

  it('a stop signal acts as ever, and waitpid tells it', () => {
    const { tracer, trace, pid } = traced(spin, O_NONBLOCK);
    tracer.command(trace, 0);
    tracer.kill(pid, abi.SIGSTOP);
    expect(tracer.wait(pid, abi.WUNTRACED)).to.equal(0x137f);
    tracer.command(trace, PRE);
    tracer.pause();
    expect(tracer.events(trace)).to.deep.equal([]);
    tracer.kill(pid, abi.SIGCONT);
    tracer.pause();
    expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
  });
});

describe('stops at the end', () => {
  it('tell the status that will be', () => {
    const { tracer, trace, pid } = traced(calls(getpid));
    tracer.command(trace, EXIT);
    expect(tracer.events(trace)).to.deep.equal([{ cause: EXIT, a: 0x100, b: 0 }]);
    expect(tracer.wait(pid, abi.WNOHANG)).to.equal(0);
    expect(named(tracer.command(trace, EXIT))).to.equal('ESRCH');
    expect(tracer.wait(pid, abi.WNOHANG)).to.equal(0x100);
  });

  it('come for a signal that kills, too', () => {
    const { tracer, trace, pid } = traced(spin, O_NONBLOCK);
    tracer.command(trace, EXIT);
    tracer.kill(pid, abi.SIGTERM);
    tracer.pause();
    expect(tracer.events(trace)).to.deep.equal([{ cause: EXIT, a: abi.SIGTERM, b: 0 }]);
  });

  it('cannot be ignored', () => {
    const { tracer, trace, pid } = traced(calls(getpid));
    tracer.next(trace, EXIT);
    expect(named(tracer.command(trace, EXIT | IGNORE))).to.equal('ESRCH');
    expect(tracer.wait(pid)).to.equal(0x100);
  });
});
