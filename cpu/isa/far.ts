// Far control transfer, which in user mode stays in its code segment. Intel SDM vol. 2A "CALL", "IRET",
// "JMP"; vol. 2B "RET"; vol. 3A, 5.8.1.
import { RIP } from '../layout.js';
import { requireCanonical } from './control.js';
import { POPPED } from './move.js';
import { instruction } from './registry.js';
import type { Operand, Semantics, Value } from './semantics.js';

const RSP = 4;
const CS = 1n;
const SS = 2n;
const GP = 13;
/** Of a selector: the requested privilege level. */
const RPL = 3n;
/** Bit of RFLAGS: a nested task, which 64-bit mode does not have. */
const NT = 14;
/** Resume, which no POPF changes. */
const RF = 0x1_0000n;

/** The words of `width` bits on the stack, from its top. */
function stacked(s: Semantics, width: 16 | 32 | 64, count: number): Value[] {
  const rsp = s.register(RSP, 64);
  return Array.from({ length: count }, (_, i) => {
    const address = s.add(rsp, s.constant(BigInt((i * width) / 8), 64));
    return s.zeroExtend(s.load(address, width), 64);
  });
}

/**
 * No user code may go to another privilege level, and there is one code segment for 64 bits.
 * @param requested RPL may be of more privilege, as jumps and calls let it
 */
function requireSelector(s: Semantics, segment: bigint, selector: Value, requested = 0n): void {
  const current = s.helper('selector', s.constant(segment, 32));
  const wanted = s.or(
    s.and(s.truncate(selector, 32), s.constant(0xffffn, 32)),
    s.constant(requested, 32),
  );
  s.raiseIf(s.compare('ne', wanted, current), GP);
}

for (const [suffix, width] of [
  ['w', 16],
  ['d', 32],
  ['q', 64],
] as const) {
  const far = (s: Semantics, extra: Value): void => {
    const [target, selector] = stacked(s, width, 2);
    requireSelector(s, CS, selector);
    requireCanonical(s, target);
    const taken = s.add(extra, s.constant(BigInt(width / 4), 64));
    s.setRegister(RSP, s.add(s.register(RSP, 64), taken));
    s.jump(target);
  };
  instruction(`retf${suffix}`, '', (s) => far(s, s.constant(0n, 64)));
  instruction(`retf${suffix}`, 'i16', (s, bytes) => far(s, s.zeroExtend(s.read(bytes), 64)));

  /** IRET pops a stack pointer in 64-bit mode whatever it returns to. */
  instruction(`iret${suffix}`, '', (s) => {
    s.raiseIf(s.bitAt(s.rflags(), NT), GP);
    const [target, code, flags, rsp, stack] = stacked(s, width, 5);
    requireSelector(s, CS, code);
    requireSelector(s, SS, stack);
    requireCanonical(s, target);
    s.setRegister(RSP, rsp);
    s.setRflags(flags, width === 16 ? POPPED & 0xffffn : POPPED | RF);
    s.setState(RIP, target);
    s.leave('jumped');
  });
}

function leaveFor(s: Semantics, target: Value): void {
  s.setState(RIP, target);
  s.leave('jumped');
}

/** The offset in a far pointer, whose selector may be gone to. */
function farTarget(s: Semantics, pointer: Operand, width: 16 | 32 | 64): Value {
  const address = s.address(pointer);
  const target = s.zeroExtend(s.load(address, width), 64);
  const selector = s.load(s.add(address, s.constant(BigInt(width / 8), 64)), 16);
  requireSelector(s, CS, s.zeroExtend(selector, 32), RPL);
  return target;
}

for (const width of [16, 32, 64] as const) {
  const form = `m${width + 16}`;
  instruction('jmpf', form, (s, pointer) => {
    leaveFor(s, requireCanonical(s, farTarget(s, pointer, width)));
  });
  instruction('callf', form, (s, pointer) => {
    const target = farTarget(s, pointer, width);
    const step = s.constant(BigInt(width / 8), 64);
    const upper = s.subtract(s.register(RSP, 64), step);
    const top = s.subtract(upper, step);
    const current = s.helper('selector', s.constant(CS, 32));
    s.store(upper, s.truncate(s.zeroExtend(current, 64), width));
    s.store(top, s.truncate(s.nextAddress(), width));
    requireCanonical(s, target);
    s.setRegister(RSP, top);
    leaveFor(s, target);
  });
}
