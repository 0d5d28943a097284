// Moves, exchanges, extensions and the stack. Intel SDM vol. 2.
import { VECTOR_GP } from '../exit.js';
import { instruction } from './registry.js';
import type { ConditionCode, Operand, Semantics, Value, Width } from './semantics.js';

const RAX = 0;
const RDX = 2;
const RSP = 4;
const RBP = 5;
const RBX = 3;
const RCX = 1;

export const CONDITIONS: readonly ConditionCode[] = [
  'o',
  'no',
  'b',
  'ae',
  'e',
  'ne',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
];

instruction('mov', ['rm8,r8', 'r8,m8', 'rm8,i8', 'rm*,r*', 'r*,m*', 'rm*,i*'], (s, to, from) => {
  s.write(to, s.read(from));
});

instruction('mov', ['r16,sreg', 'r32,sreg', 'r64,sreg', 'm16,sreg'], (s, to, from) => {
  const selector = s.helper('selector', s.registerNumber(from));
  const width = to.bits as Width;
  s.write(to, s.zeroExtend(s.truncate(selector, 16), width));
});

instruction('lea', 'r*,m0', (s, to, from) => {
  s.write(to, s.truncate(s.offset(from), to.bits as Width));
});

const extension =
  (signed: boolean) =>
  (s: Semantics, to: Operand, from: Operand): void => {
    const value = s.read(from);
    const width = to.bits as Width;
    s.write(to, signed ? s.signExtend(value, width) : s.zeroExtend(value, width));
  };
const EXTENSIONS = ['r*,rm8', 'r16,rm16', 'r32,rm16', 'r64,rm16'];
instruction('movzx', EXTENSIONS, extension(false));
instruction('movsx', EXTENSIONS, extension(true));
instruction('movsxd', ['r16,rm16', 'r16,rm32', 'r32,rm32', 'r64,rm32'], (s, to, from) => {
  const value = s.read(from);
  const width = to.bits as Width;
  s.write(to, width < value.width ? s.truncate(value, width) : s.signExtend(value, width));
});

/** CBW, CWDE, CDQE widen the accumulator; CWD, CDQ, CQO fill rDX with its sign. */
for (const [name, width] of [
  ['cbw', 16],
  ['cwde', 32],
  ['cdqe', 64],
] as const) {
  instruction(name, '', (s) => {
    s.setRegister(RAX, s.signExtend(s.register(RAX, (width / 2) as Width), width));
  });
}
for (const [name, width] of [
  ['cwd', 16],
  ['cdq', 32],
  ['cqo', 64],
] as const) {
  instruction(name, '', (s) => {
    const sign = s.sign(s.register(RAX, width));
    s.setRegister(RDX, s.select(sign, s.constant(-1n, width), s.constant(0n, width)));
  });
}

instruction('xchg', ['rm8,r8', 'rm*,r*'], (s, left, right) => {
  const b = s.read(right);
  const a = s.readForWrite(left);
  s.write(left, b);
  s.write(right, a);
});

instruction('bswap', 'r32', (s, operand) => {
  const a = s.read(operand);
  const odd = s.and(s.rotate('rotl', a, s.constant(8n, 32)), s.constant(0x00ff00ffn, 32));
  const even = s.and(s.rotate('rotr', a, s.constant(8n, 32)), s.constant(0xff00ff00n, 32));
  s.write(operand, s.or(odd, even));
});
instruction('bswap', 'r64', (s, operand) => {
  let a = s.read(operand);
  for (const [bits, mask] of [
    [8n, 0x00ff00ff00ff00ffn],
    [16n, 0x0000ffff0000ffffn],
  ] as const) {
    const count = s.constant(bits, 64);
    const kept = s.constant(mask, 64);
    a = s.or(s.shiftLeft(s.and(a, kept), count), s.and(s.shiftRight(a, count), kept));
  }
  s.write(operand, s.rotate('rotl', a, s.constant(32n, 64)));
});
/** Undefined with 16 bits; processors clear the register. */
instruction('bswap', 'r16', (s, operand) => s.write(operand, s.constant(0n, 16)));

for (const condition of CONDITIONS) {
  /** CMOVcc reads its source either way, and clears the upper half of a 32-bit register. */
  instruction(`cmov${condition}`, 'r*,rm*', (s, to, from) => {
    const moved = s.read(from);
    s.write(to, s.select(s.condition(condition), moved, s.read(to)));
  });
  instruction(`set${condition}`, 'rm8', (s, operand) => {
    s.write(operand, s.fromBit(s.condition(condition), 8));
  });
}

instruction('push', ['r16', 'r64', 'm16', 'm64', 'i16', 'i64'], (s, operand) => {
  s.push(s.read(operand));
});

instruction('pop', ['r16', 'r64'], (s, operand) => {
  const value = s.peek(operand.bits as Width);
  s.popped(value.width);
  s.write(operand, value);
});
instruction('pop', ['m16', 'm64'], (s, operand) => {
  const value = s.peek(operand.bits as Width);
  const before = s.register(RSP, 64);
  // the address is computed with the new RSP, which is committed only after the store
  s.popped(value.width);
  const after = s.register(RSP, 64);
  const address = s.address(operand);
  s.setRegister(RSP, before);
  s.store(address, value);
  s.setRegister(RSP, after);
});

instruction('leave', '', (s) => {
  const frame = s.register(RBP, 64);
  const saved = s.load(frame, 64);
  s.setRegister(RSP, s.add(frame, s.constant(8n, 64)));
  s.setRegister(RBP, saved);
});

instruction('leavew', '', (s) => {
  const frame = s.register(RBP, 64);
  const saved = s.load(frame, 16);
  s.setRegister(RSP, s.add(frame, s.constant(2n, 64)));
  s.setRegister(RBP, saved);
});

/** ENTER: the old frame pointer, pointers to the frames it lies in, the new frame, then space. */
function enter(s: Semantics, size: Operand, width: 16 | 64): void {
  const step = s.constant(BigInt(width / 8), 64);
  const level = s.and(s.secondImmediate(), s.constant(31n, 32));
  const top = s.variable(s.subtract(s.register(RSP, 64), step));
  const display = s.variable(s.register(RBP, 64));
  const frame = s.variable(top);
  s.store(top, s.register(RBP, width));
  const pushNext = (value: Value): void => {
    const next = s.subtract(top, step);
    s.store(next, value);
    s.assign(top, next);
  };
  for (let depth = 1n; depth < 31n; depth++) {
    s.if(s.compare('gt_u', level, s.constant(depth, 32)), () => {
      s.assign(display, s.subtract(display, step));
      pushNext(s.load(display, width));
    });
  }
  s.if(s.isNotZero(level), () => pushNext(s.truncate(frame, width)));
  const bottom = s.subtract(top, s.zeroExtend(s.read(size), 64));
  s.probeWrite(bottom, width / 8);
  s.setRegister(RBP, s.truncate(frame, width));
  s.setRegister(RSP, bottom);
}
instruction('enter', 'i16,i8', (s, size) => enter(s, size, 64));
instruction('enterw', 'i16,i8', (s, size) => enter(s, size, 16));

instruction('push', 'sreg', (s, operand) => {
  s.push(s.zeroExtend(s.helper('selector', s.registerNumber(operand)), 64));
});
instruction('pushw', 'sreg', (s, operand) => {
  s.push(s.truncate(s.helper('selector', s.registerNumber(operand)), 16));
});

const SS = 2n;

/** Loading a segment register: a null selector, or one of the flat user segments. */
function loadSegment(s: Semantics, operand: Operand, selector: Value): void {
  const failed = s.helper('loadSegment', s.registerNumber(operand), s.zeroExtend(selector, 32));
  s.raiseIf(s.isNotZero(failed), VECTOR_GP);
}
instruction('mov', ['sreg,r16', 'sreg,r32', 'sreg,r64', 'sreg,m16'], (s, to, from) => {
  loadSegment(s, to, s.truncate(s.read(from), 16));
  const isStack = s.compare('eq', s.registerNumber(to), s.constant(SS, 32));
  s.if(isStack, () => s.leave('shadow'));
});
for (const [name, width] of [
  ['pop', 64],
  ['popw', 16],
] as const) {
  instruction(name, 'sreg', (s, operand) => {
    loadSegment(s, operand, s.truncate(s.peek(width), 16));
    s.popped(width);
  });
}

for (const [name, segment] of [
  ['lss', SS],
  ['lfs', 4n],
  ['lgs', 5n],
] as const) {
  for (const width of [16, 32, 64] as const) {
    instruction(name, `r${width},m${width + 16}`, (s, to, pointer) => {
      const address = s.address(pointer);
      const offset = s.load(address, width);
      const selector = s.load(s.add(address, s.constant(BigInt(width / 8), 64)), 16);
      const failed = s.helper('loadSegment', s.constant(segment, 32), s.zeroExtend(selector, 32));
      s.raiseIf(s.isNotZero(failed), VECTOR_GP);
      s.write(to, offset);
    });
  }
}

/** RF and VM read as zero in the image that PUSHF stores. */
const PUSHED = 0xfc_ffffn;
/** What POPF changes at privilege level 3: CF PF AF ZF SF TF DF OF NT AC ID. */
export const POPPED = 0x24_4dd5n;
instruction('pushfq', '', (s) => s.push(s.and(s.rflags(), s.constant(PUSHED, 64))));
instruction('pushf', '', (s) => s.push(s.truncate(s.rflags(), 16)));
instruction('popfq', '', (s) => {
  const value = s.peek(64);
  s.popped(64);
  s.setRflags(value, POPPED);
  s.leave('flags');
});
instruction('popf', '', (s) => {
  const value = s.zeroExtend(s.peek(16), 64);
  s.popped(16);
  s.setRflags(value, POPPED & 0xffffn);
  s.leave('flags');
});

instruction('lahf', '', (s) => {
  const low = s.and(s.truncate(s.rflags(), 8), s.constant(0xd5n, 8));
  s.setHighByte(RAX, s.or(low, s.constant(2n, 8)));
});
instruction('sahf', '', (s) => {
  s.setRflags(s.zeroExtend(s.highByte(RAX), 64), 0xd5n);
});

for (const [name, width] of [
  ['xlatb', 64],
  ['xlatb a32', 32],
] as const) {
  instruction(name, '', (s) => {
    const index = s.zeroExtend(s.register(RAX, 8), width);
    const offset = s.zeroExtend(s.add(s.register(RBX, width), index), 64);
    s.setRegister(RAX, s.load(s.add(offset, s.sourceSegmentBase()), 8));
  });
}

instruction('cmpxchg', ['rm8,r8', 'rm*,r*'], (s, destination, source) => {
  const value = s.read(source);
  const old = s.readForWrite(destination);
  const accumulator = s.register(RAX, old.width);
  const equal = s.compare('eq', accumulator, old);
  if (destination.kind === 'memory') {
    s.write(destination, s.select(equal, value, old));
    s.if(s.bitNot(equal), () => s.setRegister(RAX, old));
  } else {
    // only one of the two is written: the other keeps its upper half
    s.if(
      equal,
      () => s.write(destination, value),
      () => s.setRegister(RAX, old),
    );
  }
  s.flagsFromSubtract(accumulator, old, s.subtract(accumulator, old));
});

instruction('xadd', ['rm8,r8', 'rm*,r*'], (s, destination, source) => {
  const b = s.read(source);
  const a = s.readForWrite(destination);
  const sum = s.add(a, b);
  if (destination.kind === 'memory') {
    s.write(destination, sum);
    s.write(source, a);
  } else {
    s.write(source, a);
    s.write(destination, sum);
  }
  s.flagsFromAdd(a, b, sum);
});

/** CMPXCHG8B and CMPXCHG16B: two halves, compared with rDX:rAX, replaced by rCX:rBX. */
function compareExchangePair(s: Semantics, operand: Operand, width: Width): void {
  const address = s.address(operand);
  if (width === 64) s.requireAligned(address, 16);
  s.probeWrite(address, width / 4);
  const upper = s.add(address, s.constant(BigInt(width / 8), 64));
  const low = s.load(address, width);
  const high = s.load(upper, width);
  const equal = s.bitAnd(
    s.compare('eq', low, s.register(RAX, width)),
    s.compare('eq', high, s.register(RDX, width)),
  );
  const pick = (index: number, old: Value): Value => s.select(equal, s.register(index, width), old);
  s.store(address, pick(RBX, low));
  s.store(upper, pick(RCX, high));
  s.if(s.bitNot(equal), () => {
    s.setRegister(RAX, low);
    s.setRegister(RDX, high);
  });
  s.setFlags({ zf: equal });
}
instruction('cmpxchg8b', 'm64', (s, operand) => compareExchangePair(s, operand, 32));
instruction('cmpxchg16b', 'm128', (s, operand) => compareExchangePair(s, operand, 64));

instruction('movnti', ['m32,r32', 'm64,r64'], (s, to, from) => s.write(to, s.read(from)));
