// IEEE 754 arithmetic in exact integers, with the flags and the choices of SSE: what the engines ask
// when wasm's own arithmetic may not be the whole answer. Intel SDM vol. 1, 4.8, 4.9 and 11.5.

/** Exception flags of MXCSR. */
export const IE = 0x01;
export const DE = 0x02;
export const ZE = 0x04;
export const OE = 0x08;
export const UE = 0x10;
export const PE = 0x20;

/** Rounding, as the two bits of MXCSR.RC, ROUNDPS and the x87 control word number it. */
export const NEAREST = 0;
export const DOWN = 1;
export const UP = 2;
export const TRUNCATE = 3;

export interface Format {
  readonly width: 32 | 64;
  /** Bits of the significand, the implicit one included. */
  readonly precision: number;
  readonly bias: number;
}
export const SINGLE: Format = { width: 32, precision: 24, bias: 127 };
export const DOUBLE: Format = { width: 64, precision: 53, bias: 1023 };

/** A number taken apart; finite ones are significand * 2^exponent. */
export interface Unpacked {
  readonly kind: 'zero' | 'finite' | 'infinite' | 'quiet' | 'signaling';
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  readonly denormal: boolean;
  readonly bits: bigint;
}

const notANumber = ({ kind }: Unpacked): boolean => kind === 'quiet' || kind === 'signaling';

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits[0], 16)) + 28;
}

/** What MXCSR asks for, and the exceptions that arose. */
export class SoftFloat {
  flags = 0;
  rounding = NEAREST;
  /** Denormal operands are zeros. */
  denormalsAreZero = false;
  /** Tiny results are zeros: only while underflow is masked. */
  flushToZero = false;
  masks = 0x3f;

  begin(mxcsr: number): void {
    this.flags = 0;
    this.denormalsAreZero = (mxcsr & 0x40) !== 0;
    this.masks = (mxcsr >>> 7) & 0x3f;
    this.rounding = (mxcsr >>> 13) & 3;
    this.flushToZero = (mxcsr & 0x8000) !== 0 && (this.masks & UE) !== 0;
  }

  unpack(bits: bigint, format: Format): Unpacked {
    const fractionBits = BigInt(format.precision - 1);
    const negative = bits >> BigInt(format.width - 1) === 1n;
    const fraction = bits & ((1n << fractionBits) - 1n);
    const special = 2 * format.bias + 1;
    const field = Number(bits >> fractionBits) & special;
    const lowest = 2 - format.bias - format.precision;
    const common = { negative, bits, denormal: false, significand: 0n, exponent: 0 };
    if (field === special) {
      if (fraction === 0n) return { ...common, kind: 'infinite' };
      const quiet = fraction >> (fractionBits - 1n) === 1n;
      return { ...common, kind: quiet ? 'quiet' : 'signaling' };
    }
    if (field !== 0) {
      const significand = fraction | (1n << fractionBits);
      return { ...common, kind: 'finite', significand, exponent: field - 1 + lowest };
    }
    if (fraction === 0n) return { ...common, kind: 'zero' };
    if (this.denormalsAreZero) {
      return { ...common, kind: 'zero', bits: bits & ~((1n << fractionBits) - 1n) };
    }
    return { ...common, kind: 'finite', significand: fraction, exponent: lowest, denormal: true };
  }

  zero(negative: boolean, format: Format): bigint {
    return negative ? 1n << BigInt(format.width - 1) : 0n;
  }

  infinity(negative: boolean, format: Format): bigint {
    const special = BigInt(2 * format.bias + 1) << BigInt(format.precision - 1);
    return this.zero(negative, format) | special;
  }

  /** The default NaN: the answer to an invalid operation. */
  invalid(format: Format): bigint {
    this.flags |= IE;
    return this.infinity(true, format) | (1n << BigInt(format.precision - 2));
  }

  quieted(a: Unpacked, format: Format): bigint {
    return a.bits | (1n << BigInt(format.precision - 2));
  }

  /** The first operand that is a NaN, quieted; undefined when there is none. */
  pickNaN(a: Unpacked, b: Unpacked, format: Format): bigint | undefined {
    if (a.kind === 'signaling' || b.kind === 'signaling') this.flags |= IE;
    if (notANumber(a)) return this.quieted(a, format);
    return notANumber(b) ? this.quieted(b, format) : undefined;
  }

  noteDenormals(a: Unpacked, b: Unpacked = a): void {
    if (a.denormal || b.denormal) this.flags |= DE;
  }

  add(a: Unpacked, b: Unpacked, format: Format): bigint {
    const nan = this.pickNaN(a, b, format);
    if (nan !== undefined) return nan;
    if (a.kind === 'infinite' || b.kind === 'infinite') {
      if (a.kind === b.kind && a.negative !== b.negative) return this.invalid(format);
      this.noteDenormals(a, b);
      return this.infinity(a.kind === 'infinite' ? a.negative : b.negative, format);
    }
    this.noteDenormals(a, b);
    const exponent = Math.min(
      a.kind === 'zero' ? b.exponent : a.exponent,
      b.kind === 'zero' ? a.exponent : b.exponent,
    );
    const aligned = (x: Unpacked): bigint => {
      if (x.kind === 'zero') return 0n;
      const magnitude = x.significand << BigInt(x.exponent - exponent);
      return x.negative ? -magnitude : magnitude;
    };
    const sum = aligned(a) + aligned(b);
    if (sum !== 0n) return this.round(sum < 0n, sum < 0n ? -sum : sum, exponent, format);
    const both = a.kind === 'zero' && b.kind === 'zero' && a.negative === b.negative;
    return this.zero(both ? a.negative : this.rounding === DOWN, format);
  }

  subtract(a: Unpacked, b: Unpacked, format: Format): bigint {
    const negated = notANumber(b) ? b : { ...b, negative: !b.negative };
    return this.add(a, negated, format);
  }

  multiply(a: Unpacked, b: Unpacked, format: Format): bigint {
    const nan = this.pickNaN(a, b, format);
    if (nan !== undefined) return nan;
    const negative = a.negative !== b.negative;
    if (a.kind === 'infinite' || b.kind === 'infinite') {
      if (a.kind === 'zero' || b.kind === 'zero') return this.invalid(format);
      this.noteDenormals(a, b);
      return this.infinity(negative, format);
    }
    this.noteDenormals(a, b);
    if (a.kind === 'zero' || b.kind === 'zero') return this.zero(negative, format);
    return this.round(negative, a.significand * b.significand, a.exponent + b.exponent, format);
  }

  divide(a: Unpacked, b: Unpacked, format: Format): bigint {
    const nan = this.pickNaN(a, b, format);
    if (nan !== undefined) return nan;
    const negative = a.negative !== b.negative;
    if (a.kind === b.kind && (a.kind === 'zero' || a.kind === 'infinite')) {
      return this.invalid(format);
    }
    if (b.kind === 'zero' && a.kind !== 'infinite') {
      this.flags |= ZE;
      return this.infinity(negative, format);
    }
    this.noteDenormals(a, b);
    if (a.kind === 'infinite') return this.infinity(negative, format);
    if (a.kind === 'zero' || b.kind === 'infinite') return this.zero(negative, format);
    // enough bits of the quotient that a remainder only matters as "more than"
    const shift = bitLength(b.significand) - bitLength(a.significand) + format.precision + 3;
    const dividend = a.significand << BigInt(Math.max(shift, 0));
    const scale = Math.max(shift, 0);
    let quotient = dividend / b.significand;
    if (quotient * b.significand !== dividend) quotient = (quotient << 1n) | 1n;
    else quotient <<= 1n;
    return this.round(negative, quotient, a.exponent - b.exponent - scale - 1, format);
  }

  squareRoot(a: Unpacked, format: Format): bigint {
    const nan = this.pickNaN(a, a, format);
    if (nan !== undefined) return nan;
    if (a.kind === 'zero') return a.bits;
    if (a.negative) return this.invalid(format);
    this.noteDenormals(a);
    if (a.kind === 'infinite') return a.bits;
    let shift = 2 * format.precision + 6 - bitLength(a.significand);
    if (((a.exponent - shift) & 1) !== 0) shift++;
    const radicand = a.significand << BigInt(shift);
    let root = integerRoot(radicand);
    root = (root << 1n) | (root * root === radicand ? 0n : 1n);
    return this.round(false, root, (a.exponent - shift) / 2 - 1, format);
  }

  /** Rounds significand * 2^exponent, which is not zero, to a format. */
  round(negative: boolean, significand: bigint, exponent: number, format: Format): bigint {
    const { precision, bias } = format;
    const top = exponent + bitLength(significand) - 1;
    const lowest = 2 - bias - precision;
    const unbounded = this.roundAt(negative, significand, exponent, top - precision + 1);
    const carried = bitLength(unbounded.value) > precision ? 1 : 0;
    if (top + carried < 1 - bias) {
      if ((this.masks & UE) === 0) {
        // there is no result, and PE speaks of what a handler would scale
        this.flags |= unbounded.inexact ? UE | PE : UE;
        return 0n;
      }
      return this.roundTiny(negative, significand, exponent, format);
    }
    if (top + carried > bias) {
      this.flags |= OE;
      if (unbounded.inexact || (this.masks & OE) !== 0) this.flags |= PE;
      return this.overflowed(negative, format);
    }
    if (unbounded.inexact) this.flags |= PE;
    const value = unbounded.value >> BigInt(carried);
    const field = BigInt(top + carried - precision + 1 - lowest);
    // the implicit bit of the significand adds one to the exponent's field
    return this.zero(negative, format) + (field << BigInt(precision - 1)) + value;
  }

  /** A result below the normal numbers even when rounded to full precision. */
  private roundTiny(
    negative: boolean,
    significand: bigint,
    exponent: number,
    format: Format,
  ): bigint {
    if (this.flushToZero) {
      this.flags |= UE | PE;
      return this.zero(negative, format);
    }
    const lowest = 2 - format.bias - format.precision;
    const { value, inexact } = this.roundAt(negative, significand, exponent, lowest);
    if (inexact) this.flags |= UE | PE;
    return this.zero(negative, format) + value;
  }

  private overflowed(negative: boolean, format: Format): bigint {
    const away = negative ? DOWN : UP;
    const infinite = this.infinity(negative, format);
    return this.rounding === NEAREST || this.rounding === away ? infinite : infinite - 1n;
  }

  /** An integer multiple of 2^unit near significand * 2^exponent, as that multiple. */
  roundAt(
    negative: boolean,
    significand: bigint,
    exponent: number,
    unit: number,
    rounding = this.rounding,
  ): { value: bigint; inexact: boolean } {
    const shift = unit - exponent;
    if (shift <= 0) return { value: significand << BigInt(-shift), inexact: false };
    const value = significand >> BigInt(shift);
    const rest = significand - (value << BigInt(shift));
    if (rest === 0n) return { value, inexact: false };
    const half = 1n << BigInt(shift - 1);
    const up =
      rounding === NEAREST
        ? rest > half || (rest === half && (value & 1n) === 1n)
        : rounding === (negative ? DOWN : UP);
    return { value: up ? value + 1n : value, inexact: true };
  }

  /** An integer as a float. */
  fromInteger(value: bigint, format: Format): bigint {
    if (value === 0n) return 0n;
    return this.round(value < 0n, value < 0n ? -value : value, 0, format);
  }

  /** A float as an integer of so many bits; the integer indefinite when it does not fit. */
  toInteger(a: Unpacked, bits: number, rounding: number): bigint {
    const indefinite = 1n << BigInt(bits - 1);
    if (a.kind === 'zero') return 0n;
    if (a.kind === 'finite' && a.exponent <= bits) {
      const { value, inexact } = this.roundAt(a.negative, a.significand, a.exponent, 0, rounding);
      if (value < indefinite || (a.negative && value === indefinite)) {
        if (inexact) this.flags |= PE;
        return BigInt.asUintN(bits, a.negative ? -value : value);
      }
    }
    this.flags |= IE;
    return indefinite;
  }

  /** A float rounded to an integral float. */
  toIntegral(a: Unpacked, format: Format, rounding: number): bigint {
    const nan = this.pickNaN(a, a, format);
    if (nan !== undefined) return nan;
    if (a.kind !== 'finite' || a.exponent >= 0) return a.bits;
    const { value, inexact } = this.roundAt(a.negative, a.significand, a.exponent, 0, rounding);
    if (inexact) this.flags |= PE;
    return value === 0n ? this.zero(a.negative, format) : this.round(a.negative, value, 0, format);
  }

  /** A float of another format. */
  convert(a: Unpacked, from: Format, to: Format): bigint {
    if (notANumber(a)) {
      if (a.kind === 'signaling') this.flags |= IE;
      const payload = this.quieted(a, from) & ((1n << BigInt(from.precision - 1)) - 1n);
      const shift = BigInt(to.precision - from.precision);
      return this.infinity(a.negative, to) | (shift > 0n ? payload << shift : payload >> -shift);
    }
    this.noteDenormals(a);
    if (a.kind === 'zero') return this.zero(a.negative, to);
    if (a.kind === 'infinite') return this.infinity(a.negative, to);
    return this.round(a.negative, a.significand, a.exponent, to);
  }

  /** Less, equal, greater or unordered; quiet NaNs are invalid too when `signaling`. */
  compare(a: Unpacked, b: Unpacked, signaling: boolean): -1 | 0 | 1 | undefined {
    if (notANumber(a) || notANumber(b)) {
      if (signaling || a.kind === 'signaling' || b.kind === 'signaling') this.flags |= IE;
      return undefined;
    }
    this.noteDenormals(a, b);
    if (a.kind === 'zero' && b.kind === 'zero') return 0;
    if (a.bits === b.bits) return 0;
    if (a.negative !== b.negative) return a.negative ? -1 : 1;
    return a.bits < b.bits === a.negative ? 1 : -1;
  }

  /** The smaller (or greater) one; the second when they are equal or unordered. */
  extreme(a: Unpacked, b: Unpacked, wanted: -1 | 1): bigint {
    return this.compare(a, b, true) === wanted ? a.bits : b.bits;
  }
}

/** The integer part of a square root. */
function integerRoot(value: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(value))));
  // Newton's iteration from an estimate good to 50 bits
  for (;;) {
    const next = (root + value / root) >> 1n;
    const step = next - root;
    if (step === 0n || step === 1n || step === -1n) {
      root = next;
      break;
    }
    root = next;
  }
  while (root * root > value) root--;
  while ((root + 1n) * (root + 1n) <= value) root++;
  return root;
}
