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

/** The running remainder of a long division, four 16-bit digits. */
const remainder = new Int32Array(4);

/**
 * One 16-bit digit of the quotient. The estimate from doubles is wrong by at most one, which the
 * exact remainder shows.
 */
function quotientDigit(d3: number, d2: number, d1: number, d0: number): number {
  const top = remainder[3] * 0x1_0000 + remainder[2];
  const rest = remainder[1] * 0x1_0000 + remainder[0];
  const divisor = (d3 * 0x1_0000 + d2) * 0x1_0000_0000 + (d1 * 0x1_0000 + d0);
  let digit = Math.floor(((top * 0x1_0000_0000 + rest) / divisor) * 0x1_0000);
  let t = -digit * d0;
  let r0 = t & 0xffff;
  t = Math.floor(t / 0x1_0000) + remainder[0] - digit * d1;
  let r1 = t & 0xffff;
  t = Math.floor(t / 0x1_0000) + remainder[1] - digit * d2;
  let r2 = t & 0xffff;
  t = Math.floor(t / 0x1_0000) + remainder[2] - digit * d3;
  let r3 = t & 0xffff;
  let r4 = Math.floor(t / 0x1_0000) + remainder[3];
  while (r4 < 0 || r4 > 0 || atLeast(r3, r2, r1, r0, d3, d2, d1, d0)) {
    const step = r4 < 0 ? 1 : -1;
    digit -= step;
    t = r0 + step * d0;
    r0 = t & 0xffff;
    t = (t >> 16) + r1 + step * d1;
    r1 = t & 0xffff;
    t = (t >> 16) + r2 + step * d2;
    r2 = t & 0xffff;
    t = (t >> 16) + r3 + step * d3;
    r3 = t & 0xffff;
    r4 += t >> 16;
  }
  remainder[0] = r0;
  remainder[1] = r1;
  remainder[2] = r2;
  remainder[3] = r3;
  return digit;
}

function atLeast(
  r3: number,
  r2: number,
  r1: number,
  r0: number,
  d3: number,
  d2: number,
  d1: number,
  d0: number,
): boolean {
  if (r3 !== d3) return r3 > d3;
  if (r2 !== d2) return r2 > d2;
  if (r1 !== d1) return r1 > d1;
  return r0 >= d0;
}

function divideMagnitudes(r: Rounder, a: Operand, b: Operand, sign: number): void {
  const d0 = b.low & 0xffff;
  const d1 = b.low >>> 16;
  const d2 = b.high & 0xffff;
  const d3 = b.high >>> 16;
  const lowDifference = (a.low >>> 0) - (b.low >>> 0);
  const highDifference = (a.high >>> 0) - (b.high >>> 0) - (lowDifference < 0 ? 1 : 0);
  const whole = highDifference >= 0;
  const low = whole ? lowDifference : a.low;
  const high = whole ? highDifference : a.high;
  remainder[0] = low & 0xffff;
  remainder[1] = low >>> 16;
  remainder[2] = high & 0xffff;
  remainder[3] = high >>> 16;
  const first = quotientDigit(d3, d2, d1, d0);
  const upper = (first << 16) | quotientDigit(d3, d2, d1, d0);
  const second = quotientDigit(d3, d2, d1, d0);
  const lower = (second << 16) | quotientDigit(d3, d2, d1, d0);
  const exponent = a.exponent - b.exponent + BIAS;
  if (whole) {
    const extra = (lower << 31) | remains();
    r.round(sign, exponent, (upper >>> 1) | 0x8000_0000, (upper << 31) | (lower >>> 1), extra);
  } else {
    const digit = quotientDigit(d3, d2, d1, d0);
    r.round(sign, exponent - 1, upper, lower, (digit << 16) | remains());
  }
}

function remains(): number {
  return (remainder[0] | remainder[1] | remainder[2] | remainder[3]) !== 0 ? 1 : 0;
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
