// Packed integer arithmetic, logic and comparison, on XMM and MMX registers. Intel SDM vol. 2,
// "PADDB/PADDW/PADDD/PADDQ" and the like.
import type { VectorOp } from '../wasm/opcodes.js';
import { type Binary, onBoth, onMmx, onXmm } from './mmx.js';
import type { Semantics, Vector } from './semantics.js';
import { LOW_HALVES } from './sse-move.js';

/** Instructions that are one operation of WebAssembly. */
const LANEWISE: Readonly<Record<string, VectorOp>> = {
  paddb: 'i8x16.add',
  paddw: 'i16x8.add',
  paddd: 'i32x4.add',
  paddq: 'i64x2.add',
  paddsb: 'i8x16.add_sat_s',
  paddsw: 'i16x8.add_sat_s',
  paddusb: 'i8x16.add_sat_u',
  paddusw: 'i16x8.add_sat_u',
  psubb: 'i8x16.sub',
  psubw: 'i16x8.sub',
  psubd: 'i32x4.sub',
  psubq: 'i64x2.sub',
  psubsb: 'i8x16.sub_sat_s',
  psubsw: 'i16x8.sub_sat_s',
  psubusb: 'i8x16.sub_sat_u',
  psubusw: 'i16x8.sub_sat_u',
  pand: 'v128.and',
  por: 'v128.or',
  pxor: 'v128.xor',
  pcmpeqb: 'i8x16.eq',
  pcmpeqw: 'i16x8.eq',
  pcmpeqd: 'i32x4.eq',
  pcmpgtb: 'i8x16.gt_s',
  pcmpgtw: 'i16x8.gt_s',
  pcmpgtd: 'i32x4.gt_s',
  pavgb: 'i8x16.avgr_u',
  pavgw: 'i16x8.avgr_u',
  pmaxsw: 'i16x8.max_s',
  pmaxub: 'i8x16.max_u',
  pminsw: 'i16x8.min_s',
  pminub: 'i8x16.min_u',
  pmullw: 'i16x8.mul',
  pmaddwd: 'i32x4.dot_i16x8_s',
};

/** Those of XMM registers only: the logic of floats, and SSE4. */
const LANEWISE_XMM: Readonly<Record<string, VectorOp>> = {
  andps: 'v128.and',
  andpd: 'v128.and',
  orps: 'v128.or',
  orpd: 'v128.or',
  xorps: 'v128.xor',
  xorpd: 'v128.xor',
  pcmpeqq: 'i64x2.eq',
  pcmpgtq: 'i64x2.gt_s',
  pmaxsb: 'i8x16.max_s',
  pmaxsd: 'i32x4.max_s',
  pmaxud: 'i32x4.max_u',
  pmaxuw: 'i16x8.max_u',
  pminsb: 'i8x16.min_s',
  pminsd: 'i32x4.min_s',
  pminud: 'i32x4.min_u',
  pminuw: 'i16x8.min_u',
  pmulld: 'i32x4.mul',
};

const lanewise =
  (op: VectorOp): Binary =>
  (s, a, b) =>
    s.vector(op, a, b);

for (const [name, op] of Object.entries(LANEWISE)) onBoth(name, lanewise(op));
for (const [name, op] of Object.entries(LANEWISE_XMM)) onXmm(name, lanewise(op));

/** The complement of the first operand, and the second. */
const andNot: Binary = (s, a, b) => s.vector('v128.andnot', b, a);
onBoth('pandn', andNot);
onXmm('andnps', andNot);
onXmm('andnpd', andNot);

/** The upper halves of the products of words. */
const highProducts =
  (sign: 's' | 'u'): Binary =>
  (s, a, b) => {
    const low = s.vector(`i32x4.extmul_low_i16x8_${sign}`, a, b);
    const high = s.vector(`i32x4.extmul_high_i16x8_${sign}`, a, b);
    return s.shuffle(low, high, oddLanes(2));
  };
onBoth('pmulhw', highProducts('s'));
onBoth('pmulhuw', highProducts('u'));

/** Bytes of the odd lanes of two vectors: what HADD and its like add to the even ones. */
export function oddLanes(size: number): number[] {
  return Array.from({ length: 16 }, (_, i) => 2 * size * Math.floor(i / size) + size + (i % size));
}

export function evenLanes(size: number): number[] {
  return oddLanes(size).map((lane) => lane - size);
}

/** Products of the even doublewords. */
const longProducts =
  (sign: 's' | 'u'): Binary =>
  (s, a, b) => {
    const even = evenLanes(4);
    return s.vector(`i64x2.extmul_low_i32x4_${sign}`, s.shuffle(a, a, even), s.shuffle(b, b, even));
  };
onBoth('pmuludq', longProducts('u'));
onXmm('pmuldq', longProducts('s'));

/** Sums of absolute differences of bytes, one sum for each eight. */
onBoth('psadbw', (s, a, b) => {
  const difference = s.vector(
    'i8x16.sub',
    s.vector('i8x16.max_u', a, b),
    s.vector('i8x16.min_u', a, b),
  );
  const words = s.vector('i16x8.extadd_pairwise_i8x16_u', difference);
  const quarters = s.vector('i32x4.extadd_pairwise_i16x8_u', words);
  const upper = s.vector('i64x2.shr_u', quarters, s.constant(32n, 32));
  const low = s.vector('v128.and', quarters, repeated(s, [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
  return s.vector('i64x2.add', low, upper);
});

/** A vector that repeats these bytes. */
export function repeated(s: Semantics, bytes: readonly number[]): Vector {
  return s.vectorConstant(Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]));
}

/** Lanes narrowed with saturation: the first operand's, then the second's. */
for (const [name, op] of [
  ['packsswb', 'i8x16.narrow_i16x8_s'],
  ['packuswb', 'i8x16.narrow_i16x8_u'],
  ['packssdw', 'i16x8.narrow_i32x4_s'],
] as const) {
  onXmm(name, lanewise(op));
  onMmx(name, (s, a, b) => {
    const both = s.shuffle(a, b, LOW_HALVES);
    return s.vector(op, both, both);
  });
}
onXmm('packusdw', lanewise('i16x8.narrow_i32x4_u'));

/** Bytes of lanes taken alternately from two vectors, from byte `start` of each. */
function interleaved(size: number, start: number): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const lane = Math.floor(i / size);
    return (lane % 2) * 16 + start + Math.floor(lane / 2) * size + (i % size);
  });
}
const interleave =
  (size: number, start: number): Binary =>
  (s, a, b) =>
    s.shuffle(a, b, interleaved(size, start));

for (const [letters, size] of [
  ['bw', 1],
  ['wd', 2],
  ['dq', 4],
] as const) {
  onXmm(`punpckl${letters}`, interleave(size, 0));
  onXmm(`punpckh${letters}`, interleave(size, 8));
  onMmx(`punpckl${letters}`, interleave(size, 0), 'mm,mmm32');
  onMmx(`punpckh${letters}`, interleave(size, 4));
}
onXmm('punpcklqdq', interleave(8, 0));
onXmm('punpckhqdq', interleave(8, 8));
onXmm('unpcklps', interleave(4, 0));
onXmm('unpckhps', interleave(4, 8));
onXmm('unpcklpd', interleave(8, 0));
onXmm('unpckhpd', interleave(8, 8));
