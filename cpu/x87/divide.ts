// Quotients and square roots of extended reals. Intel SDM vol. 2A, "FDIV" and "FSQRT".

import { propagate } from './add.js';
import { BIAS, FINITE, INFINITE, type Operand, QUIET, ZERO } from './operand.js';
import type { Rounder } from './rounder.js';
import { ZE } from './words.js';

export function divide(r: Rounder, a: Operand, b: Operand): void {
  const sign = a.sign ^ b.sign;
  if (a.kind >= QUIET || b.kind >= QUIET) {
    propagate(r, a, b);
  } else if (a.kind === b.kind && a.kind !== FINITE) {
    r.invalid(); // 0/0 and infinity/infinity
  } else if (a.kind === INFINITE) {
    if (!r.denormal(b.denormal)) r.infinity(sign);
  } else if (b.kind === ZERO) {
    r.flags |= ZE;
    r.infinity(sign);
  } else if (!r.denormal(a.denormal || b.denormal)) {
    if (a.kind === ZERO || b.kind === INFINITE) r.zero(sign);
    else divideMagnitudes(r, a, b, sign);
  }
}

/** The running remainder of a long division: three 22-bit digits, the last first. */
const remainder = new Int32Array(3);
const DIGIT = 0x40_0000;
const DIGIT_MASK = DIGIT - 1;

/**
 * One 22-bit digit of the quotient. The estimate from doubles is wrong by at most one, which the
 * exact remainder shows. `rough` is the divisor as a double.
 */
function quotientDigit(d2: number, d1: number, d0: number, rough: number): number {
  const dividend = (remainder[2] * DIGIT + remainder[1]) * DIGIT + remainder[0];
  let digit = Math.floor((dividend * DIGIT) / rough);
  let t = 0 - digit * d0;
  let r0 = t & DIGIT_MASK;
  t = Math.floor(t / DIGIT) + remainder[0] - digit * d1;
  let r1 = t & DIGIT_MASK;
  t = Math.floor(t / DIGIT) + remainder[1] - digit * d2;
  let r2 = t & DIGIT_MASK;
  let r3 = Math.floor(t / DIGIT) + remainder[2];
  while (r3 !== 0 || atLeast(r2, r1, r0, d2, d1, d0)) {
    const step = r3 < 0 ? 1 : -1;
    digit -= step;
    t = r0 + step * d0;
    r0 = t & DIGIT_MASK;
    t = (t >> 22) + r1 + step * d1;
    r1 = t & DIGIT_MASK;
    t = (t >> 22) + r2 + step * d2;
    r2 = t & DIGIT_MASK;
    r3 += t >> 22;
  }
  remainder[0] = r0;
  remainder[1] = r1;
  remainder[2] = r2;
  return digit;
}

function atLeast(r2: number, r1: number, r0: number, d2: number, d1: number, d0: number): boolean {
  if (r2 !== d2) return r2 > d2;
  if (r1 !== d1) return r1 > d1;
  return r0 >= d0;
}

function divideMagnitudes(r: Rounder, a: Operand, b: Operand, sign: number): void {
  const d0 = b.low & DIGIT_MASK;
  const d1 = (b.low >>> 22) | ((b.high & 0xfff) << 10);
  const d2 = b.high >>> 12;
  const rough = (d2 * DIGIT + d1) * DIGIT + d0;
  const lowDifference = (a.low >>> 0) - (b.low >>> 0);
  const highDifference = (a.high >>> 0) - (b.high >>> 0) - (lowDifference < 0 ? 1 : 0);
  const whole = highDifference >= 0;
  const low = (whole ? lowDifference : a.low) | 0;
  const high = (whole ? highDifference : a.high) | 0;
  remainder[0] = low & DIGIT_MASK;
  remainder[1] = (low >>> 22) | ((high & 0xfff) << 10);
  remainder[2] = high >>> 12;
  const first = quotientDigit(d2, d1, d0, rough);
  const second = quotientDigit(d2, d1, d0, rough);
  const third = quotientDigit(d2, d1, d0, rough);
  const exponent = a.exponent - b.exponent + BIAS;
  if (whole) {
    const upper = 0x8000_0000 | (first << 9) | (second >>> 13);
    const lower = (second << 19) | (third >>> 3);
    r.round(sign, exponent, upper, lower, (third << 29) | remains());
  } else {
    const upper = (first << 10) | (second >>> 12);
    const lower = (second << 20) | (third >>> 2);
    r.round(sign, exponent - 1, upper, lower, (third << 30) | remains());
  }
}

function remains(): number {
  return (remainder[0] | remainder[1] | remainder[2]) !== 0 ? 1 : 0;
}

export function squareRoot(r: Rounder, a: Operand): void {
  if (a.kind >= QUIET) {
    propagate(r, a, a);
  } else if (a.kind === ZERO) {
    r.zero(a.sign);
  } else if (a.sign === 1) {
    r.invalid();
  } else if (a.kind === INFINITE) {
    r.infinity(0);
  } else if (!r.denormal(a.denormal)) {
    rootMagnitude(r, a);
  }
}

function rootMagnitude(r: Rounder, a: Operand): void {
  const power = a.exponent - BIAS;
  const odd = power & 1;
  const significand = (BigInt(a.high >>> 0) << 32n) | BigInt(a.low >>> 0);
  const radicand = significand << (odd === 1 ? 66n : 65n);
  const root = integerRoot(radicand);
  // 65 bits: the significand and its half bit.
  const sticky = root * root === radicand ? 0 : 1;
  const extra = (Number(root & 1n) << 31) | sticky;
  const high = Number((root >> 33n) & 0xffff_ffffn);
  const low = Number((root >> 1n) & 0xffff_ffffn);
  r.round(0, ((power - odd) >> 1) + BIAS, high | 0, low | 0, extra);
}

/** floor(sqrt(n)) for n of up to 130 bits: one Newton step doubles the 52 bits of Math.sqrt. */
function integerRoot(n: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(n))));
  root = (root + n / root) >> 1n;
  while (root * root > n) root--;
  while ((root + 1n) * (root + 1n) <= n) root++;
  return root;
}
