// Sums, differences and products of extended reals, and which NaN an operation on NaNs returns.
// Intel SDM vol. 1, 4.8.3.5 "Operating on SNaNs and QNaNs" and 8.5.1.2.

import {
  BIAS,
  INFINITE,
  MAX_EXPONENT,
  type Operand,
  QUIET,
  SIGNALING,
  UNSUPPORTED,
  ZERO,
} from './operand.js';
import type { Rounder } from './rounder.js';
import { IE, ROUND_DOWN } from './words.js';

/** The NaN that results when at least one operand is a NaN or unsupported. */
export function propagate(r: Rounder, a: Operand, b: Operand): void {
  if (a.kind === UNSUPPORTED || b.kind === UNSUPPORTED) {
    r.invalid();
    return;
  }
  if (a.kind === SIGNALING || b.kind === SIGNALING) r.flags |= IE;
  const nan = chooseNaN(a, b);
  r.set(nan.sign, MAX_EXPONENT, nan.high | 0x4000_0000, nan.low);
}

function chooseNaN(a: Operand, b: Operand): Operand {
  if (b.kind < QUIET) return a;
  if (a.kind < QUIET) return b;
  if (a.kind !== b.kind) return a.kind === QUIET ? a : b;
  const order = compareSignificands(a, b);
  if (order !== 0) return order > 0 ? a : b;
  return a.sign <= b.sign ? a : b;
}

export function compareSignificands(a: Operand, b: Operand): number {
  return (a.high >>> 0) - (b.high >>> 0) || (a.low >>> 0) - (b.low >>> 0);
}

/** a + b, or a - b when `subtract` is 1. */
export function add(r: Rounder, a: Operand, b: Operand, subtract: 0 | 1): void {
  const signB = b.sign ^ subtract;
  if (a.kind >= INFINITE || b.kind >= INFINITE) {
    addSpecial(r, a, b, signB);
    return;
  }
  if (r.denormal(a.denormal || b.denormal)) return;
  if (b.kind === ZERO) {
    if (a.kind !== ZERO) r.keep(a);
    else r.zero(a.sign === signB ? a.sign : zeroSign(r));
  } else if (a.kind === ZERO) {
    r.keep(b, signB);
  } else if (a.sign === signB) {
    if (a.exponent >= b.exponent) addMagnitudes(r, a, b, signB);
    else addMagnitudes(r, b, a, signB);
  } else {
    const order = a.exponent - b.exponent || compareSignificands(a, b);
    if (order === 0) r.zero(zeroSign(r));
    else if (order > 0) subtractMagnitudes(r, a, b, a.sign);
    else subtractMagnitudes(r, b, a, signB);
  }
}

/** The sign of an exact zero sum of operands with different signs. */
function zeroSign(r: Rounder): number {
  return r.mode === ROUND_DOWN ? 1 : 0;
}

function addSpecial(r: Rounder, a: Operand, b: Operand, signB: number): void {
  if (a.kind >= QUIET || b.kind >= QUIET) {
    propagate(r, a, b);
  } else if (a.kind === INFINITE && b.kind === INFINITE && a.sign !== signB) {
    r.invalid();
  } else if (!r.denormal(a.denormal || b.denormal)) {
    r.infinity(a.kind === INFINITE ? a.sign : signB);
  }
}

function addMagnitudes(r: Rounder, large: Operand, small: Operand, sign: number): void {
  r.shiftRight(small.high, small.low, 0, large.exponent - small.exponent);
  const low = (large.low >>> 0) + (r.low >>> 0);
  const high = (large.high >>> 0) + (r.high >>> 0) + (low > 0xffff_ffff ? 1 : 0);
  if (high <= 0xffff_ffff) {
    r.round(sign, large.exponent, high | 0, low | 0, r.shiftedOut);
    return;
  }
  const extra = r.shiftedOut;
  r.round(
    sign,
    large.exponent + 1,
    (high >>> 1) | 0x8000_0000,
    (high << 31) | ((low | 0) >>> 1),
    (low << 31) | (extra >>> 1) | (extra & 1),
  );
}

function subtractMagnitudes(r: Rounder, large: Operand, small: Operand, sign: number): void {
  let exponent = large.exponent;
  r.shiftRight(small.high, small.low, 0, exponent - small.exponent);
  let extra = -r.shiftedOut | 0;
  const lowDifference = (large.low >>> 0) - (r.low >>> 0) - (extra !== 0 ? 1 : 0);
  let low = lowDifference | 0;
  let high = (large.high - r.high - (lowDifference < 0 ? 1 : 0)) | 0;
  // Only operands whose exponents differ by less than two cancel by more than one bit, and then
  // nothing was or-ed together below.
  while (high === 0) {
    high = low;
    low = extra;
    extra = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(high);
  if (shift > 0) {
    high = (high << shift) | (low >>> (32 - shift));
    low = (low << shift) | (extra >>> (32 - shift));
    extra <<= shift;
    exponent -= shift;
  }
  r.round(sign, exponent, high, low, extra);
}

export function multiply(r: Rounder, a: Operand, b: Operand): void {
  const sign = a.sign ^ b.sign;
  if (a.kind >= QUIET || b.kind >= QUIET) {
    propagate(r, a, b);
  } else if (a.kind === INFINITE || b.kind === INFINITE) {
    if (a.kind === ZERO || b.kind === ZERO) r.invalid();
    else if (!r.denormal(a.denormal || b.denormal)) r.infinity(sign);
  } else if (!r.denormal(a.denormal || b.denormal)) {
    if (a.kind === ZERO || b.kind === ZERO) r.zero(sign);
    else multiplyMagnitudes(r, a, b, sign);
  }
}

/** Schoolbook multiplication in 16-bit digits: every column's sum is exact in a double. */
function multiplyMagnitudes(r: Rounder, a: Operand, b: Operand, sign: number): void {
  const a0 = a.low & 0xffff;
  const a1 = a.low >>> 16;
  const a2 = a.high & 0xffff;
  const a3 = a.high >>> 16;
  const b0 = b.low & 0xffff;
  const b1 = b.low >>> 16;
  const b2 = b.high & 0xffff;
  const b3 = b.high >>> 16;
  let column = a0 * b0;
  let sticky = column & 0xffff;
  column = Math.floor(column / 0x1_0000) + a0 * b1 + a1 * b0;
  sticky |= column & 0xffff;
  column = Math.floor(column / 0x1_0000) + a0 * b2 + a1 * b1 + a2 * b0;
  const digit2 = column & 0xffff;
  column = Math.floor(column / 0x1_0000) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  let extra = ((column & 0xffff) << 16) | digit2 | (sticky !== 0 ? 1 : 0);
  column = Math.floor(column / 0x1_0000) + a1 * b3 + a2 * b2 + a3 * b1;
  const digit4 = column & 0xffff;
  column = Math.floor(column / 0x1_0000) + a2 * b3 + a3 * b2;
  let low = ((column & 0xffff) << 16) | digit4;
  let high = (Math.floor(column / 0x1_0000) + a3 * b3) | 0;
  let exponent = a.exponent + b.exponent - BIAS + 1;
  if (high >= 0) {
    high = (high << 1) | (low >>> 31);
    low = (low << 1) | (extra >>> 31);
    extra = (extra << 1) | (extra & 1);
    exponent--;
  }
  r.round(sign, exponent, high, low, extra);
}
