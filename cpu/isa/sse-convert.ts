// Conversions between integers, floats and doubles. Intel SDM vol. 2, "CVTSI2SD" and the like.
import { CONVERSIONS, type Conversion } from '../helpers/float-operations.js';
import type { NumericOp } from '../wasm/opcodes.js';
import { maskedInexact, quickIf, quickly, XM } from './float-unit.js';
import { Lanes } from './lanes.js';
import { enterMmx, mmx } from './mmx.js';
import { instruction } from './registry.js';
import {
  ALIGNED,
  type Bit,
  type Float,
  type Operand,
  type Semantics,
  type Value,
  type Vector,
} from './semantics.js';
import { evenLanes, repeated } from './sse-integer.js';
import { join, lowHalf } from './sse-move.js';
import { dwords } from './sse-shuffle.js';

type Type = Conversion['from'];

/** Asks the helper for a conversion of so many lanes. */
function ask(s: Semantics, from: Type, to: Type, lanes: number, truncate = false): Value {
  const number = CONVERSIONS.findIndex(
    (each) => each.from === from && each.to === to && (each.truncate ?? false) === truncate,
  );
  return s.helper('floatConvert', s.constant(BigInt(number), 32), s.constant(BigInt(lanes), 32));
}

// Scalar integers to floats

for (const [suffix, precision] of [
  ['ss', 32],
  ['sd', 64],
] as const) {
  for (const width of [32, 64] as const) {
    instruction(`cvtsi2${suffix}`, `x,rm${width}`, (s, to, from) => {
      const a = s.read(from);
      const old = s.readVector(to);
      const op = `f${precision}.convert_i${width}_s` as NumericOp;
      const result = s.replaceFloat(old, s.float(precision, op, a), 0);
      const exactBits = precision === 32 ? 24 : 53;
      if (width <= exactBits) {
        s.writeVector(to, result);
        return;
      }
      // small numbers are exact whatever the rounding
      const half = s.constant(1n << BigInt(exactBits), width);
      const small = s.compare('lt_u', s.add(a, half), s.add(half, half));
      const quick = { sure: [s.bitOr(maskedInexact(s), small)], others: [] };
      const source = s.vector(width === 64 ? 'i64x2.splat' : 'i32x4.splat', a);
      const target = precision === 32 ? 'single' : 'double';
      const answer = quickly(s, quick, result, source, source, () =>
        ask(s, `int${width}`, target, 1),
      );
      s.writeVector(to, join(s, answer, old, precision / 8));
    });
  }
}

// Scalar floats to integers

for (const [suffix, precision, memory] of [
  ['ss', 32, 'xm32'],
  ['sd', 64, 'xm64'],
] as const) {
  for (const truncate of [false, true]) {
    for (const width of [32, 64] as const) {
      const name = `cvt${truncate ? 't' : ''}${suffix}2si`;
      instruction(name, `r${width},${memory}`, (s, to, from) => {
        const a = s.readVector(from);
        const value = s.extractFloat(a, precision, 0);
        const op = truncate ? 'trunc' : 'nearest';
        const whole = s.float(precision, `f${precision}.${op}`, value);
        const exact = s.compareFloats(`f${precision}.eq`, whole, value);
        const quick = s.bitAnd(s.bitOr(maskedInexact(s), exact), fits(s, whole, width));
        const result = s.integer(width, `i${width}.trunc_sat_f${precision}_s`, whole);
        s.if(s.bitNot(quick), () => {
          s.setScratch(0, a);
          const source = precision === 32 ? 'single' : 'double';
          s.raiseIf(s.isNotZero(ask(s, source, `int${width}`, 1, truncate)), XM);
          s.assign(result, s.extractLane(s.scratch(32), width, 0));
        });
        s.write(to, result);
      });
    }
  }
}

/** Is the magnitude of a float below 2^(width - 1)? Not so for NaNs. */
function fits(s: Semantics, value: Float, width: 32 | 64): Bit {
  const { precision } = value;
  const field = BigInt(width - 1 + (precision === 32 ? 127 : 1023));
  const limit = s.floatConstant(precision, field << (precision === 32 ? 23n : 52n));
  return s.compareFloats(`f${precision}.lt`, s.float(precision, `f${precision}.abs`, value), limit);
}

// Between floats and doubles

instruction('cvtss2sd', 'x,xm32', (s, to, from) => {
  const a = s.readVector(from);
  const lanes = new Lanes(s, 'ss');
  const quick = { sure: [lanes.every(lanes.ordinary(lanes.of(a)))], others: [] };
  const value = s.extractFloat(a, 32, 0);
  const old = s.readVector(to);
  const result = s.replaceFloat(old, s.float(64, 'f64.promote_f32', value), 0);
  const answer = quickly(s, quick, result, a, a, () => ask(s, 'single', 'double', 1));
  s.writeVector(to, join(s, answer, old, 8));
});

instruction('cvtsd2ss', 'x,xm64', (s, to, from) => {
  const a = s.readVector(from);
  const source = new Lanes(s, 'sd');
  const target = new Lanes(s, 'ss');
  const value = s.extractFloat(a, 64, 0);
  const narrow = s.float(32, 'f32.demote_f64', value);
  const large = target.or(target.large(narrow), source.isZero(value));
  const ordinary = target.every(target.and(target.finite(narrow), large));
  const old = s.readVector(to);
  const result = s.replaceFloat(old, narrow, 0);
  const quick = quickIf(s, ordinary, () =>
    s.compareFloats('f64.eq', s.float(64, 'f64.promote_f32', narrow), value),
  );
  const answer = quickly(s, quick, result, a, a, () => ask(s, 'double', 'single', 1));
  s.writeVector(to, join(s, answer, old, 4));
});

instruction('cvtps2pd', 'x,xm64', (s, to, from) => {
  const a = s.readVector(from);
  const low = lowHalf(s, a); // zeros are ordinary
  const lanes = new Lanes(s, 'ps');
  const quick = { sure: [lanes.every(lanes.ordinary(low))], others: [] };
  const result = s.vector('f64x2.promote_low_f32x4', a);
  s.writeVector(
    to,
    quickly(s, quick, result, a, a, () => ask(s, 'single', 'double', 2)),
  );
});

function packedDoublesToSingles(s: Semantics, from: Operand): Vector {
  const a = s.readVector(from, ALIGNED);
  const source = new Lanes(s, 'pd');
  const target = new Lanes(s, 'ps');
  const narrow = s.vector('f32x4.demote_f64x2_zero', a);
  const ordinary = source.every(source.ordinary(a));
  // the upper half is zero, and so may be what comes from zeros
  const zeros = source.mask(source.isZero(a));
  const mayVanish = s.shuffle(zeros, repeated(s, [0xff]), evenLanes(4));
  const large = target.every(target.or(target.large(narrow), mayVanish));
  const finite = target.every(target.finite(narrow));
  const quick = quickIf(s, s.bitAnd(ordinary, s.bitAnd(large, finite)), () =>
    source.every(source.test('eq', s.vector('f64x2.promote_low_f32x4', narrow), a)),
  );
  return quickly(s, quick, narrow, a, a, () => {
    s.setScratch(32, s.zeroVector());
    return ask(s, 'double', 'single', 2);
  });
}

instruction('cvtpd2ps', 'x,xm128', (s, to, from) => {
  s.writeVector(to, packedDoublesToSingles(s, from));
});

// Packed integers

instruction('cvtdq2pd', 'x,xm64', (s, to, from) => {
  s.writeVector(to, s.vector('f64x2.convert_low_i32x4_s', s.readVector(from)));
});

function integersToSingles(s: Semantics, a: Vector, count: 2 | 4): Vector {
  const result = s.vector('f32x4.convert_i32x4_s', a);
  const quick = quickIf(s, s.bitConstant(true), () => {
    // up to 24 bits are exact
    const half = 1 << 24;
    const moved = s.vector('i32x4.add', a, dwords(s, [half, half, half, half]));
    const limit = dwords(s, [2 * half, 2 * half, 2 * half, 2 * half]);
    return s.toBit(s.vectorTest('i32x4.all_true', s.vector('i32x4.lt_u', moved, limit)));
  });
  return quickly(s, quick, result, a, a, () => ask(s, 'int32', 'single', count));
}

instruction('cvtdq2ps', 'x,xm128', (s, to, from) => {
  const a = s.readVector(from, ALIGNED);
  s.writeVector(to, integersToSingles(s, a, 4));
});

/** Floats or doubles to four integers, or to two with zeros above. */
function toIntegers(
  s: Semantics,
  a: Vector,
  format: 'ps' | 'pd',
  count: number,
  truncate: boolean,
) {
  const lanes = new Lanes(s, format);
  // lanes that are not asked for must not look out of range
  const asked = format === 'ps' && count === 2 ? lowHalf(s, a) : a;
  const whole = lanes.operate(truncate ? 'trunc' : 'nearest', asked);
  if (!('vector' in whole)) throw new Error('packed lanes are a vector');
  const limit = format === 'ps' ? 0x4f00_0000n : 0x41e0_0000_0000_0000n;
  const inRange = lanes.every(lanes.test('lt', lanes.operate('abs', whole), lanes.constant(limit)));
  const exact = lanes.every(lanes.test('eq', whole, asked));
  const quick = { sure: [s.bitOr(maskedInexact(s), exact), inRange], others: [] };
  const op = format === 'ps' ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero';
  return quickly(s, quick, s.vector(op, whole), a, a, () => {
    s.setScratch(32, s.zeroVector());
    return ask(s, format === 'ps' ? 'single' : 'double', 'int32', count, truncate);
  });
}

for (const truncate of [false, true]) {
  const prefix = truncate ? 'cvtt' : 'cvt';
  for (const format of ['ps', 'pd'] as const) {
    instruction(`${prefix}${format}2dq`, 'x,xm128', (s, to, from) => {
      const a = s.readVector(from, ALIGNED);
      s.writeVector(to, toIntegers(s, a, format, format === 'ps' ? 4 : 2, truncate));
    });
  }
  mmx(`${prefix}ps2pi`, 'mm,xm64', (s, to, from) => {
    const a = s.readVector(from);
    enterMmx(s);
    s.writeVector(to, toIntegers(s, a, 'ps', 2, truncate));
  });
  mmx(`${prefix}pd2pi`, 'mm,xm128', (s, to, from) => {
    const a = s.readVector(from, ALIGNED);
    enterMmx(s);
    s.writeVector(to, toIntegers(s, a, 'pd', 2, truncate));
  });
}

function floatsFromMmx(s: Semantics, to: Operand, a: Vector): void {
  s.writeVector(to, join(s, integersToSingles(s, a, 2), s.readVector(to), 8));
}
mmx('cvtpi2ps', 'x,mm', (s, to, from) => {
  enterMmx(s);
  floatsFromMmx(s, to, s.readVector(from));
});
mmx('cvtpi2pd', 'x,mm', (s, to, from) => {
  s.writeVector(to, s.vector('f64x2.convert_low_i32x4_s', s.readVector(from)));
});
/** From memory they are no MMX instructions. */
instruction('cvtpi2ps', 'x,m64', (s, to, from) => floatsFromMmx(s, to, s.readVector(from)));
instruction('cvtpi2pd', 'x,m64', (s, to, from) => {
  s.writeVector(to, s.vector('f64x2.convert_low_i32x4_s', s.readVector(from)));
});
