// F2XM1, FYL2X, FYL2XP1, FSIN, FCOS, FSINCOS, FPTAN and FPATAN: special operands as the manual's
// tables have them, the rest from series.ts rounded once. Intel SDM vol. 1, 8.3.8 "Approximation
// of Pi" and 8.3.10 "Transcendental Instruction Accuracy"; vol. 2A under the instructions' names.

import { propagate } from './add.js';
import { divide } from './divide.js';
import { BIAS, FINITE, INFINITE, MAX_EXPONENT, type Operand, QUIET, ZERO } from './operand.js';
import { emptyResult, type Operation } from './operations.js';
import type { Rounder } from './rounder.js';
import { significand } from './scaling.js';
import {
  arctangent,
  bitLength,
  cosine,
  exponentialMinusOne,
  logarithm,
  logarithmOfRatio,
  PI_REAL,
  product,
  quotient,
  type Real,
  sine,
  toFixed,
} from './series.js';
import type { X87State } from './state.js';
import { C1, C2, DONE, FAULT, PE, type Status, UE, WITHHELD, ZE } from './words.js';

function realOf(a: Operand): Real {
  return { m: significand(a), e: a.exponent - BIAS - 63 };
}

function signedRealOf(a: Operand): Real {
  const { m, e } = realOf(a);
  return { m: a.sign === 1 ? -m : m, e };
}

/** Rounds a positive value; `exact` when m * 2^e is the result itself. */
function roundReal(r: Rounder, sign: number, { m, e }: Real, exact = false): void {
  const length = bitLength(m);
  const shift = length - 96;
  const top = shift > 0 ? m >> BigInt(shift) : m << BigInt(-shift);
  const high = Number(top >> 64n) | 0;
  const low = Number((top >> 32n) & 0xffff_ffffn) | 0;
  const extra = Number(top & 0xffff_ffffn) | (exact ? 0 : 1);
  r.round(sign, e + length - 1 + BIAS, high, low, extra);
}

/** Reports a result that happens to be exact as the processors do: as inexact. */
function callInexact(r: Rounder): void {
  r.flags |= (r.signExponent & MAX_EXPONENT) === 0 ? PE | UE : PE;
}

function roundSigned(r: Rounder, flip: number, value: Real, exact = false): void {
  const negative = value.m < 0n;
  const m = negative ? -value.m : value.m;
  roundReal(r, flip ^ (negative ? 1 : 0), { m, e: value.e }, exact);
}

type Unary = (r: Rounder, a: Operand) => void;

function unary(compute: Unary): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    const rounder = state.begin();
    if (state.isEmpty(0)) return emptyResult(state);
    state.read(0, state.a);
    rounder.precision = 64;
    compute(rounder, state.a);
    return state.commit(0);
  };
}

export const f2xm1 = unary((r, a) => {
  if (a.kind >= QUIET) propagate(r, a, a);
  else if (a.kind === INFINITE && a.sign === 0) r.infinity(0);
  else if (a.kind === INFINITE) r.set(1, BIAS, 0x8000_0000, 0);
  else if (!r.denormal(a.denormal)) {
    if (a.kind === ZERO) r.zero(a.sign);
    else if (a.exponent < BIAS) roundSigned(r, 0, exponentialMinusOne(signedRealOf(a)));
    else beyondOne(r, a);
  }
});

/** Outside -1..1 the result is undefined; processors return the operand and PE. */
function beyondOne(r: Rounder, a: Operand): void {
  if (a.exponent === BIAS && (a.high & 0x7fff_ffff) === 0 && a.low === 0) {
    r.set(a.sign, a.sign === 1 ? BIAS - 1 : BIAS, 0x8000_0000, 0);
    r.flags |= PE;
  } else {
    keepOperand(r, a);
  }
}

function keepOperand(r: Rounder, a: Operand): void {
  r.same(a);
  r.flags |= PE;
}

type Pair = (r: Rounder, x: Operand, y: Operand) => void;

/** ST(1) = f(ST(0), ST(1)), and a pop. */
function pair(compute: Pair): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    const rounder = state.begin();
    if (state.isEmpty(0) || state.isEmpty(1)) {
      if (!state.underflow()) return WITHHELD;
      state.writeIndefinite(1);
      state.pop();
      return DONE;
    }
    const { a, b } = state;
    state.read(0, a);
    state.read(1, b);
    rounder.precision = 64;
    if (a.kind >= QUIET || b.kind >= QUIET) propagate(rounder, a, b);
    else compute(rounder, a, b);
    if (state.commit(1) !== DONE) return WITHHELD;
    state.pop();
    return DONE;
  };
}

/** ST(1) * log2(ST(0)). */
export const fyl2x = pair((r, x, y) => {
  if (x.kind !== ZERO && x.sign === 1) {
    r.invalid();
  } else if (x.kind === ZERO) {
    logarithmOfZero(r, y);
  } else if (x.kind === INFINITE) {
    if (y.kind === ZERO) r.invalid();
    else if (!r.denormal(y.denormal)) r.infinity(y.sign);
  } else {
    const power = ((x.high & 0x7fff_ffff) | x.low) === 0;
    const one = power && x.exponent === BIAS;
    const sign = y.sign ^ (x.exponent < BIAS ? 1 : 0);
    if (y.kind === INFINITE && one) r.invalid();
    else if (r.denormal(x.denormal || y.denormal)) return;
    else if (y.kind === INFINITE) r.infinity(sign);
    else if (y.kind === ZERO || one) r.zero(sign);
    else multiplyLogarithm(r, logarithm(realOf(x)), y, power);
  }
});

function logarithmOfZero(r: Rounder, y: Operand): void {
  if (y.kind === ZERO) {
    r.invalid();
    return;
  }
  if (y.kind === FINITE) r.flags |= ZE;
  r.infinity(y.sign ^ 1);
}

function multiplyLogarithm(r: Rounder, log: Real, y: Operand, exact: boolean): void {
  roundSigned(r, 0, product(log, signedRealOf(y)), exact);
  if (exact) callInexact(r);
}

/** ST(1) * log2(ST(0) + 1). */
export const fyl2xp1 = pair((r, x, y) => {
  const sign = x.sign ^ y.sign;
  if (x.kind === ZERO || y.kind === ZERO) {
    if (x.kind === INFINITE || y.kind === INFINITE) r.invalid();
    else if (!r.denormal(x.denormal || y.denormal)) r.zero(sign);
  } else if (x.kind === INFINITE) {
    if (x.sign === 1) r.invalid();
    else if (!r.denormal(y.denormal)) r.infinity(sign);
  } else if (!r.denormal(x.denormal || y.denormal)) {
    if (y.kind === INFINITE) r.infinity(sign);
    else if (x.sign === 1 && x.exponent >= BIAS) keepOperand(r, x);
    else multiplyLogarithm(r, logarithmOfSum(x), y, false);
  }
});

/** log2(1 + x) for x > -1. */
function logarithmOfSum(x: Operand): Real {
  const value = signedRealOf(x);
  if (x.exponent > BIAS + 200) return logarithm(value);
  // Near zero the ratio x / (2 + x) keeps every bit of x.
  if (x.exponent < BIAS - 200) return logarithmOfRatio({ m: value.m, e: value.e - 1 });
  const shift = BigInt(Math.max(-value.e, 0));
  const whole = value.m << BigInt(Math.max(value.e, 0));
  const e = Math.min(value.e, 0);
  if (x.exponent >= BIAS - 2) return logarithm({ m: (1n << shift) + whole, e });
  return logarithmOfRatio(quotient(value, { m: (2n << shift) + whole, e }));
}

/**
 * Pi for argument reduction, to 66 bits: its 64 bits below the point are as the manual prints
 * them, and results for large arguments depend on where it ends.
 */
const REDUCTION_PI = 0x3_243f_6a88_85a3_08d3n;

interface Reduced {
  /** x = octant * pi/2 + rest, rest at most pi/4 in magnitude. */
  readonly quadrant: number;
  readonly rest: Real;
  readonly sign: number;
}

/** Reduces |x|, exactly with respect to the 66-bit pi. */
function reduce(a: Operand): Reduced {
  const { m, e } = realOf(a);
  const shift = e + 65; // in units of pi/2's last bit, 2^-65
  if (shift < -66) return { quadrant: 0, rest: { m, e }, sign: 0 };
  // Two more bits below, so that every argument of this size is an integer.
  const scale = shift < 0 ? -shift : 0;
  const unit = REDUCTION_PI << BigInt(scale);
  const value = m << BigInt(Math.max(shift, 0));
  const count = (2n * value + unit) / (2n * unit);
  const rest = value - count * unit;
  return {
    quadrant: Number(count & 3n),
    rest: { m: rest < 0n ? -rest : rest, e: -65 - scale },
    sign: rest < 0n ? 1 : 0,
  };
}

function roundSine(r: Rounder, sign: number, { quadrant, rest, sign: below }: Reduced): void {
  if ((quadrant & 1) !== 0) roundReal(r, sign ^ (quadrant >> 1), cosine(rest));
  else if (rest.m === 0n) r.zero(sign ^ (quadrant >> 1));
  else roundReal(r, sign ^ (quadrant >> 1) ^ below, sine(rest));
}

function roundCosine(r: Rounder, { quadrant, rest, sign }: Reduced): void {
  roundSine(r, 0, { quadrant: (quadrant + 1) & 3, rest, sign });
}

function roundTangent(r: Rounder, sign: number, reduced: Reduced): void {
  const { quadrant, rest } = reduced;
  if (rest.m === 0n) {
    r.zero(sign);
    return;
  }
  const odd = (quadrant & 1) !== 0;
  const value = odd ? quotient(cosine(rest), sine(rest)) : quotient(sine(rest), cosine(rest));
  roundReal(r, sign ^ reduced.sign ^ (odd ? 1 : 0), value);
}

const REDUCTION_LIMIT = BIAS + 63;

/** Sets C2 when the argument is too large to reduce; clears it otherwise. */
function outOfRange(state: X87State, a: Operand): boolean {
  state.statusWord &= ~C2;
  if (a.kind !== FINITE || a.exponent < REDUCTION_LIMIT) return false;
  state.statusWord |= C2;
  return true;
}

/** FSIN and FCOS. */
function trigonometric(compute: Unary): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    const rounder = state.begin();
    state.statusWord &= ~C2;
    if (state.isEmpty(0)) return emptyResult(state);
    const { a } = state;
    state.read(0, a);
    if (outOfRange(state, a)) return DONE;
    rounder.precision = 64;
    compute(rounder, a);
    return state.commit(0);
  };
}

/** Below this processors return sin x = tan x = x and cos x = 1, whatever the rounding mode. */
const NEGLIGIBLE = BIAS - 68;
/** Below this, and down to the other, they take tan x, which is more than x, for a little less. */
const SMALL_TANGENT = BIAS - 33;

function returnSmall(r: Rounder, a: Operand): void {
  r.keep(a);
  callInexact(r);
}

function computeTangent(r: Rounder, a: Operand): void {
  if (a.exponent < NEGLIGIBLE) {
    returnSmall(r, a);
  } else if (a.exponent < SMALL_TANGENT) {
    const { m, e } = realOf(a);
    roundReal(r, a.sign, { m: (m << 64n) - 1n, e: e - 64 });
  } else {
    roundTangent(r, a.sign, reduce(a));
  }
}

function computeSine(r: Rounder, a: Operand): void {
  if (a.kind >= QUIET) propagate(r, a, a);
  else if (a.kind === INFINITE) r.invalid();
  else if (a.kind === ZERO) r.zero(a.sign);
  else if (!r.denormal(a.denormal)) {
    if (a.exponent < NEGLIGIBLE) returnSmall(r, a);
    else roundSine(r, a.sign, reduce(a));
  }
}

function computeCosine(r: Rounder, a: Operand): void {
  if (a.kind >= QUIET) propagate(r, a, a);
  else if (a.kind === INFINITE) r.invalid();
  else if (a.kind === ZERO) r.set(0, BIAS, 0x8000_0000, 0);
  else if (!r.denormal(a.denormal)) {
    if (a.exponent >= NEGLIGIBLE) {
      roundCosine(r, reduce(a));
    } else {
      r.set(0, BIAS, 0x8000_0000, 0);
      r.flags |= PE;
      r.up = false;
    }
  }
}

export const fsin = trigonometric(computeSine);
export const fcos = trigonometric(computeCosine);

/** FSINCOS and FPTAN: a result in place of ST(0), and another pushed. */
function pushing(first: Unary, second: Unary): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    const rounder = state.begin();
    state.statusWord &= ~C2;
    if (state.isEmpty(0) || !state.isEmpty(7)) {
      const masked = state.isEmpty(0) ? state.underflow() : state.overflow();
      if (!masked) return WITHHELD;
      state.writeIndefinite(0);
      state.push();
      state.writeIndefinite(0);
      return DONE;
    }
    const { a } = state;
    state.read(0, a);
    if (outOfRange(state, a)) return DONE;
    rounder.precision = 64;
    first(rounder, a);
    return pushSecond(state, rounder, second);
  };
}

function pushSecond(state: X87State, rounder: Rounder, second: Unary): Status {
  if (!state.settle()) return WITHHELD;
  state.writeResult(0);
  // C1 tells of the result pushed, so a cosine's rounding replaces a sine's.
  state.statusWord &= ~C1;
  second(rounder, state.a);
  if (!state.settle()) return WITHHELD;
  state.push();
  state.writeResult(0);
  return DONE;
}

export const fsincos = pushing(computeSine, computeCosine);

export const fptan = pushing(
  (r, a) => {
    if (a.kind >= QUIET) propagate(r, a, a);
    else if (a.kind === INFINITE) r.invalid();
    else if (a.kind === ZERO) r.zero(a.sign);
    else if (!r.denormal(a.denormal)) computeTangent(r, a);
  },
  (r, a) => {
    if (a.kind < INFINITE) r.set(0, BIAS, 0x8000_0000, 0);
  },
);

/** atan2(ST(1), ST(0)). */
export const fpatan = pair((r, x, y) => {
  if (r.denormal(x.denormal || y.denormal)) return;
  if (y.kind === ZERO || (x.kind === INFINITE && y.kind !== INFINITE)) {
    if (x.sign === 0) r.zero(y.sign);
    else roundReal(r, y.sign, PI_REAL);
  } else if (y.kind === INFINITE) {
    const eighths = x.kind !== INFINITE ? 4n : x.sign === 0 ? 2n : 6n;
    roundReal(r, y.sign, { m: PI_REAL.m * eighths, e: PI_REAL.e - 3 });
  } else if (x.kind === ZERO) {
    roundReal(r, y.sign, { m: PI_REAL.m, e: PI_REAL.e - 1 });
  } else {
    // Here, too, the processors take a small angle for its tangent.
    const small = x.sign === 0 && y.exponent - x.exponent < -40;
    if (!small) roundReal(r, y.sign, angle(x, y));
    else divide(r, y, x);
    if (small) callInexact(r);
  }
});

/** The angle of the point (x, |y|), between 0 and pi. */
function angle(x: Operand, y: Operand): Real {
  const width = realOf(x);
  const height = realOf(y);
  const steep = y.exponent > x.exponent || (y.exponent === x.exponent && height.m > width.m);
  const acute = arctangent(steep ? quotient(width, height) : quotient(height, width));
  if (!steep && x.sign === 0) return acute;
  const part = toFixed(acute);
  const pi = toFixed(PI_REAL);
  if (!steep) return fixed(pi - part);
  return fixed(x.sign === 0 ? (pi >> 1n) - part : (pi >> 1n) + part);
}

function fixed(m: bigint): Real {
  return { m, e: -160 };
}
