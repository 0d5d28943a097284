// The first kernels that could trace, where they were not like any later one.
import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type FaultOverrides, KernelPanic, kernelProfile } from '../../../kernel-sim/index.js';
import { named, open, read, write } from '../machine.js';
import { getpid, getuid } from './flags.js';
import { attached } from './revisions.js';
import { it, itAt, onRoundRobin } from './schedules.js';
import { calls, O_RDWR, spin, Tracer } from './tracer.js';

const { PTRACE_SYSCALL: SYSCALL } = abi;

describe('int3', () => {
  for (const [revision, status] of [
    ['P1', abi.SIGSEGV],
    ['P2', abi.SIGTRAP],
    ['P4', abi.SIGTRAP],
    ['P5c', abi.SIGTRAP],
  ] as const) {
    itAt(revision)(
      `ends a process with ${abi.signalName(status)} at ${revision} (KP-16, KP-48)`,
      () => {
        const profile = kernelProfile(revision);
        const tracer = new Tracer({ profile, code: Uint8Array.of(0xcc) });
        expect(tracer.wait(tracer.machineChild().pid)).to.equal(status);
      },
    );
  }
});

describe('P1', () => {
  it('serves no memory and no float registers, and panics when they are written', () => {
    const { tracer, trace } = attached('P1', spin);
    const mem = tracer.dup(trace, 'mem');
    const floats = tracer.dup(trace, 'regs/float');
    expect(named(tracer.read(mem, 8).result)).to.equal('EBADF');
    expect(named(tracer.write(mem, 'x'))).to.equal('EBADF');
    expect(named(tracer.seek(mem, 0))).to.equal('EBADF');
    expect(named(tracer.read(floats, 8).result)).to.equal('EBADF');
    expect(() => tracer.write(floats, new Uint8Array(416))).to.throw(KernelPanic);
  });

  it('gives 208 bytes of registers, those that calls keep being zero', () => {
    const { tracer, trace, regs } = attached('P1', calls({ ...getpid, a: 7 }));
    tracer.operation(trace, SYSCALL);
    const { bytes } = tracer.read(regs, 1000);
    expect(bytes.length).to.equal(abi.FirstIntRegisters.size);
    const { rax, rdi, cs, rsp, rbx } = abi.FirstIntRegisters.decode(bytes);
    expect([rax, rdi, cs]).to.deep.equal([BigInt(abi.SYS_GETPID), 7n, 0x23n]);
    expect([rsp, rbx]).to.deep.equal([0n, 0n]);
  });

  it('forgets nobody it traced once: EBUSY for ever (KP-47)', () => {
    const again = (faults: FaultOverrides) => {
      const { tracer, trace, pid } = attached('P1', spin, 0, faults);
      tracer.close(trace);
      return named(tracer.open(pid, 'trace'));
    };
    expect(again({})).to.equal('EBUSY');
    expect(again({ 'KP-47': false })).to.be.a('number');
  });

  it('stops no operation when any file of the process is closed', () => {
    const made = attached('P1', calls(getpid, getuid));
    const { tracer, trace, regs, child } = made;
    tracer.operation(trace, SYSCALL);
    tracer.close(regs);
    tracer.pause(20);
    expect(child.exited).to.equal(true);
  });
});

describe('the end of a tracee', () => {
  for (const revision of ['P1', 'P2', 'P2b']) {
    const early = revision !== 'P2b';
    const when = early ? 'before its files are closed, when it is none yet' : 'when it is one';
    onRoundRobin(`is told at ${revision} ${when} (KP-08)`, () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const child = tracer.child(function* (user) {
        yield* open(user, 'slow:file', O_RDWR);
        yield getpid;
        return 0;
      });
      tracer.child(slow);
      const trace = tracer.open(child.pid, 'trace', O_RDWR);
      tracer.pause(); // the scheme comes first
      for (const _ of ['open', 'opened', 'getpid', 'got', 'exit']) {
        expect(tracer.operation(trace, SYSCALL)).to.equal(1);
      }
      expect(named(tracer.operation(trace, SYSCALL))).to.equal(early ? 1 : 'ESRCH');
    });
  }
});

/** Serves a scheme whose files take a while to close. */
const slow: HostedProgram = function* (user) {
  const scheme = yield* open(user, ':slow', abi.O_CREAT | abi.O_RDWR);
  for (;;) {
    const { bytes } = yield* read(user, scheme, abi.Packet.size);
    const packet = abi.Packet.decode(bytes);
    yield* write(user, scheme, abi.Packet.encode({ ...packet, a: 0 }));
  }
};
