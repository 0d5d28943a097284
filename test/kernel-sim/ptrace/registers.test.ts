import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { DeadlockError, KernelPanic } from '../../../kernel-sim/index.js';
import { call, named } from '../machine.js';
import { it, onRoundRobin } from './schedules.js';
import { calls, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

const { IntRegisters, FloatRegisters } = abi;

/** A tracee that stopped before its call. */
function stopped() {
  const tracer = new Tracer();
  const child = tracer.child(calls({ number: abi.SYS_GETPGID, a: 0x1234, b: -1 }));
  const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
  tracer.next(trace, abi.PTRACE_STOP_PRE_SYSCALL);
  return { tracer, child, trace, regs: tracer.dup(trace, 'regs/int') };
}

describe('regs/int', () => {
  it('shows a call as the instruction left it', () => {
    const { tracer, regs } = stopped();
    const { rax, rdi, rsi, rcx, rip, r11, rflags, cs, ss, fs } = tracer.registers(regs);
    expect([rax, rdi, rsi]).to.deep.equal([BigInt(abi.SYS_GETPGID), 0x1234n, 2n ** 64n - 1n]);
    expect([rcx, r11]).to.deep.equal([rip, rflags]);
    expect([cs, ss, fs]).to.deep.equal([0x23n, 0x2bn, 0x33n]);
  });

  it('gives as much as the buffer takes', () => {
    const { tracer, regs } = stopped();
    expect(tracer.read(regs, 10).result).to.equal(10);
    expect(tracer.read(regs, 1000).result).to.equal(IntRegisters.size);
  });

  it('changes general registers and rip, and nothing else', () => {
    const { tracer, regs } = stopped();
    const before = tracer.registers(regs);
    const all = Object.keys(IntRegisters.fields).map((name, index) => [name, BigInt(index) << 40n]);
    expect(tracer.setRegisters(regs, Object.fromEntries(all))).to.equal(IntRegisters.size);
    const after = tracer.registers(regs);
    const { cs, rflags, rsp, ss, fs } = before;
    const expected = { ...Object.fromEntries(all), cs, rflags, rsp, ss, fs };
    expect(after).to.deep.equal(expected);
  });

  it('takes a short write for nothing', () => {
    const { tracer, regs } = stopped();
    const before = tracer.registers(regs);
    expect(tracer.write(regs, new Uint8Array(IntRegisters.size - 1))).to.equal(0);
    expect(tracer.registers(regs)).to.deep.equal(before);
  });

  it('can be read of a process that runs', () => {
    const tracer = new Tracer();
    const child = tracer.child(spin);
    tracer.pause();
    const regs = tracer.open(child.pid, 'regs/int');
    for (let i = 0; i < 5; i++) {
      expect(tracer.registers(regs).cs).to.equal(0x23n);
      tracer.pause(1);
    }
  });

  it('lets a frozen tracee go (KP-31)', () => {
    const tracer = new Tracer();
    const child = tracer.child(spin);
    tracer.pause();
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | O_NONBLOCK);
    expect(child.ptraceStop).to.equal(true);
    tracer.registers(tracer.dup(trace, 'regs/int'));
    expect(child.ptraceStop).to.equal(false);
  });

  it('is ESRCH of a process that has ended', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls());
    const regs = tracer.open(child.pid, 'regs/int');
    tracer.pause();
    const full = new Uint8Array(IntRegisters.size);
    expect(named(tracer.read(regs, 8).result)).to.equal('ESRCH');
    expect(named(tracer.write(regs, full))).to.equal('ESRCH');
    expect(tracer.write(regs, new Uint8Array(8))).to.equal(0);
  });

  it('freezes for good who wants its own, as only root can (KP-50)', () => {
    const tracer = new Tracer();
    const regs = tracer.open(tracer.driven.pid, 'regs/int');
    expect(() => tracer.registers(regs)).to.throw(DeadlockError, 'froze it');
  });

  it('has no place to seek: EBADF', () => {
    const { tracer, regs } = stopped();
    expect(named(tracer.seek(regs, 0))).to.equal('EBADF');
  });
});

describe('regs/float', () => {
  const sample = FloatRegisters.encode({
    fcw: 0x37f,
    fsw: 0,
    ftw: 0x03,
    reserved: 0xee,
    mxcsr: 0x1f80,
    st_space: new Uint8Array(128).fill(0xab),
    xmm_space: Uint8Array.from({ length: 256 }, (_, index) => index),
  });

  it('reads back what was written, without what the processor reserves', () => {
    const { tracer, trace } = stopped();
    const floats = tracer.dup(trace, 'regs/float');
    expect(tracer.write(floats, sample)).to.equal(FloatRegisters.size);
    const { bytes } = tracer.read(floats, 1000);
    const { fcw, ftw, reserved, st_space, xmm_space } = FloatRegisters.decode(bytes);
    expect([fcw, ftw, reserved]).to.deep.equal([0x37f, 0x03, 0]);
    const slot = [...new Array(10).fill(0xab), ...new Array(6).fill(0)];
    expect([...st_space.subarray(0, 16)]).to.deep.equal(slot);
    expect([...xmm_space]).to.deep.equal(Array.from({ length: 256 }, (_, index) => index));
  });

  it('takes a short write for nothing, and gives as much as the buffer takes', () => {
    const { tracer, trace } = stopped();
    const floats = tracer.dup(trace, 'regs/float');
    expect(tracer.write(floats, sample.subarray(1))).to.equal(0);
    expect(tracer.read(floats, 2).bytes).to.deep.equal(Uint8Array.of(0x7f, 0x03));
    expect(tracer.read(floats, 1000).result).to.equal(FloatRegisters.size);
  });

  onRoundRobin('is zero, and takes nothing, before the process ever gave the CPU away', () => {
    const tracer = new Tracer();
    const child = tracer.child(spin);
    const floats = tracer.open(child.pid, 'regs/float');
    const zeros = new Uint8Array(FloatRegisters.size);
    expect(tracer.write(floats, sample)).to.equal(FloatRegisters.size);
    expect(tracer.read(floats, FloatRegisters.size).bytes).to.deep.equal(zeros);
  });

  it('is ESRCH of a process that has ended', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls());
    const floats = tracer.open(child.pid, 'regs/float');
    tracer.pause();
    expect(named(tracer.read(floats, 8).result)).to.equal('ESRCH');
    expect(named(tracer.write(floats, sample))).to.equal('ESRCH');
  });
});

describe('event queues of a process without a tracer', () => {
  it('make the kernel panic (KP-49)', () => {
    const tracer = new Tracer();
    const regs = tracer.open(tracer.child(spin).pid, 'regs/int');
    const fevent = () => tracer.run(call(abi.SYS_FEVENT, regs, abi.EVENT_READ));
    expect(fevent).to.throw(KernelPanic, 'invalid session');
  });
});
