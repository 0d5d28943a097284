// SSE arithmetic by the host's own doubles, with the flags found by error-free transformations
// (Dekker 1971; Muller et al., Handbook of Floating-Point Arithmetic, 4.3-4.4). It serves rounding to
// nearest with all exceptions masked; soft-float.ts serves the rest.
import type { ArithmeticName } from './float-operations.js';
import { DE, IE, OE, PE, UE, ZE } from './soft-float.js';

const DAZ = 0x40;
const FTZ = 0x8000;
/** Masks and rounding control, and what they are where this file may be used. */
const MODE = 0x7f80;
const MASKED_NEAREST = 0x1f80;

const SMALLEST_DOUBLE = 2 ** -1022;
const SMALLEST_SINGLE = 2 ** -126;
/** What rounds to the smallest normal single in 24 bits, and so is not tiny. */
const TINY_SINGLE = 2 ** -126 - 2 ** -151;
const LARGE_STEP = 2 ** 1000;
/** Splits a double in two halves of at most 26 bits. */
const SPLITTER = 2 ** 27 + 1;

const TWO_52 = 2 ** 52;
const TWO_32 = 2 ** 32;

/** To the nearest integral number, to an even one of two, keeping the sign of zero. */
function nearest(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < TWO_52)) return value;
  const rounded = magnitude + TWO_52 - TWO_52;
  return value < 0 || Object.is(value, -0) ? -rounded : rounded;
}

/** By the two bits that name a rounding. */
const ROUNDINGS = [nearest, Math.floor, Math.ceil, Math.trunc] as const;

/** a + b - sum, exactly. */
function sumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** a * b - product, exactly, for factors that are neither large nor small. */
function productError(a: number, b: number, product: number): number {
  const scaledA = SPLITTER * a;
  const highA = scaledA - (scaledA - a);
  const lowA = a - highA;
  const scaledB = SPLITTER * b;
  const highB = scaledB - (scaledB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

export class QuickFloat {
  flags = 0;
  readonly #doubles: Float64Array;
  readonly #singles: Float32Array;
  readonly #words: Int32Array;
  readonly #double = new Float64Array(1);
  readonly #halves = new Int32Array(this.#double.buffer);
  #denormalsAreZero = false;
  #flushToZero = false;
  /** Exponent of the number last taken apart. */
  #exponent = 0;

  constructor(buffer: ArrayBuffer) {
    this.#doubles = new Float64Array(buffer);
    this.#singles = new Float32Array(buffer);
    this.#words = new Int32Array(buffer);
  }

  /** Prepares for an instruction; false when MXCSR asks for more than this file knows. */
  begin(mxcsr: number): boolean {
    this.flags = 0;
    this.#denormalsAreZero = (mxcsr & DAZ) !== 0;
    this.#flushToZero = (mxcsr & FTZ) !== 0;
    return (mxcsr & MODE) === MASKED_NEAREST;
  }

  /** The double at a byte address; a denormal becomes zero where it is to be. */
  double(at: number): number {
    const value = this.#doubles[at >>> 3];
    return this.#denormalsAreZero && Math.abs(value) < SMALLEST_DOUBLE ? value * 0 : value;
  }

  single(at: number): number {
    const value = this.#singles[at >>> 2];
    return this.#denormalsAreZero && Math.abs(value) < SMALLEST_SINGLE ? value * 0 : value;
  }

  /** An operation on the numbers at two byte addresses, its result to a third. */
  operate(name: ArithmeticName, single: boolean, first: number, second: number, to: number): void {
    const a = single ? this.single(first) : this.double(first);
    const b = single ? this.single(second) : this.double(second);
    const used = name === 'sqrt' ? b : a;
    if (Number.isNaN(used) || Number.isNaN(b)) {
      if (name !== 'min' && name !== 'max') {
        const from = Number.isNaN(b) && !(name !== 'sqrt' && Number.isNaN(a)) ? second : first;
        this.#propagate(single, from, second, to);
        return;
      }
      this.flags |= IE;
      if (Number.isNaN(b)) this.#copy(single, second, to);
      else this.#store(single, to, b);
      return;
    }
    const before = this.flags;
    this.flags = 0;
    const result = single ? this.#single(name, a, b) : this.#compute(name, a, b);
    if (Number.isNaN(result)) {
      // of an invalid operation nothing else is noted
      this.flags = before | IE;
      if (!single) this.#words[to >>> 2] = 0;
      this.#words[(to >>> 2) + (single ? 0 : 1)] = single ? 0xffc0_0000 : 0xfff8_0000;
      return;
    }
    if ((this.flags & ZE) === 0) this.noteDenormals(single, used, b);
    this.flags |= before;
    this.#store(single, to, result);
  }

  /** Rounds a number to an integral one, as ROUNDPS does. */
  integral(single: boolean, rounding: number, quiet: boolean, from: number, to: number): void {
    const value = single ? this.single(from) : this.double(from);
    if (Number.isNaN(value)) {
      this.#propagate(single, from, from, to);
      return;
    }
    const result = ROUNDINGS[rounding](value);
    if (result !== value && !quiet) this.flags |= PE;
    this.#store(single, to, result);
  }

  /** Converts a number to an integer of 32 or 64 bits. */
  integer(single: boolean, bits: number, rounding: number, from: number, to: number): void {
    const value = single ? this.single(from) : this.double(from);
    const whole = ROUNDINGS[rounding](value);
    const limit = 2 ** (bits - 1);
    const words = this.#words;
    const fits = whole >= -limit && whole < limit;
    if (!fits) this.flags |= IE;
    else if (whole !== value) this.flags |= PE;
    const high = fits ? Math.floor(whole / TWO_32) : 0x8000_0000;
    if (bits === 64) words[(to >>> 2) + 1] = high;
    if (fits) words[to >>> 2] = whole - high * TWO_32;
    else words[to >>> 2] = bits === 64 ? 0 : 0x8000_0000;
  }

  /** Converts a number to the other format; false for a NaN. */
  convert(single: boolean, from: number, to: number): boolean {
    const value = single ? this.single(from) : this.double(from);
    if (Number.isNaN(value)) return false;
    this.noteDenormals(single, value, 0);
    this.#store(!single, to, single ? value : this.#rounded(value, false));
    return true;
  }

  /** Notes denormal operands that are numbers. */
  noteDenormals(single: boolean, a: number, b: number): void {
    const smallest = single ? SMALLEST_SINGLE : SMALLEST_DOUBLE;
    const [x, y] = [Math.abs(a), Math.abs(b)];
    if ((x < smallest && x !== 0) || (y < smallest && y !== 0)) this.flags |= DE;
  }

  /** Notes what comparing the numbers at two addresses does; quiet NaNs are invalid if `signaling`. */
  noteCompared(single: boolean, signaling: boolean, first: number, second: number): void {
    const a = single ? this.single(first) : this.double(first);
    const b = single ? this.single(second) : this.double(second);
    if (!Number.isNaN(a) && !Number.isNaN(b)) this.noteDenormals(single, a, b);
    else if (signaling || this.isSignaling(single, first) || this.isSignaling(single, second)) {
      this.flags |= IE;
    }
  }

  /** Does a predicate of CMPPS hold? */
  holds(single: boolean, predicate: number, first: number, second: number): boolean {
    const a = single ? this.single(first) : this.double(first);
    const b = single ? this.single(second) : this.double(second);
    const kind = predicate & 3;
    const plain =
      kind === 0 ? a === b : kind === 1 ? a < b : kind === 2 ? a <= b : !(a < b || a >= b);
    return plain !== ((predicate & 4) !== 0);
  }

  isSignaling(single: boolean, at: number): boolean {
    const high = this.#words[(at >>> 2) + (single ? 0 : 1)];
    const quiet = single ? 0x40_0000 : 0x8_0000;
    const value = single ? this.#singles[at >>> 2] : this.#doubles[at >>> 3];
    return Number.isNaN(value) && (high & quiet) === 0;
  }

  /** The NaN at `from`, quieted. */
  #propagate(single: boolean, from: number, other: number, to: number): void {
    if (this.isSignaling(single, from) || this.isSignaling(single, other)) this.flags |= IE;
    const words = this.#words;
    if (single) {
      words[to >>> 2] = words[from >>> 2] | 0x40_0000;
      return;
    }
    words[to >>> 2] = words[from >>> 2];
    words[(to >>> 2) + 1] = words[(from >>> 2) + 1] | 0x8_0000;
  }

  #copy(single: boolean, from: number, to: number): void {
    this.#words[to >>> 2] = this.#words[from >>> 2];
    if (!single) this.#words[(to >>> 2) + 1] = this.#words[(from >>> 2) + 1];
  }

  #store(single: boolean, to: number, value: number): void {
    if (single) this.#singles[to >>> 2] = value;
    else this.#doubles[to >>> 3] = value;
  }

  #compute(name: ArithmeticName, a: number, b: number): number {
    switch (name) {
      case 'sub':
        return this.#sum(a, -b);
      case 'mul':
        return this.#product(a, b);
      case 'div':
        return this.#quotient(a, b);
      case 'sqrt':
        return this.#root(b);
      case 'min':
        return a < b ? a : b;
      case 'max':
        return a > b ? a : b;
      default:
        return this.#sum(a, b);
    }
  }

  #sum(a: number, b: number): number {
    const sum = a + b;
    if (!Number.isFinite(sum)) {
      if (Number.isFinite(a) && Number.isFinite(b)) this.flags |= OE | PE;
      return sum;
    }
    if (sumError(a, b, sum) !== 0) this.flags |= PE;
    const tiny = Math.abs(sum) < SMALLEST_DOUBLE && sum !== 0;
    return tiny && this.#flushToZero ? this.#flushed(sum) : sum;
  }

  #product(a: number, b: number): number {
    const result = a * b;
    if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return result;
    const x = this.#significand(a);
    const exponent = this.#exponent;
    const y = this.#significand(b);
    const scaled = x * y;
    const inexact = productError(x, y, scaled) !== 0;
    return this.#scaled(result, scaled, exponent + this.#exponent, inexact);
  }

  #quotient(a: number, b: number): number {
    const result = a / b;
    if (b === 0 || a === 0 || !Number.isFinite(a) || !Number.isFinite(b)) {
      if (b === 0 && a !== 0 && Number.isFinite(a)) this.flags |= ZE;
      return result;
    }
    const x = this.#significand(a);
    const exponent = this.#exponent;
    const y = this.#significand(b);
    const scaled = x / y;
    const back = scaled * y;
    const inexact = x - back - productError(scaled, y, back) !== 0;
    return this.#scaled(result, scaled, exponent - this.#exponent, inexact);
  }

  #root(a: number): number {
    const result = Math.sqrt(a);
    if (a === 0 || !Number.isFinite(result)) return result;
    const x = this.#significand(a) * ((this.#exponent & 1) === 0 ? 1 : 2);
    const scaled = Math.sqrt(x);
    const back = scaled * scaled;
    if (x - back - productError(scaled, scaled, back) !== 0) this.flags |= PE;
    return result;
  }

  /**
   * Notes what became of scaled * 2^exponent, which is the exact result rounded without bounds on its
   * exponent.
   */
  #scaled(result: number, scaled: number, exponent: number, inexact: boolean): number {
    const magnitude = Math.abs(scaled);
    const top = exponent + (magnitude >= 2 ? 1 : magnitude < 1 ? -1 : 0);
    if (top > 1023) {
      this.flags |= OE | PE;
    } else if (top < -1022) {
      if (this.#flushToZero) return this.#flushed(result);
      let same = result;
      let rest = -exponent;
      for (; rest > 1000; rest -= 1000) same *= LARGE_STEP;
      if (inexact || same * 2 ** rest !== scaled) this.flags |= UE | PE;
    } else if (inexact) {
      this.flags |= PE;
    }
    return result;
  }

  #flushed(result: number): number {
    this.flags |= UE | PE;
    return result < 0 || Object.is(result, -0) ? -0 : 0;
  }

  /** x / 2^e in [1, 2), with its sign; e goes to #exponent. */
  #significand(x: number): number {
    this.#double[0] = x;
    let high = this.#halves[1];
    let field = (high >>> 20) & 0x7ff;
    if (field === 0) {
      this.#double[0] = x * 2 ** 54;
      high = this.#halves[1];
      field = ((high >>> 20) & 0x7ff) - 54;
    }
    this.#exponent = field - 1023;
    this.#halves[1] = (high & 0x800f_ffff) | 0x3ff0_0000;
    return this.#double[0];
  }

  /** Singles in doubles: products are exact, and rounding twice never differs from rounding once. */
  #single(name: ArithmeticName, a: number, b: number): number {
    switch (name) {
      case 'sub':
        return this.#rounded(a - b, sumError(a, -b, a - b) !== 0);
      case 'mul':
        return this.#rounded(a * b, false);
      case 'div': {
        if (b === 0 && a !== 0 && Number.isFinite(a)) this.flags |= ZE;
        if (b === 0 || a === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return a / b;
        return this.#rounded(a / b, Math.fround(a / b) * b !== a);
      }
      case 'sqrt': {
        const root = Math.sqrt(b);
        return Number.isFinite(root) ? this.#rounded(root, Math.fround(root) ** 2 !== b) : root;
      }
      case 'min':
        return a < b ? a : b;
      case 'max':
        return a > b ? a : b;
      default:
        return this.#rounded(a + b, sumError(a, b, a + b) !== 0);
    }
  }

  #rounded(value: number, inexact: boolean): number {
    if (!Number.isFinite(value)) return value;
    const result = Math.fround(value);
    const differs = inexact || result !== value;
    if (!Number.isFinite(result)) {
      this.flags |= OE | PE;
    } else if (Math.abs(value) < TINY_SINGLE && value !== 0) {
      if (this.#flushToZero) return this.#flushed(result);
      if (differs) this.flags |= UE | PE;
    } else if (differs) {
      this.flags |= PE;
    }
    return result;
  }
}
