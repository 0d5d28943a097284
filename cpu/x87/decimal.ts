// Packed BCD: 18 decimal digits in nine bytes and a sign byte. Intel SDM vol. 1, 4.7 "BCD and
// Packed BCD Integers"; vol. 2A, "FBLD" and "FBSTP".

import { INFINITE, type Operand, ZERO } from './operand.js';
import type { Rounder } from './rounder.js';
import { IE } from './words.js';

const DIGIT_BYTES = 9;
const LIMIT = 10n ** 18n;

export function loadDecimal(view: DataView, source: number, operand: Operand): void {
  let value = 0n;
  for (let index = DIGIT_BYTES - 1; index >= 0; index--) {
    const byte = view.getUint8(source + index);
    value = value * 100n + BigInt((byte >>> 4) * 10 + (byte & 15));
  }
  operand.sign = view.getUint8(source + DIGIT_BYTES) >>> 7;
  operand.setMagnitude(Number(value >> 32n) | 0, Number(value & 0xffff_ffffn) | 0);
}

export function storeDecimal(r: Rounder, a: Operand, view: DataView, target: number): void {
  let value = magnitude(r, a);
  if (value < 0n || value >= LIMIT) {
    r.flags = IE;
    r.up = false;
    view.setUint32(target, 0, true);
    view.setUint32(target + 4, 0xc000_0000, true);
    view.setUint16(target + 8, 0xffff, true);
    return;
  }
  for (let index = 0; index < DIGIT_BYTES; index++) {
    const pair = Number(value % 100n);
    value /= 100n;
    view.setUint8(target + index, (Math.floor(pair / 10) << 4) | (pair % 10));
  }
  view.setUint8(target + DIGIT_BYTES, a.sign << 7);
}

/** The integer nearest to `a` without its sign, or -1 when there is none. */
function magnitude(r: Rounder, a: Operand): bigint {
  if (a.kind === ZERO) return 0n;
  if (a.kind >= INFINITE || !r.roundToInteger(a)) return -1n;
  return (BigInt(r.high >>> 0) << 32n) | BigInt(r.low >>> 0);
}
