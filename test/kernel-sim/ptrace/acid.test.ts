// The course of the ptrace test in Redox's own acid suite (2020-06), as far as it needs no machine
// code, with writes that wait as on 2019-08-15.
import { expect } from 'chai';
import type { HostedProgram, SystemCalls, Userspace } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, fork, named, wait } from '../machine.js';
import { it, onRoundRobin } from './schedules.js';
import { calls, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, Tracer } from './tracer.js';

const PRE = abi.PTRACE_STOP_PRE_SYSCALL;
const POST = abi.PTRACE_STOP_POST_SYSCALL;
const SIGNAL = abi.PTRACE_STOP_SIGNAL;
const EXIT = abi.PTRACE_STOP_EXIT;
const CLONE = abi.PTRACE_EVENT_CLONE;
const IGNORE = abi.PTRACE_FLAG_IGNORE;

function* stopSelf(): SystemCalls<void> {
  yield* call(abi.SYS_KILL, yield* call(abi.SYS_GETPID), abi.SIGSTOP);
}

function* handleUsr1(user: Userspace): SystemCalls<void> {
  const action = user.reserve(abi.SigAction.size);
  const sa_handler = user.handlerAddress(function* () {
    yield* call(abi.SYS_YIELD);
  });
  user.memory.write(action, abi.SigAction.encode({ sa_handler }));
  yield* call(abi.SYS_SIGACTION, abi.SIGUSR1, action, 0, 0);
}

const tracee: HostedProgram = function* (user) {
  yield* stopSelf();
  const child = calls({ number: abi.SYS_GETPID });
  yield* wait(user, yield* fork(user, child));
  yield* fork(user, child);
  yield* handleUsr1(user);
  const self = yield* call(abi.SYS_GETPID);
  for (let i = 0; i < 3; i++) yield* call(abi.SYS_KILL, self, abi.SIGUSR1);
  yield* call(abi.SYS_GETGID);
  yield* stopSelf();
  return yield* call(abi.SYS_GETPID);
};

/** The tracee has stopped itself, was attached to and continued; it is before its first clone. */
function begin() {
  const tracer = new Tracer({ uid: 1000, gid: 1000 });
  const { pid } = tracer.child(tracee, { uid: 1000, gid: 1000 });
  expect(tracer.wait(pid, abi.WUNTRACED)).to.equal(0x137f);
  const trace = tracer.open(pid, 'trace', O_RDWR | O_TRUNC | O_EXCL);
  const regs = tracer.dup(trace, 'regs/int');
  tracer.kill(pid, abi.SIGCONT);
  const rax = () => Number(tracer.registers(regs).rax);
  return { tracer, pid, trace, regs, rax };
}

/** Goes on to the first of the three kills. */
function toKills(made: ReturnType<typeof begin>): void {
  const { tracer, trace, rax } = made;
  for (;;) {
    expect(tracer.next(trace, PRE)).to.equal(PRE);
    if (rax() === abi.SYS_KILL) return;
  }
}

describe('the acid test', () => {
  it('keeps an attached tracee frozen, SIGCONT or not', () => {
    const { tracer, pid } = begin();
    tracer.pause(20);
    const context = tracer.kernel.contexts.get(pid);
    expect(context?.ptraceStop).to.equal(true);
  });

  onRoundRobin('sees clones, holds the children, and traces one of them', () => {
    const { tracer, trace, rax } = begin();
    expect(tracer.next(trace, PRE | CLONE)).to.equal(PRE);
    expect(rax()).to.equal(abi.SYS_CLONE);
    tracer.command(trace, POST | CLONE);
    const [{ cause, a: first }] = tracer.events(trace);
    expect(cause).to.equal(CLONE);
    tracer.command(trace, POST | CLONE);
    expect(tracer.events(trace)[0].cause).to.equal(POST);
    expect(rax()).to.equal(first);
    expect(tracer.next(trace, PRE | CLONE)).to.equal(PRE);
    expect(rax()).to.equal(abi.SYS_WAITPID);
    expect(tracer.next(trace, POST)).to.equal(POST);
    expect(tracer.next(trace, PRE)).to.equal(PRE);
    expect(rax()).to.equal(abi.SYS_CLONE);

    tracer.command(trace, PRE | CLONE);
    const [{ a: second }] = tracer.events(trace);
    const child = tracer.open(second, 'trace', O_RDWR | O_TRUNC);
    const childRegs = tracer.open(second, 'regs/int');
    const childRax = () => Number(tracer.registers(childRegs).rax);
    expect(tracer.next(child, PRE)).to.equal(PRE);
    expect(childRax()).to.equal(abi.SYS_GETPID);
    expect(tracer.next(child, POST)).to.equal(POST);
    expect(tracer.next(child, PRE)).to.equal(PRE);
    expect(childRax()).to.equal(abi.SYS_EXIT);
    expect(named(tracer.command(child, 0))).to.equal('ESRCH');
    expect(tracer.events(trace)[0].cause).to.equal(PRE);
    expect(rax()).to.equal(abi.SYS_SIGACTION);
  });

  it('stops at a handled signal, in its handler, and after both at the end of kill', () => {
    const made = begin();
    const { tracer, trace, rax } = made;
    toKills(made);
    for (let round = 0; round < 2; round++) {
      tracer.command(trace, PRE | SIGNAL);
      const [{ cause, a, b }] = tracer.events(trace);
      expect([cause, a]).to.deep.equal([SIGNAL, abi.SIGUSR1]);
      expect(b).to.be.greaterThan(abi.SIG_IGN);
      expect(tracer.next(trace, PRE)).to.equal(PRE);
      expect(rax()).to.equal(abi.SYS_YIELD);
      expect(tracer.next(trace, POST)).to.equal(POST);
      expect(tracer.next(trace, PRE)).to.equal(PRE);
      expect(rax()).to.equal(abi.SYS_SIGRETURN);
      expect(tracer.next(trace, POST)).to.equal(POST);
      expect(rax()).to.equal(0);
      expect(tracer.next(trace, PRE)).to.equal(PRE);
      expect(rax()).to.equal(abi.SYS_KILL);
    }
    expect(tracer.next(trace, SIGNAL | POST)).to.equal(SIGNAL);
    expect(rax()).to.equal(abi.SYS_KILL);
    expect(tracer.next(trace, IGNORE | POST)).to.equal(POST);
    expect(tracer.next(trace, PRE)).to.equal(PRE);
    expect(rax()).to.equal(abi.SYS_GETGID);
  });

  it('does without waiting, changes a result, and sees the end', () => {
    const made = begin();
    const { tracer, pid, trace, regs, rax } = made;
    tracer.run(call(abi.SYS_FCNTL, trace, abi.F_SETFL, O_NONBLOCK));
    tracer.command(trace, PRE | POST);
    tracer.command(trace, 0);
    expect(tracer.wait(pid, abi.WUNTRACED)).to.equal(0x137f);
    for (let i = 0; i < 5; i++) expect(tracer.registers(regs).cs).to.equal(0x23n);
    tracer.events(trace);
    tracer.run(call(abi.SYS_FCNTL, trace, abi.F_SETFL, O_RDWR));
    tracer.kill(pid, abi.SIGCONT);
    expect(tracer.next(trace, PRE)).to.equal(PRE);
    expect(rax()).to.equal(abi.SYS_GETPID);
    tracer.setRegisters(regs, { rax: 123n });
    expect(tracer.next(trace, PRE | EXIT | IGNORE)).to.equal(PRE);
    expect([rax(), Number(tracer.registers(regs).rdi)]).to.deep.equal([abi.SYS_EXIT, 123]);
    tracer.command(trace, POST | EXIT);
    expect(tracer.events(trace)).to.deep.equal([{ cause: EXIT, a: 123 << 8, b: 0 }]);
    expect(named(tracer.command(trace, POST | EXIT))).to.equal('ESRCH');
    expect(tracer.wait(pid, abi.WNOHANG)).to.equal(123 << 8);
  });

  it('opens nothing that is not below it', () => {
    const { tracer, pid } = begin();
    for (let other = 0; other <= 1000; other++) {
      if (other === pid) continue;
      expect(named(tracer.open(other, 'regs/int'))).to.be.oneOf(['EPERM', 'ESRCH']);
    }
  });
});
