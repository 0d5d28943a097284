// Instructions that work on exponents and integer quotients: FRNDINT, FSCALE, FXTRACT, FPREM and
// FPREM1. Intel SDM vol. 2A under these names.

import { propagate } from './add.js';
import { roundToIntegral } from './integer.js';
import { BIAS, FINITE, INFINITE, type Operand, QUIET, ZERO } from './operand.js';
import { emptyResult, type Operation } from './operations.js';
import type { Rounder } from './rounder.js';
import type { X87State } from './state.js';
import { C0, C1, C2, C3, DE, DONE, FAULT, type Status, WITHHELD, ZE } from './words.js';

export const frndint: Operation = (state) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  if (state.isEmpty(0)) return emptyResult(state);
  state.read(0, state.a);
  roundToIntegral(rounder, state.a);
  return state.commit(0);
};

export const fscale: Operation = (state) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  if (state.isEmpty(0) || state.isEmpty(1)) return emptyResult(state);
  state.read(0, state.a);
  state.read(1, state.b);
  scale(rounder, state.a, state.b);
  return state.commit(0);
};

/** Far enough to carry any value out of range in either direction. */
const FAR = 0x1_0000;

function scale(r: Rounder, a: Operand, b: Operand): void {
  r.precision = 64;
  if (a.kind >= QUIET || b.kind >= QUIET) {
    propagate(r, a, b);
  } else if (b.kind === INFINITE) {
    scaleByInfinity(r, a, b);
  } else if (!r.denormal(a.denormal || b.denormal)) {
    if (a.kind === INFINITE) r.infinity(a.sign);
    else if (a.kind === ZERO) r.zero(a.sign);
    else if (b.kind === ZERO) r.same(a);
    else r.round(a.sign, a.exponent + truncate(b), a.high, a.low, 0);
  }
}

function scaleByInfinity(r: Rounder, a: Operand, b: Operand): void {
  if (a.kind === (b.sign === 1 ? INFINITE : ZERO)) {
    r.invalid();
  } else if (!r.denormal(a.denormal)) {
    if (b.sign === 1) r.zero(a.sign);
    else r.infinity(a.sign);
  }
}

function truncate(b: Operand): number {
  if (b.kind === ZERO || b.exponent < BIAS) return 0;
  const power = b.exponent - BIAS;
  const size = power > 16 ? FAR : b.high >>> (31 - power);
  return b.sign === 1 ? -size : size;
}

export const fxtract: Operation = (state) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  if (state.isEmpty(0)) {
    if (!state.underflow()) return WITHHELD;
    state.writeIndefinite(0);
    state.push();
    state.writeIndefinite(0);
    return DONE;
  }
  if (!state.isEmpty(7)) {
    if (!state.overflow()) return WITHHELD;
    state.writeIndefinite(0);
    state.push();
    state.writeIndefinite(0);
    return DONE;
  }
  state.read(0, state.a);
  return extract(state, rounder, state.a);
};

function extract(state: X87State, rounder: Rounder, a: Operand): Status {
  if (a.kind >= QUIET) {
    propagate(rounder, a, a);
    if (!state.settle()) return WITHHELD;
    state.writeResult(0);
    state.push();
    state.writeResult(0);
    return DONE;
  }
  if (a.kind === ZERO) rounder.flags |= ZE;
  if (a.denormal) rounder.flags |= DE;
  if (!state.settle()) return WITHHELD;
  if (a.kind === FINITE) {
    state.b.setInteger(a.exponent - BIAS);
    rounder.exact(state.b);
  } else {
    rounder.infinity(a.kind === ZERO ? 1 : 0);
  }
  state.writeResult(0);
  state.push();
  if (a.kind === FINITE) rounder.set(a.sign, BIAS, a.high, a.low);
  else if (a.kind === ZERO) rounder.zero(a.sign);
  else rounder.infinity(a.sign);
  state.writeResult(0);
  return DONE;
}

/** FPREM truncates the quotient, FPREM1 rounds it to nearest. */
function remainderBy(nearest: boolean): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    const rounder = state.begin();
    state.statusWord &= ~C2;
    if (state.isEmpty(0) || state.isEmpty(1)) return emptyResult(state);
    const { a, b } = state;
    state.read(0, a);
    state.read(1, b);
    rounder.precision = 64;
    const code = remainder(rounder, a, b, nearest);
    if (!state.settle()) return WITHHELD;
    state.writeResult(0);
    if (code >= 0) state.statusWord = (state.statusWord & ~(C0 | C1 | C3)) | code;
    return DONE;
  };
}

export const fprem = remainderBy(false);
export const fprem1 = remainderBy(true);

/** Leaves the remainder in the rounder; the condition code, or -1 when it does not change. */
function remainder(r: Rounder, a: Operand, b: Operand, nearest: boolean): number {
  if (a.kind >= QUIET || b.kind >= QUIET) {
    propagate(r, a, b);
    return -1;
  }
  if (a.kind === INFINITE || b.kind === ZERO) {
    r.invalid();
    return -1;
  }
  if (r.denormal(a.denormal || b.denormal)) return -1;
  if (a.kind === ZERO) {
    r.zero(a.sign);
    return 0;
  }
  if (b.kind === INFINITE) {
    r.same(a);
    return 0;
  }
  return remainderOfFinite(r, a, b, nearest);
}

function remainderOfFinite(r: Rounder, a: Operand, b: Operand, nearest: boolean): number {
  const distance = a.exponent - b.exponent;
  if (distance < -1 || (distance === -1 && !nearest)) {
    r.keep(a);
    return 0;
  }
  const divisor = significand(b);
  if (distance >= 64) {
    // Partial: takes off at most 63 bits so that the rest stays exact.
    const bits = 32 + (distance & 31);
    const rest = (significand(a) << BigInt(bits)) % divisor;
    writeMagnitude(r, rest, a.sign, a.exponent - bits);
    return C2;
  }
  // With a distance of -1 both are scaled by two, so that the divisor stays an integer.
  const scaled = distance < 0 ? divisor << 1n : divisor;
  const dividend = significand(a) << BigInt(Math.max(distance, 0));
  let quotient = dividend / scaled;
  let rest = dividend - quotient * scaled;
  let { sign } = a;
  if (nearest && (2n * rest > scaled || (2n * rest === scaled && (quotient & 1n) === 1n))) {
    quotient++;
    rest = scaled - rest;
    sign ^= 1;
  }
  writeMagnitude(r, rest, rest === 0n ? a.sign : sign, distance < 0 ? a.exponent : b.exponent);
  return quotientBits(Number(quotient & 7n));
}

/** Bits 2, 1 and 0 of the quotient go to C0, C3 and C1. */
function quotientBits(quotient: number): number {
  return ((quotient & 4) !== 0 ? C0 : 0) | ((quotient & 2) !== 0 ? C3 : 0) | ((quotient & 1) * C1);
}

export function significand(a: Operand): bigint {
  return (BigInt(a.high >>> 0) << 32n) | BigInt(a.low >>> 0);
}

/** value * 2^(exponent - BIAS - 63), which is exact unless it is denormal. */
function writeMagnitude(r: Rounder, value: bigint, sign: number, exponent: number): void {
  if (value === 0n) {
    r.zero(sign);
    return;
  }
  const shift = 64 - value.toString(2).length;
  const normal = value << BigInt(shift);
  const high = Number(normal >> 32n) | 0;
  r.round(sign, exponent - shift, high, Number(normal & 0xffff_ffffn) | 0, 0);
}
