// The files of proc: beside trace, and who may open them, at the revisions that differ.
import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type FaultOverrides, KERNEL_PROFILES, kernelProfile } from '../../../kernel-sim/index.js';
import { call, named, open, read, write } from '../machine.js';
import { CODE, DATA } from './elf.js';
import { PRE } from './flags.js';
import { itAt, onRoundRobin } from './schedules.js';
import { calls, kernelFor, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

const ALICE = { uid: 1000, gid: 1000 };
const { FloatRegisters, IntRegisters } = abi;

const NAMES: readonly string[] = KERNEL_PROFILES.map(({ name }) => name);
const isBefore = (name: string, other: string): boolean =>
  NAMES.indexOf(name) < NAMES.indexOf(other);

for (const revision of NAMES) {
  /** A tracee that stopped before its call. */
  function stopped(faults: FaultOverrides = {}) {
    const tracer = new Tracer({ profile: kernelFor(revision, { 'KP-46': false, ...faults }) });
    const child = tracer.child(calls({ number: abi.SYS_GETPGID, a: 0x1234, b: -1 }));
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
    tracer.next(trace, PRE);
    return { tracer, child, trace, pid: child.pid };
  }

  describe(`files of proc: at ${revision}`, () => {
    const open = isBefore(revision, 'P2b');
    itAt(revision)(`are ${open ? 'open' : 'closed'} to others of the same user (KP-11)`, () => {
      const tracer = new Tracer({ ...ALICE, profile: kernelProfile(revision) });
      const stranger = tracer.kernel.spawn({ program: spin, ...ALICE });
      const result = named(tracer.open(stranger.pid, 'regs/int'));
      if (open) expect(result).to.be.a('number');
      else expect(result).to.equal('EPERM');
    });

    itAt(revision)('are closed to other users', () => {
      const tracer = new Tracer({ ...ALICE, profile: kernelProfile(revision) });
      const child = tracer.child(spin, { uid: 7, gid: 7 });
      expect(named(tracer.open(child.pid, 'trace'))).to.equal('EPERM');
    });

    const zombies = isBefore(revision, 'P3');
    itAt(revision)(`of zombies ${zombies ? 'open' : 'are ESRCH'}`, () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const { pid } = tracer.child(calls());
      tracer.pause();
      const result = named(tracer.open(pid, 'mem'));
      if (zombies) expect(result).to.be.a('number');
      else expect(result).to.equal('ESRCH');
    });

    itAt(revision)('tell their path', () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const { pid } = tracer.child(spin);
      const file = tracer.open(pid, 'regs/float');
      const { bytes } = tracer.run(read(tracer.user, file, 64, abi.SYS_FPATH));
      expect(Buffer.from(bytes).toString()).to.equal(`proc:${pid}/regs/float`);
    });

    const stat = !isBefore(revision, 'P10');
    itAt(revision)(`${stat ? 'have' : 'have no'} status`, () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const file = tracer.open(tracer.child(spin).pid, 'mem');
      const { result } = tracer.run(read(tracer.user, file, abi.Stat.size, abi.SYS_FSTAT));
      expect(named(result)).to.equal(stat ? 0 : 'EBADF');
    });

    if (revision === 'P1') return;

    itAt(revision)('show memory and change it, read-only pages among it', () => {
      const code = Uint8Array.of(0x90, 0x90, 0xeb, 0xfe);
      const tracer = new Tracer({ code, profile: kernelProfile(revision) });
      const mem = tracer.open(tracer.machineChild().pid, 'mem');
      tracer.seek(mem, CODE);
      expect(tracer.read(mem, 4).bytes).to.deep.equal(code);
      tracer.seek(mem, CODE);
      // xchg eax, ecx: something else that the tracee may come by
      expect(tracer.write(mem, Uint8Array.of(0x91))).to.equal(1);
      tracer.seek(mem, CODE);
      expect(tracer.read(mem, 1).bytes[0]).to.equal(0x91);
    });

    itAt(revision)('find memory at an address that is none (KP-68)', () => {
      const found = (faults: FaultOverrides) => {
        const profile = kernelProfile(revision, faults);
        const tracer = new Tracer({ code: Uint8Array.of(0xeb, 0xfe), profile });
        const mem = tracer.open(tracer.machineChild().pid, 'mem');
        tracer.seek(mem, 2 ** 48 + CODE);
        return named(tracer.read(mem, 2).result);
      };
      expect(found({})).to.equal(2);
      expect(found({ 'KP-68': false })).to.equal('EFAULT');
    });

    itAt(revision)('copied memory through a buffer before they mapped it (KP-09)', () => {
      const profile = kernelProfile(revision, { 'KP-09': true });
      const tracer = new Tracer({ code: Uint8Array.of(0xeb, 0xfe), profile });
      const mem = tracer.open(tracer.machineChild().pid, 'mem');
      tracer.seek(mem, DATA);
      expect(tracer.read(mem, 6000).result).to.equal(4096);
      expect(tracer.read(mem, 6000).result).to.equal(4096);
    });

    itAt(revision)('keep reserved bits of st only without KP-62', () => {
      const floats = (faults: FaultOverrides) => {
        const { tracer, trace } = stopped(faults);
        const file = tracer.dup(trace, 'regs/float');
        const st_space = new Uint8Array(128).fill(0xff);
        const written = FloatRegisters.encode({ mxcsr: 0xffff_1f80, ftw: 0xff, st_space });
        expect(tracer.write(file, written)).to.equal(FloatRegisters.size);
        const { mxcsr, st_space: seen } = FloatRegisters.decode(tracer.read(file, 416).bytes);
        expect([...seen.subarray(8, 16)]).to.deep.equal([0xff, 0xff, 0, 0, 0, 0, 0, 0]);
        return mxcsr;
      };
      expect(floats({ 'KP-62': false })).to.equal(0x1f80);
    });

    itAt(revision)('change what registers may be changed, and ignore the rest', () => {
      const { tracer, trace } = stopped();
      const regs = tracer.dup(trace, 'regs/int');
      const old = tracer.registers(regs);
      const all = Object.keys(IntRegisters.fields).map((name, at) => [name, BigInt(at + 1) << 20n]);
      const wanted: Record<string, bigint> = Object.fromEntries(all);
      // a selector has 16 bits
      wanted.cs = 0x23n;
      tracer.setRegisters(regs, wanted);
      const { rflags, rsp, ss, fs, rip } = old;
      const kept = isBefore(revision, 'P5')
        ? { rflags, rsp, ss, fs, rip }
        : { rflags, rsp, ss, fs };
      expect(tracer.registers(regs)).to.deep.equal({ ...wanted, ...kept });
    });
  });
}

describe('a trace file that event: watches', () => {
  const watch = (revision: string, flags: number) => {
    const tracer = new Tracer({ profile: kernelProfile(revision, { 'KP-46': false }) });
    const child = tracer.child(calls({ number: abi.SYS_GETPID }));
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | O_NONBLOCK);
    const queue = tracer.run(open(tracer.user, 'event:', O_RDWR));
    // the condition holds until something is asked for
    if (revision < 'P5') tracer.operation(trace, abi.PTRACE_SYSCALL);
    else tracer.command(trace, PRE);
    const event = abi.Event.encode({ id: trace, flags, data: 1n });
    tracer.run(write(tracer.user, queue, event));
    tracer.pause();
    return tracer.run(read(tracer.user, queue, abi.Event.size)).bytes;
  };

  for (const revision of ['P3', 'P4', 'P5', 'P5b']) {
    onRoundRobin(`is writable once the tracee stopped at ${revision}`, () => {
      expect(abi.Event.decode(watch(revision, abi.EVENT_WRITE)).flags).to.equal(abi.EVENT_WRITE);
    });
  }
});

describe('on several CPUs', () => {
  for (const revision of ['P7m', 'P8', 'P9', 'P12']) {
    onRoundRobin(`a running process is frozen until it stands still, at ${revision}`, () => {
      const tracer = new Tracer({
        code: Uint8Array.of(0xeb, 0xfe),
        profile: kernelProfile(revision),
        cpus: 2,
      });
      const runs = tracer.machineChild();
      tracer.pause();
      const regs = tracer.open(runs.pid, 'regs/int');
      for (let i = 0; i < 20; i++) {
        const result = named(tracer.read(regs, IntRegisters.size).result);
        expect(result).to.be.oneOf([IntRegisters.size, 'ENOTRECOVERABLE']);
        expect(runs.ptraceStop).to.equal(false);
      }
    });
  }

  onRoundRobin('who wants the lock of proc: spins until its holder is woken (KP-37)', () => {
    const tracer = new Tracer({ profile: kernelProfile('P9'), cpus: 3 });
    const tracee = tracer.child(calls(...Array(200).fill({ number: abi.SYS_YIELD })));
    tracer.child(function* (user) {
      const trace = yield* open(user, `proc:${tracee.pid}/trace`, O_RDWR | O_TRUNC);
      yield* write(user, trace, Uint8Array.of(abi.PTRACE_STOP_EXIT, 0, 0, 0, 0, 0, 0, 0));
      yield* read(user, trace, abi.PtraceEvent.size);
      return 0;
    });
    tracer.run(call(abi.SYS_YIELD));
    for (let i = 0; i < 50; i++) {
      expect(named(tracer.open(tracee.pid, 'mem'))).to.be.oneOf([i + 3, 'ESRCH']);
    }
  });
});
