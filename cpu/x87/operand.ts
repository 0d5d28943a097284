// An x87 operand taken apart: what kind of value it is, and finite values normalised whatever
// format they came from. Intel SDM vol. 1, 4.8 "Real Numbers and Floating-Point Formats" and
// 8.2.2 "Unsupported Double Extended-Precision Floating-Point Encodings".

export const ZERO = 0;
export const FINITE = 1;
export const INFINITE = 2;
export const QUIET = 3;
export const SIGNALING = 4;
export const UNSUPPORTED = 5;

export const BIAS = 16383;
export const MAX_EXPONENT = 0x7fff;

/**
 * Fields are 32-bit signed integers so that V8 keeps them unboxed; read a half of the
 * significand with `>>> 0` where its magnitude matters.
 */
export class Operand {
  kind = ZERO;
  /** Came from a denormal or pseudo-denormal encoding. */
  denormal = false;
  sign = 0;
  /** Biased by 16383; below 1 for a denormal, whose significand is normalised all the same. */
  exponent = 0;
  high = 0;
  low = 0;

  setExtended(signExponent: number, high: number, low: number): void {
    this.sign = signExponent >>> 15;
    this.high = high | 0;
    this.low = low | 0;
    const exponent = signExponent & MAX_EXPONENT;
    this.exponent = exponent;
    this.denormal = false;
    if (exponent === 0) {
      if ((high | low) === 0) {
        this.kind = ZERO;
        return;
      }
      this.kind = FINITE;
      this.denormal = true;
      this.exponent = 1;
      this.normalise();
    } else if (high >= 0 && high < 0x8000_0000) {
      this.kind = UNSUPPORTED; // the integer bit is missing: unnormal, pseudo-NaN, pseudo-infinity
    } else if (exponent === MAX_EXPONENT) {
      this.setSpecial();
    } else {
      this.kind = FINITE;
    }
  }

  setSingle(bits: number): void {
    this.sign = bits >>> 31;
    const exponent = (bits >>> 23) & 0xff;
    this.high = (bits << 8) | 0x8000_0000;
    this.low = 0;
    this.setNarrow(exponent, 0xff, 127);
  }

  setDouble(high: number, low: number): void {
    this.sign = high >>> 31;
    const exponent = (high >>> 20) & 0x7ff;
    this.high = (high << 11) | (low >>> 21) | 0x8000_0000;
    this.low = low << 11;
    this.setNarrow(exponent, 0x7ff, 1023);
  }

  setInteger(value: number): void {
    this.sign = value < 0 ? 1 : 0;
    this.setMagnitude(0, Math.abs(value));
  }

  setInteger64(high: number, low: number): void {
    this.sign = high < 0 ? 1 : 0;
    if (high < 0) this.setMagnitude(low === 0 ? -high : ~high, -low);
    else this.setMagnitude(high, low);
  }

  /** The unsigned 64-bit integer high:low, with the sign already set. */
  setMagnitude(high: number, low: number): void {
    this.high = high | 0;
    this.low = low | 0;
    this.denormal = false;
    this.exponent = BIAS + 63;
    this.kind = (this.high | this.low) === 0 ? ZERO : FINITE;
    if (this.kind === ZERO) this.exponent = 0;
    else this.normalise();
  }

  private setNarrow(exponent: number, special: number, bias: number): void {
    this.denormal = false;
    if (exponent === special) {
      this.exponent = MAX_EXPONENT;
      this.setSpecial();
    } else if (exponent !== 0) {
      this.kind = FINITE;
      this.exponent = exponent - bias + BIAS;
    } else {
      this.high &= 0x7fff_ffff;
      this.exponent = 1 - bias + BIAS;
      this.denormal = (this.high | this.low) !== 0;
      this.kind = this.denormal ? FINITE : ZERO;
      if (this.denormal) this.normalise();
      else this.exponent = 0;
    }
  }

  private setSpecial(): void {
    if ((this.high & 0x7fff_ffff) === 0 && this.low === 0) this.kind = INFINITE;
    else this.kind = (this.high & 0x4000_0000) !== 0 ? QUIET : SIGNALING;
  }

  private normalise(): void {
    if (this.high === 0) {
      this.high = this.low;
      this.low = 0;
      this.exponent -= 32;
    }
    const shift = Math.clz32(this.high);
    if (shift === 0) return;
    this.high = (this.high << shift) | (this.low >>> (32 - shift));
    this.low <<= shift;
    this.exponent -= shift;
  }
}
