// SSSE3: horizontal sums, signs, byte shuffles, on XMM and MMX registers. Intel SDM vol. 2.
import type { VectorOp } from '../wasm/opcodes.js';
import { type Binary, mmx, onBoth, onMmx, onXmm } from './mmx.js';
import { instruction } from './registry.js';
import { ALIGNED, type Semantics, type Vector } from './semantics.js';
import { evenLanes, oddLanes, repeated } from './sse-integer.js';
import { LOW_HALVES } from './sse-move.js';

/** An operation on neighbouring lanes: those of the first operand give the lower half. */
const horizontal =
  (op: VectorOp, size: number): Binary =>
  (s, a, b) =>
    s.vector(op, s.shuffle(a, b, evenLanes(size)), s.shuffle(a, b, oddLanes(size)));

for (const [name, op, size] of [
  ['phaddw', 'i16x8.add', 2],
  ['phaddd', 'i32x4.add', 4],
  ['phaddsw', 'i16x8.add_sat_s', 2],
  ['phsubw', 'i16x8.sub', 2],
  ['phsubd', 'i32x4.sub', 4],
  ['phsubsw', 'i16x8.sub_sat_s', 2],
] as const) {
  const operation = horizontal(op, size);
  onXmm(name, operation);
  onMmx(name, (s, a, b) => {
    const both = s.shuffle(a, b, LOW_HALVES);
    return operation(s, both, both);
  });
}

for (const [letter, shape] of [
  ['b', 'i8x16'],
  ['w', 'i16x8'],
  ['d', 'i32x4'],
] as const) {
  const absolute = (s: Semantics, a: Vector): Vector => s.vector(`${shape}.abs`, a);
  instruction(`pabs${letter}`, 'x,xm128', (s, to, from) => {
    s.writeVector(to, absolute(s, s.readVector(from, ALIGNED)));
  });
  mmx(`pabs${letter}`, 'mm,mmm64', (s, to, from) => {
    s.writeVector(to, absolute(s, s.readVector(from)));
  });
  /** The first operand, negated where the second is negative, zero where that is zero. */
  onBoth(`psign${letter}`, (s, a, b) => {
    const zero = s.zeroVector();
    const negative = s.vector(`${shape}.lt_s`, b, zero);
    const inverted = s.vector('v128.xor', a, negative);
    const signed = s.vector(`${shape}.sub`, inverted, negative);
    return s.vector('v128.andnot', signed, s.vector(`${shape}.eq`, b, zero));
  });
}

/** A byte with its top bit set chooses zero; of the others the bits above the position are ignored. */
const chooseBytes =
  (mask: number): Binary =>
  (s, a, b) =>
    s.vector('i8x16.swizzle', a, s.vector('v128.and', b, repeated(s, [mask])));
onXmm('pshufb', chooseBytes(0x8f));
onMmx('pshufb', chooseBytes(0x87));

/** Products of unsigned bytes by signed ones, in pairs, added with saturation. */
onBoth('pmaddubsw', (s, a, b) => {
  const eight = s.constant(8n, 32);
  const even = s.vector(
    'i16x8.mul',
    s.vector('v128.and', a, repeated(s, [0xff, 0])),
    s.vector('i16x8.shr_s', s.vector('i16x8.shl', b, eight), eight),
  );
  const odd = s.vector(
    'i16x8.mul',
    s.vector('i16x8.shr_u', a, eight),
    s.vector('i16x8.shr_s', b, eight),
  );
  return s.vector('i16x8.add_sat_s', even, odd);
});

/** Rounded products of fractions. Wasm's operation saturates -1 by -1, this one wraps. */
onBoth('pmulhrsw', (s, a, b) => {
  const lowest = repeated(s, [0, 0x80]);
  const wraps = s.vector(
    'v128.and',
    s.vector('i16x8.eq', a, lowest),
    s.vector('i16x8.eq', b, lowest),
  );
  return s.vector('v128.xor', s.vector('i16x8.q15mulr_sat_s', a, b), wraps);
});
