// Single and double precision in memory: FST and FSTP m32fp/m64fp, and the exact widening of
// FLD. Intel SDM vol. 2A, "FST/FSTP"; vol. 1, table 4-3 for the encodings.

import { INFINITE, type Operand, QUIET, SIGNALING, UNSUPPORTED, ZERO } from './operand.js';
import type { Rounder } from './rounder.js';
import { IE } from './words.js';

/** Raises IE for what is no number, and says which significand a NaN keeps. */
function storesNaN(r: Rounder, a: Operand): boolean {
  if (a.kind < QUIET) return false;
  if (a.kind >= SIGNALING) r.flags |= IE;
  r.high = a.kind === UNSUPPORTED ? 0xc000_0000 | 0 : a.high | 0x4000_0000;
  r.low = a.kind === UNSUPPORTED ? 0 : a.low;
  if (a.kind === UNSUPPORTED) a.sign = 1;
  return true;
}

export function storeSingle(r: Rounder, a: Operand, view: DataView, target: number): boolean {
  let exponent = 0xff;
  if (a.kind === ZERO) {
    exponent = 0;
    r.high = 0;
  } else if (a.kind === INFINITE) {
    r.high = 0;
  } else if (!storesNaN(r, a)) {
    exponent = r.roundNarrow(a, 24, 127, 0xff);
    if (exponent < 0) return false;
  }
  const fraction = (r.high & 0x7fff_ffff) >>> 8;
  view.setInt32(target, (a.sign << 31) | (exponent << 23) | fraction, true);
  return true;
}

export function storeDouble(r: Rounder, a: Operand, view: DataView, target: number): boolean {
  let exponent = 0x7ff;
  if (a.kind === ZERO) {
    exponent = 0;
    r.high = 0;
    r.low = 0;
  } else if (a.kind === INFINITE) {
    r.high = 0;
    r.low = 0;
  } else if (!storesNaN(r, a)) {
    exponent = r.roundNarrow(a, 53, 1023, 0x7ff);
    if (exponent < 0) return false;
  }
  const fraction = (r.high & 0x7fff_ffff) >>> 11;
  view.setInt32(target + 4, (a.sign << 31) | (exponent << 20) | fraction, true);
  view.setInt32(target, (r.high << 21) | (r.low >>> 11), true);
  return true;
}
