// Near control transfer, and instructions about the processor itself. Intel SDM vol. 2.
import { MXCSR } from '../layout.js';
import { CONDITIONS } from './move.js';
import { instruction } from './registry.js';
import type { Semantics, Value } from './semantics.js';

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RSP = 4;
const UD = 6;
const GP = 13;

instruction('(invalid)', '', (s) => s.raise(UD));
/** More than 15 bytes. Intel SDM vol. 3A, 6.15, "#GP". */
instruction('(too long)', '', (s) => s.raise(GP));

instruction('jmp', 'rel', (s) => s.jumpRelative());
/** A branch to an address that is not canonical faults before it happens. */
export function requireCanonical(s: Semantics, target: Value): Value {
  const high = s.shiftRightSigned(target, s.constant(47n, 64));
  const outside = s.compare('gt_u', s.add(high, s.constant(1n, 64)), s.constant(1n, 64));
  s.raiseIf(outside, GP);
  return target;
}

instruction('jmp', 'rm64', (s, target) => s.jump(requireCanonical(s, s.read(target))));
for (const condition of CONDITIONS) {
  instruction(`j${condition}`, 'rel', (s) => s.branch(s.condition(condition)));
}
instruction('jrcxz', 'rel', (s) => s.branch(s.isZero(s.register(RCX, 64))));
instruction('jecxz', 'rel', (s) => s.branch(s.isZero(s.register(RCX, 32))));

instruction('call', 'rel', (s) => {
  s.push(s.nextAddress());
  s.jumpRelative();
});
instruction('call', 'rm64', (s, operand) => {
  const target = s.read(operand);
  const top = s.subtract(s.register(RSP, 64), s.constant(8n, 64));
  // the return address is written even where the target turns out to be no address
  s.store(top, s.nextAddress());
  requireCanonical(s, target);
  s.setRegister(RSP, top);
  s.call(target);
});
instruction('ret', '', (s) => {
  const target = requireCanonical(s, s.peek(64));
  s.popped(64);
  s.jump(target);
});
instruction('ret', 'i16', (s, bytes) => {
  const target = requireCanonical(s, s.peek(64));
  s.popped(64, s.zeroExtend(s.read(bytes), 64));
  s.jump(target);
});

/** LOOP, LOOPE, LOOPNE count rCX down, ECX under an address-size prefix. */
for (const [suffix, width] of [
  ['', 64],
  [' a32', 32],
] as const) {
  for (const name of ['loop', 'loope', 'loopne'] as const) {
    instruction(name + suffix, '', (s) => {
      const count = s.subtract(s.register(RCX, width), s.constant(1n, width));
      let taken = s.isNotZero(count);
      if (name !== 'loop') taken = s.bitAnd(taken, s.condition(name === 'loope' ? 'e' : 'ne'));
      s.setRegister(RCX, count);
      s.branch(taken);
    });
  }
}

instruction('syscall', '', (s) => s.leave('syscall'));
instruction('int3', '', (s) => s.trap(3));
instruction('int1', '', (s) => s.trap(1));
instruction('int', 'i8', (s, vector) => s.interrupt(s.zeroExtend(s.read(vector), 32)));
instruction('ud2', '', (s) => s.raise(UD));
instruction('ud0', ['r16,rm16', 'r32,rm32', 'r64,rm64'], (s) => s.raise(UD));
instruction('ud1', ['r16,rm16', 'r32,rm32', 'r64,rm64'], (s) => s.raise(UD));

const nothing = (): void => {};
instruction('nop', ['', 'rm*'], nothing);
for (const hint of ['endbr64', 'endbr32', 'pause', 'lfence', 'mfence', 'sfence']) {
  instruction(hint, '', nothing);
}
instruction('reservednop', 'rm*,r*', nothing);
/** Without shadow stacks these read nothing; what unwinds the stack tries them everywhere. */
instruction('rdsspd', 'r32', nothing);
instruction('rdsspq', 'r64', nothing);
for (const hint of [
  'prefetch',
  'prefetchwt1',
  'prefetchnta',
  'prefetcht0',
  'prefetcht1',
  'prefetcht2',
  'prefetchw',
  // hints of later processors, which these ones pass over
  'prefetchit0',
  'prefetchit1',
  'cldemote',
]) {
  instruction(hint, 'm8', nothing);
}
/** CLFLUSH touches its operand as a load does. */
instruction('clflush', 'm8', (s, operand) => {
  s.read(operand);
});

instruction('cpuid', '', (s) => {
  s.helper('cpuid');
});
/** The time-stamp counter counts retired instructions. */
instruction('rdtsc', '', (s) => {
  const time = s.retired();
  s.setRegister(RAX, s.truncate(time, 32));
  s.setRegister(RDX, s.truncate(s.shiftRight(time, s.constant(32n, 64)), 32));
});
instruction('rdtscp', '', (s) => {
  const time = s.retired();
  s.setRegister(RAX, s.truncate(time, 32));
  s.setRegister(RDX, s.truncate(s.shiftRight(time, s.constant(32n, 64)), 32));
  s.setRegister(RCX, s.constant(0n, 32));
});

for (const [name, value] of [
  ['clc', false],
  ['stc', true],
] as const) {
  instruction(name, '', (s) => s.setFlags({ cf: s.bitConstant(value) }));
}
instruction('cmc', '', (s) => s.setFlags({ cf: s.bitNot(s.flag('cf')) }));
instruction('cld', '', (s) => s.setRflags(s.constant(0n, 64), 0x400n));
instruction('std', '', (s) => s.setRflags(s.constant(-1n, 64), 0x400n));

/** Bits of MXCSR above 15 are reserved: setting one faults. */
instruction('ldmxcsr', 'm32', (s, operand) => {
  const value = s.read(operand);
  s.raiseIf(s.isNotZero(s.shiftRight(value, s.constant(16n, 32))), GP);
  s.setState(MXCSR, value);
});
instruction('stmxcsr', 'm32', (s, operand) => s.write(operand, s.state(MXCSR, 32)));
