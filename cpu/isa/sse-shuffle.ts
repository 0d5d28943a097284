// Shifts and shuffles, whose counts and choices may be immediates. Intel SDM vol. 2, "PSLLW/PSLLD/
// PSLLQ", "PSHUFD" and the like. A choice is computed as the indices of a byte-wise swizzle, so that
// the meaning is the same whether or not the engine knows the immediate beforehand.
import type { VectorOp } from '../wasm/opcodes.js';
import { mmx } from './mmx.js';
import { instruction } from './registry.js';
import {
  ALIGNED,
  type Operand,
  type Semantics,
  type Value,
  type Vector,
  type Width,
} from './semantics.js';
import { repeated } from './sse-integer.js';
import { join, LOW_HALVES } from './sse-move.js';

export const IOTA = Array.from({ length: 16 }, (_, i) => i);

/** The immediate, zero-extended to 32 bits. */
export function choice(s: Semantics, immediate: Operand): Value {
  return s.zeroExtend(s.read({ ...immediate, bits: 8 }), 32);
}

// Shifts of lanes

/** Shifts all lanes; a count of their width or more leaves zeros, or signs. */
function shiftLanes(s: Semantics, op: VectorOp, bits: number, a: Vector, count: Value): Vector {
  const last = s.constant(BigInt(bits - 1), count.width);
  const beyond = s.compare('gt_u', count, last);
  if (op.endsWith('shr_s')) {
    return s.vector(op, a, s.truncate(s.select(beyond, last, count), 32));
  }
  const zero = s.zeroVector();
  return s.selectVector(beyond, zero, s.vector(op, a, s.truncate(count, 32)));
}

for (const [letter, lane, bits] of [
  ['w', 'i16x8', 16],
  ['d', 'i32x4', 32],
  ['q', 'i64x2', 64],
] as const) {
  for (const [direction, op] of [
    ['psll', 'shl'],
    ['psrl', 'shr_u'],
    ['psra', 'shr_s'],
  ] as const) {
    const name = direction + letter;
    if (name === 'psraq') continue; // comes with AVX-512
    const byImmediate = (s: Semantics, to: Operand, count: Operand): void => {
      s.writeVector(to, shiftLanes(s, `${lane}.${op}`, bits, s.readVector(to), choice(s, count)));
    };
    const byVector = (s: Semantics, to: Operand, from: Operand): void => {
      const alignment = to.kind === 'xmm' ? ALIGNED : undefined;
      const count = s.extractLane(s.readVector(from, alignment), 64, 0);
      s.writeVector(to, shiftLanes(s, `${lane}.${op}`, bits, s.readVector(to), count));
    };
    instruction(name, 'x,i8', byImmediate);
    instruction(name, 'x,xm128', byVector);
    mmx(name, 'mm,i8', byImmediate);
    mmx(name, 'mm,mmm64', byVector);
  }
}

/** A count clamped to what leaves nothing, in each byte. */
function clampedBytes(s: Semantics, count: Value, limit: number): Vector {
  const most = s.constant(BigInt(limit), 32);
  return s.vector('i8x16.splat', s.select(s.compare('gt_u', count, most), most, count));
}

instruction('pslldq', 'x,i8', (s, to, count) => {
  const indices = s.vector(
    'i8x16.sub',
    s.vectorConstant(IOTA),
    clampedBytes(s, choice(s, count), 16),
  );
  s.writeVector(to, s.vector('i8x16.swizzle', s.readVector(to), indices));
});
instruction('psrldq', 'x,i8', (s, to, count) => {
  const indices = s.vector(
    'i8x16.add',
    s.vectorConstant(IOTA),
    clampedBytes(s, choice(s, count), 16),
  );
  s.writeVector(to, s.vector('i8x16.swizzle', s.readVector(to), indices));
});

/** PALIGNR: bytes of the two operands side by side, from the count on. */
instruction('palignr', 'x,xm128,i8', (s, to, from, count) => {
  const low = s.readVector(from, ALIGNED);
  const offset = clampedBytes(s, choice(s, count), 32);
  const indices = s.vector('i8x16.add', s.vectorConstant(IOTA), offset);
  const beyond = s.vector('i8x16.sub', indices, repeated(s, [16]));
  const fromLow = s.vector('i8x16.swizzle', low, indices);
  const fromHigh = s.vector('i8x16.swizzle', s.readVector(to), beyond);
  s.writeVector(to, s.vector('v128.or', fromLow, fromHigh));
});
mmx('palignr', 'mm,mmm64,i8', (s, to, from, count) => {
  const low = s.readVector(from);
  const high = s.readVector(to);
  const both = s.shuffle(low, high, LOW_HALVES);
  const offset = clampedBytes(s, choice(s, count), 16);
  const indices = s.vector('i8x16.add', s.vectorConstant(IOTA), offset);
  s.writeVector(to, s.vector('i8x16.swizzle', both, indices));
});

// Shuffles by an immediate of two-bit choices

/** Byte indices of four doublewords chosen by the four fields of an immediate. */
function dwordIndices(s: Semantics, immediate: Value): Vector {
  return laneIndices(s, s.vector('i32x4.splat', immediate), [64, 16, 4, 1], 4);
}

/**
 * Fields of two bits in 32-bit lanes, each moved to bit 6 by its multiplier, become byte indices of
 * lanes of `size` bytes.
 */
function laneIndices(
  s: Semantics,
  fields: Vector,
  multipliers: readonly number[],
  size: 2 | 4,
): Vector {
  const moved = s.vector('i32x4.mul', fields, dwords(s, multipliers));
  const shifted = s.vector('i32x4.shr_u', moved, s.constant(6n, 32));
  const field = s.vector('v128.and', shifted, dwords(s, [3, 3, 3, 3]));
  const spread = size === 4 ? 0x0404_0404 : 0x0202;
  const first = size === 4 ? 0x0302_0100 : 0x0100;
  const scaled = s.vector('i32x4.mul', field, dwords(s, [spread, spread, spread, spread]));
  return s.vector('i32x4.add', scaled, dwords(s, [first, first, first, first]));
}

/** A constant of four doublewords. */
export function dwords(s: Semantics, values: readonly number[]): Vector {
  return s.vectorConstant(new Uint8Array(Int32Array.from(values).buffer));
}

/** Byte indices of four words chosen by an immediate, in the low half. */
function wordIndices(s: Semantics, immediate: Value): Vector {
  const indices = laneIndices(s, s.vector('i32x4.splat', immediate), [64, 16, 4, 1], 2);
  return s.vector('i16x8.narrow_i32x4_s', indices, indices);
}

instruction('pshufd', 'x,xm128,i8', (s, to, from, order) => {
  const a = s.readVector(from, ALIGNED);
  s.writeVector(to, s.vector('i8x16.swizzle', a, dwordIndices(s, choice(s, order))));
});
const HIGH_FROM_16 = [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31];
instruction('pshuflw', 'x,xm128,i8', (s, to, from, order) => {
  const a = s.readVector(from, ALIGNED);
  const low = s.vector('i8x16.swizzle', a, wordIndices(s, choice(s, order)));
  s.writeVector(to, s.shuffle(low, a, HIGH_FROM_16));
});
instruction('pshufhw', 'x,xm128,i8', (s, to, from, order) => {
  const a = s.readVector(from, ALIGNED);
  const indices = s.vector('v128.or', wordIndices(s, choice(s, order)), repeated(s, [8]));
  s.writeVector(to, s.shuffle(a, s.vector('i8x16.swizzle', a, indices), HIGH_FROM_16));
});
mmx('pshufw', 'mm,mmm64,i8', (s, to, from, order) => {
  const a = s.readVector(from);
  s.writeVector(to, s.vector('i8x16.swizzle', a, wordIndices(s, choice(s, order))));
});

instruction('shufps', 'x,xm128,i8', (s, to, from, order) => {
  const high = s.readVector(from, ALIGNED);
  const indices = dwordIndices(s, choice(s, order));
  const low = s.vector('i8x16.swizzle', s.readVector(to), indices);
  s.writeVector(to, join(s, low, s.vector('i8x16.swizzle', high, indices), 8));
});
instruction('shufpd', 'x,xm128,i8', (s, to, from, order) => {
  const high = s.readVector(from, ALIGNED);
  const low = s.readVector(to);
  const bits = choice(s, order);
  const pick = (a: Vector, position: number): Value =>
    s.select(s.bitAt(bits, position), s.extractLane(a, 64, 1), s.extractLane(a, 64, 0));
  const lower = s.vector('i64x2.splat', pick(low, 0));
  s.writeVector(to, s.replaceLane(lower, pick(high, 1), 1));
});

// Lanes to and from general registers, the lane chosen by an immediate

const LANES: Readonly<Record<8 | 16 | 32 | 64, readonly [string, VectorOp, VectorOp]>> = {
  8: ['b', 'i8x16.splat', 'i8x16.eq'],
  16: ['w', 'i16x8.splat', 'i16x8.eq'],
  32: ['d', 'i32x4.splat', 'i32x4.eq'],
  64: ['q', 'i64x2.splat', 'i64x2.eq'],
};

/** The vector with the lane that an immediate names replaced. */
function insertLane(s: Semantics, a: Vector, value: Value, index: Value, lanes: number): Vector {
  const [, splat, equal] = LANES[value.width];
  const bytes = value.width / 8;
  const numbers = Array.from({ length: 16 }, (_, i) => (i % bytes === 0 ? i / bytes : 0));
  const wanted = s.and(index, s.constant(BigInt(lanes - 1), 32));
  const wide = value.width === 64 ? s.zeroExtend(wanted, 64) : wanted;
  const here = s.vector(equal, s.vectorConstant(numbers), s.vector(splat, wide));
  return s.vector('v128.bitselect', s.vector(splat, value), a, here);
}

/** The lane that an immediate names. */
function takeLane(s: Semantics, a: Vector, width: Width, index: Value, lanes: number): Value {
  const wanted = s.and(index, s.constant(BigInt(lanes - 1), 32));
  const first = s.vector('i8x16.splat', s.multiply(wanted, s.constant(BigInt(width / 8), 32)));
  const indices = s.vector('i8x16.add', first, s.vectorConstant(IOTA));
  return s.extractLane(s.vector('i8x16.swizzle', a, indices), width, 0);
}

const insert =
  (width: Width, lanes: number) =>
  (s: Semantics, to: Operand, from: Operand, index: Operand): void => {
    const value = s.truncate(s.read(from), width);
    s.writeVector(to, insertLane(s, s.readVector(to), value, choice(s, index), lanes));
  };
const extract =
  (width: Width, lanes: number) =>
  (s: Semantics, to: Operand, from: Operand, index: Operand): void => {
    const value = takeLane(s, s.readVector(from), width, choice(s, index), lanes);
    s.write(to, s.zeroExtend(value, to.bits as Width));
  };

for (const [width, registers] of [
  [8, ['r32', 'r64']],
  [16, ['r32', 'r64']],
  [32, ['r32']],
  [64, ['r64']],
] as const) {
  const [letter] = LANES[width];
  const lanes = 128 / width;
  const places = [...registers, `m${width}`];
  instruction(
    `pinsr${letter}`,
    places.map((place) => `x,${place},i8`),
    insert(width, lanes),
  );
  instruction(
    `pextr${letter}`,
    places.map((place) => `${place},x,i8`),
    extract(width, lanes),
  );
}
instruction('extractps', ['r32,x,i8', 'r64,x,i8', 'm32,x,i8'], extract(32, 4));
mmx('pinsrw', ['mm,r32,i8', 'mm,r64,i8', 'mm,m16,i8'], insert(16, 4));
mmx('pextrw', ['r32,mm,i8', 'r64,mm,i8'], extract(16, 4));
