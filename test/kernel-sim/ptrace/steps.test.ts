import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { named } from '../machine.js';
import { CODE, DATA } from './elf.js';
import { BREAKPOINT, EXIT, INT3, NOP, POST, PRE, STEP } from './flags.js';
import { it } from './schedules.js';
import { O_NONBLOCK, O_RDWR, O_TRUNC, Tracer } from './tracer.js';

const bytes = (...parts: number[]): Uint8Array => Uint8Array.from(parts);
/** mov eax, number; syscall */
const syscall = (number: number): number[] => [0xb8, number, 0, 0, 0, 0x0f, 0x05];
const EXIT_0 = [0x31, 0xff, ...syscall(abi.SYS_EXIT)];

/** A tracee that stopped after its first call, with some code ahead of it. */
function ahead(...code: number[]) {
  const first = syscall(abi.SYS_GETPID);
  const tracer = new Tracer({ code: bytes(...first, ...code) });
  const child = tracer.machineChild();
  const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
  const regs = tracer.dup(trace, 'regs/int');
  expect(tracer.next(trace, POST)).to.equal(POST);
  const start = CODE + first.length;
  const rip = () => Number(tracer.registers(regs).rip) - start;
  expect(rip()).to.equal(0);
  return { tracer, child, pid: child.pid, trace, regs, rip };
}

describe('single steps', () => {
  it('stop after every instruction', () => {
    // nop; mov eax, 5; push rax; inc eax; pop rcx
    const { tracer, trace, regs, rip } = ahead(NOP, 0xb8, 5, 0, 0, 0, 0x50, 0xff, 0xc0, 0x59);
    const seen: [number, number][] = [];
    for (let i = 0; i < 5; i++) {
      expect(tracer.next(trace, STEP)).to.equal(STEP);
      seen.push([rip(), Number(tracer.registers(regs).rax)]);
    }
    expect(seen.map(([at]) => at)).to.deep.equal([1, 6, 7, 9, 10]);
    expect(seen.slice(1).map(([, rax]) => rax)).to.deep.equal([5, 5, 6, 6]);
    expect(tracer.registers(regs).rcx).to.equal(5n);
  });

  it('do not show the trap flag in the registers of a stop', () => {
    const { tracer, trace, regs } = ahead(NOP, NOP);
    tracer.next(trace, STEP);
    expect(tracer.registers(regs).rflags & 0x100n).to.equal(0n);
  });

  it('follow branches', () => {
    // cmp eax, eax; je +2; ud2; nop
    const { tracer, trace, rip } = ahead(0x39, 0xc0, 0x74, 2, 0x0f, 0x0b, NOP);
    tracer.next(trace, STEP);
    tracer.next(trace, STEP);
    expect(rip()).to.equal(6);
  });

  it('over a call stop only after the instruction behind it', () => {
    const { tracer, trace, rip, regs } = ahead(...syscall(abi.SYS_GETUID), NOP, NOP);
    tracer.next(trace, STEP);
    expect(rip()).to.equal(5);
    tracer.next(trace, STEP);
    expect(rip()).to.equal(8);
    expect(tracer.registers(regs).rax).to.equal(0n);
  });

  it('together with other stops end at the first of them', () => {
    const { tracer, trace } = ahead(NOP, ...syscall(abi.SYS_GETUID));
    expect(tracer.next(trace, STEP | PRE)).to.equal(STEP);
    expect(tracer.next(trace, STEP | PRE)).to.equal(STEP);
    expect(tracer.next(trace, STEP | PRE)).to.equal(PRE);
  });

  it('that something else ended leave the trap flag behind, and it kills (KP-41)', () => {
    const { tracer, trace, pid } = ahead(...syscall(abi.SYS_GETUID), NOP, NOP);
    tracer.next(trace, STEP | PRE);
    expect(tracer.next(trace, STEP | PRE)).to.equal(PRE);
    expect(tracer.next(trace, POST)).to.equal(POST);
    expect(named(tracer.command(trace, PRE))).to.equal('ESRCH');
    expect(tracer.wait(pid)).to.equal(abi.SIGTRAP);
  });

  it('of a process without registers are ENOTRECOVERABLE, the breakpoint staying', () => {
    const tracer = new Tracer({ code: bytes(NOP, NOP, ...EXIT_0) });
    const child = tracer.machineChild();
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | O_NONBLOCK);
    expect(named(tracer.command(trace, STEP | PRE))).to.equal('ENOTRECOVERABLE');
    tracer.pause();
    expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
  });
});

describe('int3', () => {
  it('stops with rip behind it when the tracer asked', () => {
    const { tracer, trace, rip, pid } = ahead(NOP, INT3, ...EXIT_0);
    expect(tracer.next(trace, BREAKPOINT)).to.equal(BREAKPOINT);
    expect(rip()).to.equal(2);
    expect(named(tracer.command(trace, BREAKPOINT))).to.equal('ESRCH');
    expect(tracer.wait(pid)).to.equal(0);
  });

  it('kills without a signal when nobody asked (KP-16)', () => {
    const { tracer, trace, pid } = ahead(INT3);
    expect(tracer.command(trace, EXIT)).to.equal(8);
    expect(tracer.events(trace)).to.deep.equal([{ cause: EXIT, a: abi.SIGTRAP, b: 0 }]);
    tracer.command(trace, 0);
    expect(tracer.wait(pid)).to.equal(abi.SIGTRAP);
  });

  it('planted by mem stops a program that did not have it', () => {
    const { tracer, trace, rip, regs, pid } = ahead(NOP, NOP, NOP, ...EXIT_0);
    const mem = tracer.dup(trace, 'mem');
    const at = Number(tracer.registers(regs).rip) + 1;
    tracer.seek(mem, at);
    expect(tracer.write(mem, bytes(INT3))).to.equal(1);
    expect(tracer.next(trace, BREAKPOINT)).to.equal(BREAKPOINT);
    expect(rip()).to.equal(2);
    tracer.seek(mem, at);
    tracer.write(mem, bytes(NOP));
    tracer.setRegisters(regs, { rip: BigInt(at) });
    expect(named(tracer.command(trace, BREAKPOINT))).to.equal('ESRCH');
    expect(tracer.wait(pid)).to.equal(0);
  });
});

describe('faults', () => {
  it('end the process with the signal for a status and no signal', () => {
    // mov eax, [0]
    const { tracer, trace, pid } = ahead(0x8b, 0x04, 0x25, 0, 0, 0, 0);
    const word = abi.PTRACE_STOP_SIGNAL | EXIT;
    tracer.command(trace, word);
    expect(tracer.events(trace)).to.deep.equal([{ cause: EXIT, a: abi.SIGSEGV, b: 0 }]);
    tracer.command(trace, 0);
    expect(tracer.wait(pid)).to.equal(abi.SIGSEGV);
  });

  it('hide their registers from the tracer (KP-30)', () => {
    const { tracer, trace, regs } = ahead(0x8b, 0x04, 0x25, 0, 0, 0, 0);
    tracer.next(trace, EXIT);
    expect(named(tracer.read(regs, 8).result)).to.equal('ENOTRECOVERABLE');
  });
});

describe('changed registers', () => {
  it('are the ones the program goes on with', () => {
    // mov [rbx], rcx, then exit(0)
    const { tracer, trace, regs } = ahead(0x48, 0x89, 0x0b, ...EXIT_0);
    tracer.setRegisters(regs, { rbx: BigInt(DATA), rcx: 0x1122_3344_5566_7788n });
    tracer.next(trace, EXIT);
    const mem = tracer.dup(trace, 'mem');
    tracer.seek(mem, DATA);
    const view = new DataView(tracer.read(mem, 8).bytes.slice().buffer);
    expect(view.getBigUint64(0, true)).to.equal(0x1122_3344_5566_7788n);
  });
});
