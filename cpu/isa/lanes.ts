// The floats an SSE instruction works on: one, or a vector's worth, so that a meaning is said once for
// scalar and packed forms.
import type { FormatName } from '../helpers/float-operations.js';
import type { NumericOp, VectorOp } from '../wasm/opcodes.js';
import type { Bit, Float, Semantics, Value, Vector } from './semantics.js';

/**
 * Bits of numbers: infinity, the smallest normal one, one from which on products have errors that are
 * normal, and the factor that splits a significand in two.
 */
export const LIMITS = {
  32: {
    fraction: 23n,
    infinity: 0x7f80_0000n,
    smallest: 0x0080_0000n,
    safe: 0x1000_0000n,
    splitter: 0x4580_0800n, // 2^12 + 1
  },
  64: {
    fraction: 52n,
    infinity: 0x7ff0_0000_0000_0000n,
    smallest: 0x0010_0000_0000_0000n,
    safe: 0x0800_0000_0000_0000n,
    splitter: 0x41a0_0000_0200_0000n, // 2^27 + 1
  },
} as const;

/**
 * Operations on the lanes that an instruction works on: one, as a float, or all of them, as a vector.
 * Their truth values are one bit, or a mask of lanes.
 */
export class Lanes {
  readonly precision: 32 | 64;
  readonly scalar: boolean;
  readonly #s: Semantics;
  readonly #prefix: string;

  constructor(s: Semantics, format: FormatName) {
    this.#s = s;
    this.precision = format[1] === 's' ? 32 : 64;
    this.scalar = format[0] === 's';
    this.#prefix = `f${this.precision}${this.scalar ? '' : `x${128 / this.precision}`}`;
  }

  of(a: Vector): Vector | Float {
    return this.scalar ? this.#s.extractFloat(a, this.precision, 0) : a;
  }

  /** Puts a result back into the register it replaces. */
  into(a: Vector, result: Vector | Float): Vector {
    return 'vector' in result ? result : this.#s.replaceFloat(a, result, 0);
  }

  /** Puts bits that replace those lanes into the register. */
  intoBits(a: Vector, bits: Vector): Vector {
    if (!this.scalar) return bits;
    const size = this.precision / 8;
    const bytes = Array.from({ length: 16 }, (_, i) => (i < size ? 0xff : 0));
    return this.#s.vector('v128.bitselect', bits, a, this.#s.vectorConstant(bytes));
  }

  /** A test as a mask: all lanes of it, for a scalar. */
  mask(test: Vector | Bit): Vector {
    if ('vector' in test) return test;
    return this.#s.vector('i32x4.splat', this.#s.negate(this.#s.fromBit(test, 32)));
  }

  /** A test where a value is 1, false where it is 0. */
  masked(test: Vector | Bit, allowed: Value): Vector | Bit {
    if (!('vector' in test)) return this.#s.bitAnd(test, this.#s.toBit(allowed));
    return this.#s.vector('v128.and', test, this.#everywhere(allowed));
  }

  /** The opposite of a test where a value is 1. */
  flipped(test: Vector | Bit, inverted: Value): Vector | Bit {
    if (!('vector' in test)) return this.#s.bitXor(test, this.#s.toBit(inverted));
    return this.#s.vector('v128.xor', test, this.#everywhere(inverted));
  }

  #everywhere(bit: Value): Vector {
    return this.#s.vector('i32x4.splat', this.#s.negate(bit));
  }

  operate(name: string, ...operands: (Vector | Float)[]): Vector | Float {
    const op = `${this.#prefix}.${name}`;
    if (this.scalar) return this.#s.float(this.precision, op as NumericOp, ...floats(operands));
    return this.#s.vector(op as VectorOp, ...operands);
  }

  test(name: string, a: Vector | Float, b: Vector | Float): Vector | Bit {
    const op = `${this.#prefix}.${name}`;
    if ('vector' in a) return this.#s.vector(op as VectorOp, a, b);
    const [left, right] = floats([a, b]);
    return this.#s.compareFloats(op as NumericOp, left, right);
  }

  constant(bits: bigint): Vector | Float {
    if (this.scalar) return this.#s.floatConstant(this.precision, bits);
    return this.repeated(bits);
  }

  /** A constant in every lane, of a scalar, too. */
  repeated(bits: bigint): Vector {
    const words = BigUint64Array.of(bits, bits);
    if (this.precision === 32) words.fill((bits << 32n) | bits);
    return this.#s.vectorConstant(new Uint8Array(words.buffer));
  }

  and(a: Vector | Bit, b: Vector | Bit): Vector | Bit {
    return 'vector' in a ? this.#mask('v128.and', a, b) : this.#s.bitAnd(a, bit(b));
  }

  or(a: Vector | Bit, b: Vector | Bit): Vector | Bit {
    return 'vector' in a ? this.#mask('v128.or', a, b) : this.#s.bitOr(a, bit(b));
  }

  /** The lesser (pmin) or greater (pmax): the second when they are equal or unordered. */
  extreme(name: 'pmin' | 'pmax', a: Vector | Float, b: Vector | Float): Vector | Float {
    const shape = this.precision === 32 ? 'f32x4' : 'f64x2';
    const spread = (x: Vector | Float): Vector =>
      'vector' in x ? x : this.#s.vector(`${shape}.splat`, x);
    // wasm's has its operands the other way round, and only for vectors
    return this.of(this.#s.vector(`${shape}.${name}`, spread(b), spread(a)));
  }

  /** Changes the bits that are set in a repeated pattern. */
  flip(a: Vector | Float, pattern: ArrayLike<number>): Vector {
    const bytes = Array.from({ length: 16 }, (_, i) => pattern[i % pattern.length]);
    return this.#s.vector('v128.xor', ...vectors([a]), this.#s.vectorConstant(bytes));
  }

  /** Does it hold in every lane? */
  every(a: Vector | Bit): Bit {
    if (!('vector' in a)) return a;
    const shape = this.precision === 32 ? 'i32x4' : 'i64x2';
    // of masks the sign bits say all, and take one instruction to collect
    const signs = this.#s.vectorTest(`${shape}.bitmask`, a);
    const all = this.precision === 32 ? 15n : 3n;
    return this.#s.compare('eq', signs, this.#s.constant(all, 32));
  }

  finite(a: Vector | Float): Vector | Bit {
    const { infinity } = LIMITS[this.precision];
    if ('vector' in a) return this.test('lt', this.operate('abs', a), this.constant(infinity));
    return this.#s.compare('lt_u', this.#magnitude(a), this.#doubled(infinity));
  }

  /** Above the smallest normal number in magnitude: no rounding can have hidden an underflow. */
  large(a: Vector | Float): Vector | Bit {
    const { smallest } = LIMITS[this.precision];
    if ('vector' in a) return this.test('gt', this.operate('abs', a), this.constant(smallest));
    return this.#s.compare('gt_u', this.#magnitude(a), this.#doubled(smallest));
  }

  /** A scalar that is both finite and {@link large}. */
  between(a: Float): Bit {
    const { smallest, infinity } = LIMITS[this.precision];
    const above = this.#s.constant(2n * smallest + 1n, this.precision);
    const offset = this.#s.subtract(this.#magnitude(a), above);
    const span = this.#s.constant(2n * infinity - 2n * smallest - 1n, this.precision);
    return this.#s.compare('lt_u', offset, span);
  }

  /** Have two scalars so few significant bits that their product is exact? */
  fits(a: Float, b: Float): Bit {
    const { fraction } = LIMITS[this.precision];
    const trailing = (x: Float): Value => {
      const op = x.precision === 32 ? 'i32.reinterpret_f32' : 'i64.reinterpret_f64';
      const bits = this.#s.integer(x.precision, op, x);
      const leading = this.#s.constant(1n << fraction, x.precision);
      return this.#s.countTrailingZeros(this.#s.or(bits, leading));
    };
    const zeros = this.#s.add(trailing(a), trailing(b));
    return this.#s.compare('gt_u', zeros, this.#s.constant(fraction, this.precision));
  }

  isZero(a: Vector | Float): Vector | Bit {
    if ('vector' in a) return this.test('eq', a, this.constant(0n));
    return this.#s.isZero(this.#magnitude(a));
  }

  /** Not denormal; of vectors, no NaN either. */
  normal(a: Vector | Float): Vector | Bit {
    const { smallest } = LIMITS[this.precision];
    if ('vector' in a) {
      return this.or(
        this.test('ge', this.operate('abs', a), this.constant(smallest)),
        this.isZero(a),
      );
    }
    // zero, less one, is above all others
    const one = this.#s.constant(1n, this.precision);
    const less = this.#s.subtract(this.#magnitude(a), one);
    return this.#s.compare('ge_u', less, this.#s.constant(2n * smallest - 1n, this.precision));
  }

  /** Zero, or normal, or infinite: neither denormal nor a NaN. */
  ordinary(a: Vector | Float): Vector | Bit {
    return 'vector' in a ? this.normal(a) : this.and(this.normal(a), this.test('eq', a, a));
  }

  /** The bits of a float without its sign, times two: integers are compared in fewer steps. */
  #magnitude(a: Float): Value {
    const op = a.precision === 32 ? 'i32.reinterpret_f32' : 'i64.reinterpret_f64';
    const bits = this.#s.integer(a.precision, op, a);
    return this.#s.shiftLeft(bits, this.#s.constant(1n, a.precision));
  }

  #doubled(bits: bigint): Value {
    return this.#s.constant(2n * bits, this.precision);
  }

  #mask(op: VectorOp, a: Vector, b: Vector | Bit): Vector {
    if (!('vector' in b)) throw new Error('a mask and a bit do not mix');
    return this.#s.vector(op, a, b);
  }
}

const floats = (operands: readonly (Vector | Float)[]): Float[] =>
  operands.map((operand) => {
    if ('vector' in operand) throw new Error('a vector where a float belongs');
    return operand;
  });

const vectors = (operands: readonly (Vector | Float)[]): Vector[] =>
  operands.map((operand) => {
    if (!('vector' in operand)) throw new Error('a float where a vector belongs');
    return operand;
  });

function bit(a: Vector | Bit): Bit {
  if ('vector' in a) throw new Error('a mask where a bit belongs');
  return a;
}
