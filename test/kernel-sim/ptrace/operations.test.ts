import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type FaultOverrides, KernelHang, kernelProfile } from '../../../kernel-sim/index.js';
import { call, fork, named, wait } from '../machine.js';
import { getpid, getuid } from './flags.js';
import { attached } from './revisions.js';
import { it, itAt, onRoundRobin } from './schedules.js';
import { calls, O_NONBLOCK, O_RDWR, spin, Tracer } from './tracer.js';

const {
  PTRACE_CONT: CONT,
  PTRACE_SIGNAL: SIGNAL,
  PTRACE_SINGLESTEP: SINGLESTEP,
  PTRACE_SYSCALL: SYSCALL,
  PTRACE_SYSEMU: SYSEMU,
  PTRACE_WAIT: WAIT,
} = abi;

const OPERATIONS = ['P1', 'P2', 'P2b', 'P3', 'P4'];
const FIRST = ['P1', 'P2', 'P2b'];
const WITH_EVENTS = ['P3', 'P4'];

/** A tracee after its first call, with some code ahead of it. */
function stepping(revision: string, ...code: number[]) {
  const first = [0xb8, abi.SYS_YIELD, 0, 0, 0, 0x0f, 0x05];
  const tracer = new Tracer({
    profile: kernelProfile(revision),
    code: Uint8Array.from([...first, ...code]),
  });
  const { pid } = tracer.machineChild();
  const trace = tracer.open(pid, 'trace', O_RDWR);
  const regs = tracer.dup(trace, 'regs/int');
  tracer.operation(trace, SYSCALL);
  tracer.operation(trace, SYSCALL);
  return { tracer, trace, regs, pid };
}

/** rax, which lies at the same place in both layouts. */
function rax({ tracer, regs }: { tracer: Tracer; regs: number }): number {
  const { bytes } = tracer.read(regs, abi.IntRegisters.size);
  return Number(BigInt.asIntN(64, abi.IntRegisters.decode(bytes).rax));
}

for (const revision of OPERATIONS) {
  describe(`an operation at ${revision}`, () => {
    itAt(revision)('is one byte: none does nothing, others behind it are not looked at', () => {
      const { tracer, trace, child } = attached(revision, spin);
      expect(tracer.write(trace, new Uint8Array(0))).to.equal(0);
      expect(child.ptraceStop).to.equal(true);
      expect(tracer.write(trace, Uint8Array.of(SYSCALL, 0xff))).to.equal(1);
    });

    itAt(revision)('that is unknown is EINVAL, 0 among them', () => {
      const { tracer, trace } = attached(revision, spin);
      for (const operation of [0, 6, 15, SYSEMU]) {
        expect(named(tracer.operation(trace, operation))).to.equal('EINVAL');
      }
    });

    itAt(revision)('SYSCALL waits for the entry of a call and then for its exit', () => {
      const made = attached(revision, calls(getpid, getuid));
      const { tracer, trace, pid } = made;
      expect(tracer.operation(trace, SYSCALL)).to.equal(1);
      expect(rax(made)).to.equal(abi.SYS_GETPID);
      expect(tracer.operation(trace, SYSCALL)).to.equal(1);
      expect(rax(made)).to.equal(pid);
      expect(tracer.operation(trace, SYSCALL)).to.equal(1);
      expect(rax(made)).to.equal(abi.SYS_GETUID);
    });

    itAt(revision)('SYSCALL|SYSEMU skips the call at which it stops, and the stop after it', () => {
      const seen: number[] = [];
      const made = attached(revision, function* () {
        seen.push(yield* call(abi.SYS_WRITE, 1, 0x6666_0000, 100));
        yield getuid;
        return 0;
      });
      const { tracer, trace } = made;
      expect(tracer.operation(trace, SYSCALL | SYSEMU)).to.equal(1);
      expect(tracer.operation(trace, SYSCALL)).to.equal(1);
      expect(rax(made)).to.equal(abi.SYS_GETUID);
      expect(seen).to.deep.equal([abi.SYS_WRITE]);
    });

    itAt(revision)('SINGLESTEP waits for the end of one instruction', () => {
      const { tracer, trace, regs } = stepping(revision, 0xff, 0xc0, 0xff, 0xc0, 0xff, 0xc0);
      const before = rax({ tracer, regs });
      for (let i = 1; i <= 3; i++) {
        expect(tracer.operation(trace, SINGLESTEP)).to.equal(1);
        expect(rax({ tracer, regs })).to.equal(before + i);
      }
    });

    itAt(revision)('SINGLESTEP takes no notice of calls nor of SYSEMU', () => {
      const { tracer, trace, regs, pid } = stepping(
        revision,
        0xb8,
        abi.SYS_GETPID,
        0,
        0,
        0,
        0x0f,
        5,
        0x90,
      );
      expect(tracer.operation(trace, SINGLESTEP)).to.equal(1);
      expect(tracer.operation(trace, SINGLESTEP | SYSEMU)).to.equal(1);
      expect(rax({ tracer, regs })).to.equal(pid);
    });

    itAt(revision)('under O_NONBLOCK does not wait, WAIT does', () => {
      const made = attached(revision, calls(getpid), O_NONBLOCK);
      const { tracer, trace } = made;
      expect(tracer.operation(trace, SYSCALL)).to.equal(1);
      expect(tracer.operation(trace, WAIT)).to.equal(1);
      expect(rax(made)).to.equal(abi.SYS_GETPID);
    });

    itAt(revision)('is ESRCH when the tracee has ended', () => {
      const { tracer, trace, pid } = attached(revision, calls(), O_NONBLOCK);
      tracer.operation(trace, CONT);
      tracer.pause();
      expect(named(tracer.operation(trace, SYSCALL))).to.equal('ESRCH');
      tracer.wait(pid);
      expect(named(tracer.operation(trace, CONT))).to.equal('ESRCH');
    });

    itAt(revision)('is ESRCH when the tracee ends instead of stopping', () => {
      const { tracer, trace } = attached(revision, calls(getpid));
      tracer.operation(trace, SYSCALL);
      tracer.operation(trace, SYSCALL);
      tracer.operation(trace, SYSCALL); // exit
      expect(named(tracer.operation(trace, SYSCALL))).to.equal('ESRCH');
    });

    itAt(revision)('finds its tracee frozen without O_TRUNC', () => {
      const { child } = attached(revision, spin);
      expect(child.ptraceStop).to.equal(true);
    });
  });

  describe(`closing at ${revision}`, () => {
    itAt(revision)('any file of a process unfreezes it', () => {
      const { tracer, regs, child } = attached(revision, spin);
      tracer.close(regs);
      expect(child.ptraceStop).to.equal(false);
    });

    itAt(revision)('the trace file lets the tracee go, O_EXCL or not', () => {
      const { tracer, trace, child } = attached(revision, spin, abi.O_EXCL);
      tracer.operation(trace, SYSCALL);
      tracer.close(trace);
      expect(child.status.kind).to.equal('runnable');
    });
  });
}

for (const revision of FIRST) {
  describe(`the first interface, at ${revision}`, () => {
    itAt(revision)('has no events: reading a trace file is EBADF', () => {
      const { tracer, trace } = attached(revision, spin);
      expect(named(tracer.read(trace, 64).result)).to.equal('EBADF');
    });

    itAt(revision)('does not wait for CONT, nor for WAIT when nothing was asked for', () => {
      const { tracer, trace } = attached(revision, spin);
      expect(tracer.operation(trace, CONT)).to.equal(1);
      expect(tracer.operation(trace, WAIT)).to.equal(1);
    });

    itAt(revision)('opens zombies', () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const { pid } = tracer.child(calls());
      tracer.pause();
      expect(tracer.open(pid, 'regs/int')).to.be.greaterThan(2);
    });

    itAt(revision)('says nothing of clones', () => {
      const { tracer, trace, child } = attached(revision, forking, O_NONBLOCK);
      tracer.operation(trace, CONT);
      tracer.pause(20);
      expect(child.exited).to.equal(true);
    });
  });
}

for (const revision of WITH_EVENTS) {
  describe(`events of operations at ${revision}`, () => {
    onRoundRobin('end a wait with 0, and tell every clone, which is held', () => {
      const { tracer, trace } = attached(revision, forking);
      expect(tracer.operation(trace, CONT)).to.equal(0);
      const { bytes } = tracer.read(trace, 64);
      expect(bytes.length).to.equal(abi.PtraceOperationEvent.size);
      const { tag, data } = abi.PtraceOperationEvent.decode(bytes);
      expect(tag).to.equal(abi.PTRACE_OPERATION_EVENT_CLONE);
      expect(tracer.kernel.contexts.get(data)?.ptraceStop).to.equal(true);
    });

    onRoundRobin('end waits at once until they are read (KP-14)', () => {
      const { tracer, trace } = attached(revision, forking);
      expect(tracer.operation(trace, CONT)).to.equal(0);
      expect(tracer.operation(trace, SYSCALL)).to.equal(0);
    });

    onRoundRobin('let the child go at the next command', () => {
      const { tracer, trace, pid } = attached(revision, forking);
      tracer.operation(trace, CONT);
      tracer.read(trace, 64);
      expect(named(tracer.operation(trace, CONT))).to.equal('ESRCH');
      expect(tracer.wait(pid)).to.equal(0);
    });

    itAt(revision)('hold a child for ever from a tracer that never waits (KP-66)', () => {
      const held = (faults: FaultOverrides) => {
        const { tracer, trace, child } = attached(revision, forking, O_NONBLOCK, faults);
        tracer.operation(trace, CONT);
        tracer.pause(20);
        tracer.read(trace, 64);
        tracer.operation(trace, CONT);
        tracer.pause(20);
        return !child.exited;
      };
      expect(held({})).to.equal(true);
      expect(held({ 'KP-66': false })).to.equal(false);
    });

    itAt(revision)('make CONT wait for an end', () => {
      const { tracer, trace } = attached(revision, calls(getpid));
      expect(named(tracer.operation(trace, CONT))).to.equal('ESRCH');
    });

    itAt(revision)('are read without waiting, and not at all into less than one', () => {
      const { tracer, trace } = attached(revision, spin);
      expect(tracer.read(trace, 64).result).to.equal(0);
      expect(tracer.read(trace, 15).result).to.equal(0);
    });

    onRoundRobin(
      'of a held clone come before it has registers, for which the kernel looks for ever (KP-40)',
      () => {
        const { tracer, trace } = attached(revision, forking);
        tracer.operation(trace, CONT);
        const { data } = abi.PtraceOperationEvent.decode(tracer.read(trace, 64).bytes);
        const regs = tracer.open(data, 'regs/int');
        expect(() => tracer.read(regs, 8)).to.throw(KernelHang, /looks for the registers of pid/);
      },
    );
  });
}

describe('signals at P4', () => {
  it('are told, whatever they do', () => {
    const { tracer, trace, pid } = attached('P4', spin, O_NONBLOCK);
    tracer.operation(trace, CONT);
    tracer.kill(pid, abi.SIGCHLD);
    tracer.pause();
    const { tag, data } = abi.PtraceOperationEvent.decode(tracer.read(trace, 64).bytes);
    expect([tag, data]).to.deep.equal([abi.PTRACE_OPERATION_EVENT_SIGNAL, abi.SIGCHLD]);
  });

  it('that are handled stop for the operation SIGNAL', () => {
    const made = attached('P4', handling, O_NONBLOCK);
    const { tracer, trace } = made;
    tracer.operation(trace, SIGNAL);
    tracer.pause();
    expect(tracer.operation(trace, WAIT)).to.equal(1);
  });

  it('that kill do so without a stop (KP-13)', () => {
    const { tracer, trace, pid } = attached('P4', spin, O_NONBLOCK);
    tracer.operation(trace, SIGNAL);
    tracer.kill(pid, abi.SIGTERM);
    expect(tracer.wait(pid)).to.equal(abi.SIGTERM);
  });

  it('are nothing to earlier kernels: SIGNAL is EINVAL', () => {
    for (const revision of ['P1', 'P2', 'P3']) {
      const { tracer, trace } = attached(revision, spin);
      expect(named(tracer.operation(trace, SIGNAL))).to.equal('EINVAL');
    }
  });
});

const forking: HostedProgram = function* (user) {
  const child = yield* fork(user, calls(getuid));
  yield* wait(user, child);
  return 0;
};

const handling: HostedProgram = function* (user) {
  const action = user.reserve(abi.SigAction.size);
  const sa_handler = user.handlerAddress(function* () {
    yield getuid;
  });
  user.memory.write(action, abi.SigAction.encode({ sa_handler }));
  yield* call(abi.SYS_SIGACTION, abi.SIGUSR1, action, 0, 0);
  yield* call(abi.SYS_KILL, yield* call(abi.SYS_GETPID), abi.SIGUSR1);
  return 5;
};
