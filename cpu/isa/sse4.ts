// SSE4.1: blends, extensions, tests, dot products and what else it added to packed integers. Intel
// SDM vol. 2.
import type { VectorOp } from '../wasm/opcodes.js';
import { formatNumber, XM } from './float-unit.js';
import { onXmm } from './mmx.js';
import { instruction } from './registry.js';
import { ALIGNED, type Operand, type Semantics, type Value, type Vector } from './semantics.js';
import { choice, dwords, IOTA } from './sse-shuffle.js';

// Blends

/** The second operand where the top bit of a lane of XMM0 is set. */
for (const [name, shape] of [
  ['pblendvb', 'i8x16'],
  ['blendvps', 'i32x4'],
  ['blendvpd', 'i64x2'],
] as const) {
  onXmm(name, (s, a, b) => {
    const chosen = s.vector(`${shape}.lt_s`, s.xmm(0), s.zeroVector());
    return s.vector('v128.bitselect', b, a, chosen);
  });
}

/** A mask of the lanes whose bits are set in an immediate. */
function lanesOf(s: Semantics, immediate: Value, shape: 'i16x8' | 'i32x4' | 'i64x2'): Vector {
  const lanes = { i16x8: 8, i32x4: 4, i64x2: 2 }[shape];
  const bytes = new Uint8Array(16);
  for (let lane = 0; lane < lanes; lane++) bytes[(lane * 16) / lanes] = 1 << lane;
  const bits = s.vectorConstant(bytes);
  const wide = shape === 'i64x2' ? s.zeroExtend(immediate, 64) : immediate;
  const set = s.vector('v128.and', s.vector(`${shape}.splat`, wide), bits);
  return s.vector(`${shape}.eq`, set, bits);
}

for (const [name, shape] of [
  ['pblendw', 'i16x8'],
  ['blendps', 'i32x4'],
  ['blendpd', 'i64x2'],
] as const) {
  instruction(name, 'x,xm128,i8', (s, to, from, mask) => {
    const b = s.readVector(from, ALIGNED);
    const chosen = lanesOf(s, choice(s, mask), shape);
    s.writeVector(to, s.vector('v128.bitselect', b, s.readVector(to), chosen));
  });
}

/** INSERTPS: bits 7:6 choose the source's lane, 5:4 the place, 3:0 lanes to clear. */
function insertFloat(s: Semantics, to: Operand, value: Vector, immediate: Value): void {
  const place = s.and(s.shiftRight(immediate, s.constant(4n, 32)), s.constant(3n, 32));
  const here = s.vector('i32x4.eq', dwords(s, [0, 1, 2, 3]), s.vector('i32x4.splat', place));
  const merged = s.vector('v128.bitselect', value, s.readVector(to), here);
  s.writeVector(to, s.vector('v128.andnot', merged, lanesOf(s, immediate, 'i32x4')));
}
instruction('insertps', 'x,x,i8', (s, to, from, mode) => {
  const immediate = choice(s, mode);
  const lane = s.shiftRight(immediate, s.constant(6n, 32));
  const first = s.multiply(lane, s.constant(0x0404_0404n, 32));
  const indices = s.vector('i32x4.splat', s.add(first, s.constant(0x0302_0100n, 32)));
  insertFloat(s, to, s.vector('i8x16.swizzle', s.readVector(from), indices), immediate);
});
instruction('insertps', 'x,m32,i8', (s, to, from, mode) => {
  const value = s.vector('i32x4.splat', s.read(from));
  insertFloat(s, to, value, choice(s, mode));
});

// Extensions

const SHAPES = ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const;

for (const [sign, letter] of [
  ['s', 's'],
  ['u', 'z'],
] as const) {
  for (const [from, to, memory] of [
    [0, 1, 64],
    [0, 2, 32],
    [0, 3, 16],
    [1, 2, 64],
    [1, 3, 32],
    [2, 3, 64],
  ] as const) {
    const name = `pmov${letter}x${'bwdq'[from]}${'bwdq'[to]}`;
    instruction(name, `x,xm${memory}`, (s, destination, source) => {
      let value = s.readVector(source);
      for (let i = from; i < to; i++) {
        value = s.vector(`${SHAPES[i + 1]}.extend_low_${SHAPES[i]}_${sign}` as VectorOp, value);
      }
      s.writeVector(destination, value);
    });
  }
}

// Tests

instruction('ptest', 'x,xm128', (s, left, right) => {
  const b = s.readVector(right, ALIGNED);
  const a = s.readVector(left);
  const none = (bits: Vector) => s.bitNot(s.toBit(s.vectorTest('v128.any_true', bits)));
  const no = s.bitConstant(false);
  const zf = none(s.vector('v128.and', b, a));
  const cf = none(s.vector('v128.andnot', b, a));
  s.setFlags({ zf, cf, of: no, af: no, sf: no, pf: no });
});

// What helpers compute

/** Gives two operands to a helper and takes the vector it leaves. */
function asked(s: Semantics, a: Vector, b: Vector, ask: () => Value): Vector {
  s.setScratch(0, a);
  s.setScratch(16, b);
  s.raiseIf(s.isNotZero(ask()), XM);
  return s.scratch(32);
}

for (const format of ['ps', 'pd'] as const) {
  instruction(`dp${format}`, 'x,xm128,i8', (s, to, from, mode) => {
    const b = s.readVector(from, ALIGNED);
    const ask = (): Value => s.helper('floatDot', choice(s, mode), formatNumber(s, format));
    s.writeVector(to, asked(s, s.readVector(to), b, ask));
  });
}

instruction('mpsadbw', 'x,xm128,i8', (s, to, from, mode) => {
  const b = s.readVector(from, ALIGNED);
  s.writeVector(to, sumsOfDifferences(s, s.readVector(to), b, choice(s, mode)));
});

/** Eight sums of four differences: a block of the second operand against every place in the first. */
function sumsOfDifferences(s: Semantics, a: Vector, b: Vector, immediate: Value): Vector {
  const offset = s.and(immediate, s.constant(4n, 32));
  const block = s.multiply(s.and(immediate, s.constant(3n, 32)), s.constant(4n, 32));
  const places = s.vector('i8x16.add', s.vectorConstant(IOTA), s.vector('i8x16.splat', offset));
  let sums = s.zeroVector();
  for (let i = 0; i < 4; i++) {
    const step = s.vector('i8x16.splat', s.constant(BigInt(i), 32));
    const left = s.vector('i8x16.swizzle', a, s.vector('i8x16.add', places, step));
    const chosen = s.vector('i8x16.splat', s.add(block, s.constant(BigInt(i), 32)));
    const right = s.vector('i8x16.swizzle', b, chosen);
    const above = s.vector('i8x16.max_u', left, right);
    const difference = s.vector('i8x16.sub', above, s.vector('i8x16.min_u', left, right));
    sums = s.vector('i16x8.add', sums, s.vector('i16x8.extend_low_i8x16_u', difference));
  }
  return sums;
}

/** The smallest word and the first place where it stands. */
instruction('phminposuw', 'x,xm128', (s, to, from) => {
  const a = s.readVector(from, ALIGNED);
  // a word's place below it makes the smallest of equal ones the first
  const lowHalf = s.vector('i32x4.extend_low_i16x8_u', a);
  const highHalf = s.vector('i32x4.extend_high_i16x8_u', a);
  const placed = (words: Vector, first: number): Vector => {
    const places = dwords(s, [first, first + 1, first + 2, first + 3]);
    return s.vector('v128.or', s.vector('i32x4.shl', words, s.constant(16n, 32)), places);
  };
  let least = s.vector('i32x4.min_u', placed(lowHalf, 0), placed(highHalf, 4));
  for (const distance of [8, 4]) {
    const moved = s.shuffle(
      least,
      least,
      IOTA.map((i) => (i + distance) % 16),
    );
    least = s.vector('i32x4.min_u', least, moved);
  }
  const found = s.rotate('rotl', s.extractLane(least, 32, 0), s.constant(16n, 32));
  s.writeVector(to, s.replaceLane(s.zeroVector(), found, 0));
});
