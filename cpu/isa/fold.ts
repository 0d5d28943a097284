// Operations on what is known when code is emitted. An immediate's splat, for one, becomes the constant
// indices of a shuffle. Of vector operations only those are here that meanings apply to immediates.
import type { VectorOp } from '../wasm/opcodes.js';

export type Arithmetic = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shr_u' | 'shr_s';
/** Operations computed at once on known values; what they give is cut to the width. */
export const FOLD: Partial<Record<Arithmetic, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  shl: (a, b) => a << b,
  shr_u: (a, b) => a >> b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

export type Comparison =
  | 'eq'
  | 'ne'
  | 'lt_s'
  | 'lt_u'
  | 'gt_s'
  | 'gt_u'
  | 'le_s'
  | 'le_u'
  | 'ge_s'
  | 'ge_u';

/** What a comparison of known values gives. */
export function holds(comparison: Comparison, a: bigint, b: bigint, width: number): boolean {
  const signed = comparison.endsWith('_s');
  const x = signed ? BigInt.asIntN(width, a) : a;
  const y = signed ? BigInt.asIntN(width, b) : b;
  switch (comparison.slice(0, 2)) {
    case 'eq':
      return x === y;
    case 'ne':
      return x !== y;
    case 'lt':
      return x < y;
    case 'gt':
      return x > y;
    case 'le':
      return x <= y;
    default:
      return x >= y;
  }
}

// Vectors

type Lanes = 8 | 16 | 32 | 64;
type Binary = (a: bigint, b: bigint) => bigint;

const mask = (width: number): bigint => (1n << BigInt(width)) - 1n;
const equal =
  (width: number): Binary =>
  (a, b) =>
    a === b ? mask(width) : 0n;

/** Lane by lane, results cut to the lane's width. */
const BINARY: Partial<Record<VectorOp, readonly [Lanes, Binary]>> = {
  'i8x16.add': [8, (a, b) => a + b],
  'i8x16.sub': [8, (a, b) => a - b],
  'i32x4.add': [32, (a, b) => a + b],
  'i32x4.mul': [32, (a, b) => a * b],
  'v128.and': [64, (a, b) => a & b],
  'v128.or': [64, (a, b) => a | b],
  'i8x16.eq': [8, equal(8)],
  'i16x8.eq': [16, equal(16)],
  'i32x4.eq': [32, equal(32)],
  'i64x2.eq': [64, equal(64)],
};

const SPLAT: Partial<Record<VectorOp, Lanes>> = {
  'i8x16.splat': 8,
  'i16x8.splat': 16,
  'i32x4.splat': 32,
  'i64x2.splat': 64,
};

function lanesOf(bytes: Uint8Array, width: Lanes): bigint[] {
  const size = width / 8;
  return Array.from({ length: 16 / size }, (_, lane) => {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[lane * size + i]);
    return value;
  });
}

function bytesOf(lanes: readonly bigint[], width: Lanes): Uint8Array {
  const size = width / 8;
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number((lanes[Math.floor(i / size)] >> BigInt((i % size) * 8)) & 0xffn),
  );
}

/** The result of an operation on known operands, where this file knows the operation. */
export function foldVector(
  op: VectorOp,
  operands: readonly (Uint8Array | bigint)[],
): Uint8Array | undefined {
  const [a, b] = operands;
  const splat = SPLAT[op];
  if (splat !== undefined && typeof a === 'bigint') {
    return bytesOf(new Array<bigint>(128 / splat).fill(a), splat);
  }
  if (!(a instanceof Uint8Array)) return undefined;
  if (op === 'i32x4.shr_u' && typeof b === 'bigint') {
    const lanes = lanesOf(a, 32).map((lane) => lane >> (b & 31n));
    return bytesOf(lanes, 32);
  }
  if (!(b instanceof Uint8Array)) return undefined;
  if (op === 'i16x8.narrow_i32x4_s') {
    const lanes = [...lanesOf(a, 32), ...lanesOf(b, 32)].map(saturate);
    return bytesOf(lanes, 16);
  }
  const binary = BINARY[op];
  if (binary === undefined) return undefined;
  const [width, compute] = binary;
  const others = lanesOf(b, width);
  return bytesOf(
    lanesOf(a, width).map((lane, i) => BigInt.asUintN(width, compute(lane, others[i]))),
    width,
  );
}

function saturate(lane: bigint): bigint {
  const value = BigInt.asIntN(32, lane);
  if (value > 0x7fffn) return 0x7fffn;
  return value < -0x8000n ? -0x8000n : value;
}

/**
 * The shuffle of two vectors that an operation is when its last operand is known: a swizzle's indices
 * (the second vector is zero), or a selection's mask of whole bytes.
 */
export function shuffleOf(op: VectorOp, known: Uint8Array): number[] | undefined {
  if (op === 'i8x16.swizzle') return Array.from(known, (index) => (index < 16 ? index : 16));
  if (op !== 'v128.bitselect') return undefined;
  if (known.some((byte) => byte !== 0 && byte !== 0xff)) return undefined;
  return Array.from(known, (byte, i) => (byte === 0 ? 16 + i : i));
}
