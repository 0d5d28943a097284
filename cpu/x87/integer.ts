// Integers in memory and FRNDINT. Intel SDM vol. 1, 8.3.2 "Data Transfer Instructions" and
// table 8-10 (the integer indefinite), vol. 2A, "FIST", "FISTTP" and "FRNDINT".

import { propagate } from './add.js';
import { BIAS, INFINITE, type Operand, QUIET, ZERO } from './operand.js';
import type { Rounder } from './rounder.js';
import { I16, I32, I64, IE } from './words.js';

/** Stores `a` as a 16-, 32- or 64-bit integer rounded by `mode`, or the integer indefinite. */
export function storeInteger(
  r: Rounder,
  a: Operand,
  view: DataView,
  target: number,
  format: number,
  mode: number,
): void {
  if (!toSigned(r, a, format, mode)) {
    r.flags = IE;
    r.up = false;
    r.high = format === I64 ? 0x8000_0000 | 0 : 0;
    r.low = format === I64 ? 0 : format === I32 ? 0x8000_0000 | 0 : 0x8000;
  }
  if (format === I16) {
    view.setInt16(target, r.low, true);
    return;
  }
  view.setInt32(target, r.low, true);
  if (format === I64) view.setInt32(target + 4, r.high, true);
}

/** Leaves the integer in high:low of the rounder; false when it does not fit. */
function toSigned(r: Rounder, a: Operand, format: number, mode: number): boolean {
  if (a.kind === ZERO) {
    r.high = 0;
    r.low = 0;
    return true;
  }
  if (a.kind >= INFINITE || !r.roundToInteger(a, mode)) return false;
  if (!fits(r, a.sign, format)) return false;
  if (a.sign === 1) {
    r.low = -r.low | 0;
    r.high = r.low === 0 ? -r.high | 0 : ~r.high;
  }
  return true;
}

function fits(r: Rounder, sign: number, format: number): boolean {
  if (format === I64) {
    return r.high >= 0 || (sign === 1 && r.high === (0x8000_0000 | 0) && r.low === 0);
  }
  const limit = (format === I32 ? 0x7fff_ffff : 0x7fff) + sign;
  return r.high === 0 && r.low >>> 0 <= limit;
}

/** FRNDINT. */
export function roundToIntegral(r: Rounder, a: Operand): void {
  if (a.kind >= QUIET) {
    propagate(r, a, a);
  } else if (a.kind === INFINITE) {
    r.infinity(a.sign);
  } else if (a.kind === ZERO) {
    r.zero(a.sign);
  } else if (!r.denormal(a.denormal)) {
    if (a.exponent >= BIAS + 63 || !r.roundToInteger(a)) {
      r.set(a.sign, a.exponent, a.high, a.low);
      return;
    }
    // The operand is free now: let it normalise the integer.
    a.setMagnitude(r.high, r.low);
    r.set(a.sign, a.exponent, a.high, a.low);
  }
}
