// Orders two extended reals, as FCOM, FUCOM and FCOMI report it. Intel SDM vol. 2A, "FCOM".

import { compareSignificands } from './add.js';
import { INFINITE, type Operand, QUIET, ZERO } from './operand.js';
import type { Rounder } from './rounder.js';
import { C0, C2, C3, IE } from './words.js';

export const LESS = C0;
export const EQUAL = C3;
export const GREATER = 0;
export const UNORDERED = C0 | C2 | C3;

/** The condition code; `quiet` as FUCOM, which lets quiet NaNs pass without IE. */
export function compare(r: Rounder, a: Operand, b: Operand, quiet: boolean): number {
  if (a.kind >= QUIET || b.kind >= QUIET) {
    if (!quiet || a.kind > QUIET || b.kind > QUIET) r.flags |= IE;
    return UNORDERED;
  }
  r.denormal(a.denormal || b.denormal);
  if (a.kind === ZERO && b.kind === ZERO) return EQUAL;
  const sign = a.kind === ZERO ? b.sign ^ 1 : a.sign;
  if (a.kind !== ZERO && b.kind !== ZERO && a.sign === b.sign) {
    const order = compareMagnitudes(a, b);
    if (order === 0) return EQUAL;
    return order > 0 === (a.sign === 0) ? GREATER : LESS;
  }
  return sign === 1 ? LESS : GREATER;
}

function compareMagnitudes(a: Operand, b: Operand): number {
  if (a.kind === INFINITE || b.kind === INFINITE) return a.kind - b.kind;
  return a.exponent - b.exponent || compareSignificands(a, b);
}
