// Where every x87 result is made: rounding under the control word's RC and PC, overflow and
// underflow, and the exception flags raised on the way. Intel SDM vol. 1, 8.5 "x87 FPU
// Floating-Point Exception Conditions" and 4.9.1.

import { BIAS, MAX_EXPONENT, type Operand, SIGNALING, ZERO } from './operand.js';
import {
  DE,
  EXCEPTIONS,
  IE,
  OE,
  PE,
  ROUND_DOWN,
  ROUND_NEAREST,
  ROUND_TO_ZERO,
  ROUND_UP,
  UE,
} from './words.js';

/** What is added to or taken from the exponent of a result whose UE or OE is not masked. */
const WRAP = 24576;

export class Rounder {
  mode = ROUND_NEAREST;
  /** Significant bits that precision control leaves: 24, 53 or 64. */
  precision = 64;
  masks = EXCEPTIONS;

  /** Exceptions raised since `begin`. */
  flags = 0;
  /** The magnitude was rounded up: C1. */
  up = false;

  /** The result, packed. Halves are signed 32-bit integers. */
  signExponent = 0;
  high = 0;
  low = 0;

  private extra = 0;
  private carry = 0;
  private inexact = false;

  begin(controlWord: number): void {
    this.mode = (controlWord >>> 10) & 3;
    const control = (controlWord >>> 8) & 3;
    this.precision = control === 0 ? 24 : control === 2 ? 53 : 64;
    this.masks = controlWord & EXCEPTIONS;
    this.flags = 0;
    this.up = false;
  }

  /** Notes a denormal operand; true when the instruction must stop because DE is not masked. */
  denormal(seen: boolean): boolean {
    if (!seen) return false;
    this.flags |= DE;
    return (this.masks & DE) === 0;
  }

  invalid(): void {
    this.flags |= IE;
    this.set(1, MAX_EXPONENT, 0xc000_0000, 0);
  }

  zero(sign: number): void {
    this.set(sign, 0, 0, 0);
  }

  infinity(sign: number): void {
    this.set(sign, MAX_EXPONENT, 0x8000_0000, 0);
  }

  set(sign: number, exponent: number, high: number, low: number): void {
    this.signExponent = (sign << 15) | exponent;
    this.high = high | 0;
    this.low = low | 0;
  }

  /** The operand itself, as loading it from a narrower format gives it: nothing is rounded. */
  exact(operand: Operand): void {
    let { exponent, high } = operand;
    if (operand.kind === SIGNALING) {
      this.flags |= IE;
      high |= 0x4000_0000;
    }
    if (operand.denormal) this.flags |= DE;
    if (operand.kind === ZERO) exponent = 0;
    this.set(operand.sign, exponent, high, operand.low);
  }

  /** A finite operand of 64 bits unchanged: being tiny is no exception here. */
  same(operand: Operand): void {
    const shift = operand.exponent < 1 ? 1 - operand.exponent : 0;
    this.shiftRight(operand.high, operand.low, 0, shift);
    this.signExponent = (operand.sign << 15) | (shift === 0 ? operand.exponent : 0);
  }

  /** The operand itself, rounded like any result. */
  keep(operand: Operand, sign = operand.sign): void {
    this.round(sign, operand.exponent, operand.high, operand.low, 0);
  }

  /**
   * Rounds a normalised significand of 96 bits (the last 32 hold the half bit and the rest ored
   * together) to the precision in force and packs it.
   */
  round(sign: number, exponent: number, high: number, low: number, extra: number): void {
    if (exponent < 1) {
      this.roundTiny(sign, exponent, high, low, extra);
      return;
    }
    this.roundSignificand(sign, high, low, extra, this.precision);
    const rounded = exponent + this.carry;
    if (rounded >= MAX_EXPONENT) {
      this.overflow(sign, rounded);
      return;
    }
    if (this.inexact) this.flags |= PE;
    this.signExponent = (sign << 15) | rounded;
  }

  private overflow(sign: number, exponent: number): void {
    this.flags |= OE;
    if ((this.masks & OE) === 0) {
      if (exponent - WRAP >= MAX_EXPONENT) {
        // only FSCALE goes so far
        this.infinity(sign);
        this.up = true;
        this.flags |= PE;
        return;
      }
      if (this.inexact) this.flags |= PE;
      this.signExponent = (sign << 15) | (exponent - WRAP);
      return;
    }
    this.flags |= PE;
    this.up = this.overflowsToInfinity(sign);
    if (this.up) this.infinity(sign);
    else this.largest(sign);
  }

  overflowsToInfinity(sign: number): boolean {
    if (this.mode === ROUND_NEAREST) return true;
    return this.mode === (sign === 1 ? ROUND_DOWN : ROUND_UP);
  }

  private largest(sign: number): void {
    const high = this.precision === 24 ? 0xffff_ff00 : 0xffff_ffff;
    const low = this.precision === 24 ? 0 : this.precision === 53 ? 0xffff_f800 : 0xffff_ffff;
    this.set(sign, MAX_EXPONENT - 1, high, low);
  }

  /** Tininess is judged after rounding, as if the exponent had no lower limit. */
  private roundTiny(
    sign: number,
    exponent: number,
    high: number,
    low: number,
    extra: number,
  ): void {
    this.roundSignificand(sign, high, low, extra, this.precision);
    const tiny = exponent + this.carry < 1;
    if (tiny && (this.masks & UE) === 0) {
      const wrapped = exponent + this.carry + WRAP;
      this.flags |= this.inexact || wrapped < 1 ? UE | PE : UE;
      this.signExponent = (sign << 15) | wrapped;
      if (wrapped < 1) {
        this.zero(sign);
        this.up = false;
      }
      return;
    }
    this.shiftRight(high, low, extra, 1 - exponent);
    this.roundSignificand(sign, this.high, this.low, this.extra, this.precision);
    if (this.inexact) this.flags |= tiny ? UE | PE : PE;
    this.signExponent = (sign << 15) | (this.high >>> 31);
  }

  /** Leaves high, low, `carry`, `inexact` and `up`. */
  private roundSignificand(
    sign: number,
    high: number,
    low: number,
    extra: number,
    precision: number,
  ): void {
    let half: number;
    let rest: number;
    let odd: number;
    if (precision === 64) {
      half = extra >>> 31;
      rest = extra & 0x7fff_ffff;
      odd = low & 1;
    } else if (precision === 53) {
      half = (low >>> 10) & 1;
      rest = (low & 0x3ff) | extra;
      odd = (low >>> 11) & 1;
      low &= ~0x7ff;
    } else {
      half = (high >>> 7) & 1;
      rest = (high & 0x7f) | low | extra;
      odd = (high >>> 8) & 1;
      high &= ~0xff;
      low = 0;
    }
    this.decide(sign, half, rest, odd);
    this.carry = 0;
    if (this.up) {
      if (precision === 24) {
        high = (high + 0x100) | 0;
      } else {
        low = (low + (precision === 64 ? 1 : 0x800)) | 0;
        if (low === 0) high = (high + 1) | 0;
      }
      // A denormal that carries only gains its integer bit; a normal significand wraps to zero.
      if (high === 0 && low === 0) {
        high = 0x8000_0000 | 0;
        this.carry = 1;
      }
    }
    this.high = high | 0;
    this.low = low | 0;
  }

  private decide(sign: number, half: number, rest: number, odd: number): void {
    this.inexact = (half | rest) !== 0;
    if (!this.inexact || this.mode === ROUND_TO_ZERO) this.up = false;
    else if (this.mode === ROUND_NEAREST) this.up = half === 1 && (rest | odd) !== 0;
    else this.up = (this.mode === ROUND_DOWN) === (sign === 1);
  }

  /** Shifts 96 bits right, or-ing what falls out into the last bit. */
  shiftRight(high: number, low: number, extra: number, count: number): void {
    if (count >= 96) {
      extra = (high | low | extra) !== 0 ? 1 : 0;
      high = 0;
      low = 0;
      count = 0;
    }
    while (count >= 32) {
      extra = low | (extra !== 0 ? 1 : 0);
      low = high;
      high = 0;
      count -= 32;
    }
    if (count > 0) {
      const lost = extra << (32 - count);
      extra = (low << (32 - count)) | (extra >>> count) | (lost !== 0 ? 1 : 0);
      low = (high << (32 - count)) | (low >>> count);
      high >>>= count;
    }
    this.high = high | 0;
    this.low = low | 0;
    this.extra = extra | 0;
  }

  /** What `shiftRight` left below the 64 bits. */
  get shiftedOut(): number {
    return this.extra;
  }

  /**
   * A finite operand as an unsigned 64-bit integer in high:low, rounded by `mode`; false when it
   * has more than 64 bits. Raises PE and sets C1 as a store of an integer does.
   */
  roundToInteger(operand: Operand, mode = this.mode): boolean {
    const shift = BIAS + 63 - operand.exponent;
    if (shift < 0) return false;
    this.shiftRight(operand.high, operand.low, 0, shift);
    const control = this.mode;
    this.mode = mode;
    this.decide(operand.sign, this.extra >>> 31, this.extra & 0x7fff_ffff, this.low & 1);
    this.mode = control;
    if (this.up) {
      this.low = (this.low + 1) | 0;
      if (this.low === 0) this.high = (this.high + 1) | 0;
    }
    if (this.inexact) this.flags |= PE;
    return true;
  }

  /**
   * Rounds to a narrower format: 24 or 53 bits and an exponent of 8 or 11. Leaves the significand
   * in high:low and returns the biased exponent, `special` for infinity, or -1 when an unmasked
   * overflow or underflow forbids the store.
   */
  roundNarrow(operand: Operand, precision: 24 | 53, bias: number, special: number): number {
    const { sign, high, low } = operand;
    const exponent = operand.exponent - BIAS + bias;
    this.roundSignificand(sign, high, low, 0, precision);
    const rounded = exponent + this.carry;
    if (rounded >= special) return this.overflowNarrow(sign, precision, special);
    if (exponent >= 1) {
      if (this.inexact) this.flags |= PE;
      return rounded;
    }
    const tiny = rounded < 1;
    if (tiny && (this.masks & UE) === 0) {
      this.flags |= UE;
      return -1;
    }
    this.shiftRight(high, low, 0, 1 - exponent);
    this.roundSignificand(sign, this.high, this.low, this.extra, precision);
    if (this.inexact) this.flags |= tiny ? UE | PE : PE;
    return this.high >>> 31;
  }

  private overflowNarrow(sign: number, precision: 24 | 53, special: number): number {
    this.flags |= OE;
    if ((this.masks & OE) === 0) return -1;
    this.flags |= PE;
    this.up = this.overflowsToInfinity(sign);
    this.high = this.up ? 0x8000_0000 | 0 : -1;
    this.low = this.up ? 0 : -1;
    if (!this.up && precision === 24) this.low = 0;
    return this.up ? special : special - 1;
  }
}
