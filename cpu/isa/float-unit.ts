// When WebAssembly's own arithmetic gives the whole answer of an SSE instruction, flags included, and
// what to ask otherwise. Intel SDM vol. 1, 11.5 and 4.9.
//
// The quick way is taken when all exceptions are masked, rounding is to nearest, denormals are kept,
// PE is set already, and neither operands nor result are such that another flag might be due: no
// NaN, no infinite result, no denormal, nothing near underflow. All else goes to cpu/helpers/float.ts,
// which also chooses NaNs as x86 does: wasm leaves them open.
import {
  ARITHMETIC,
  type ArithmeticName,
  FORMATS,
  type FormatName,
} from '../helpers/float-operations.js';
import { MXCSR } from '../layout.js';
import type { NumericOp, VectorOp } from '../wasm/opcodes.js';
import type { Bit, Float, Semantics, Value, Vector } from './semantics.js';

const XM = 19;
export const ZEROS = new Uint8Array(16);

/** Where the helpers find operands and leave results. */
const FIRST = 0;
const SECOND = 16;
const RESULT = 32;

/** All exceptions masked, nearest, no DAZ, no FTZ; and inexact results noted already. */
const CONTROL_BITS = 0xffc0n;
const CONTROL_DEFAULT = 0x1f80n;
const INEXACT_NOTED = 0x20n;

/** MXCSR is in its default state, so that an exact operation on ordinary numbers changes nothing. */
export function masked(s: Semantics): Bit {
  const control = s.and(s.state(MXCSR, 32), s.constant(CONTROL_BITS, 32));
  return s.compare('eq', control, s.constant(CONTROL_DEFAULT, 32));
}

/** The same, and an inexact result needs no noting either. */
export function maskedInexact(s: Semantics): Bit {
  const control = s.and(s.state(MXCSR, 32), s.constant(CONTROL_BITS | INEXACT_NOTED, 32));
  return s.compare('eq', control, s.constant(CONTROL_DEFAULT | INEXACT_NOTED, 32));
}

const LIMITS = {
  32: { infinity: 0x7f80_0000n, smallest: 0x0080_0000n },
  64: { infinity: 0x7ff0_0000_0000_0000n, smallest: 0x0010_0000_0000_0000n },
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

  /** The first where the test holds, the second elsewhere. */
  choose(test: Vector | Bit, a: Vector | Float, b: Vector | Float): Vector | Float {
    if ('vector' in test) return this.#s.vector('v128.bitselect', ...vectors([a, b]), test);
    const [left, right] = floats([a, b]);
    return this.#s.selectFloat(test, left, right);
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
    return this.#s.toBit(this.#s.vectorTest(`${shape}.all_true`, a));
  }

  finite(a: Vector | Float): Vector | Bit {
    return this.test('lt', this.operate('abs', a), this.constant(LIMITS[this.precision].infinity));
  }

  /** Above the smallest normal number in magnitude: no rounding can have hidden an underflow. */
  large(a: Vector | Float): Vector | Bit {
    return this.test('gt', this.operate('abs', a), this.constant(LIMITS[this.precision].smallest));
  }

  isZero(a: Vector | Float): Vector | Bit {
    return this.test('eq', a, this.constant(0n));
  }

  /** Zero, or normal, or infinite: neither denormal nor a NaN. */
  ordinary(a: Vector | Float): Vector | Bit {
    const smallest = this.constant(LIMITS[this.precision].smallest);
    return this.or(this.test('ge', this.operate('abs', a), smallest), this.isZero(a));
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

/** A vector computed in the quick way where that holds, else by a helper, which may raise #XM. */
export function quickly(
  s: Semantics,
  quick: Bit,
  result: Vector,
  a: Vector,
  b: Vector,
  ask: () => Value,
): Vector {
  s.if(s.bitNot(quick), () => {
    s.setScratch(FIRST, a);
    s.setScratch(SECOND, b);
    s.raiseIf(s.isNotZero(ask()), XM);
    s.assign(result, s.scratch(RESULT));
  });
  return result;
}

/** ADDPS and the like of two vectors, of which a scalar operation takes the first lanes. */
export function arithmetic(
  s: Semantics,
  name: ArithmeticName,
  format: FormatName,
  a: Vector,
  b: Vector,
): Vector {
  const lanes = new Lanes(s, format);
  const left = lanes.of(a);
  const right = lanes.of(b);
  const result = compute(lanes, name, left, right);
  const ordinary = lanes.every(quickResult(lanes, name, left, right, result));
  const exact = name === 'min' || name === 'max';
  const quick = s.bitAnd(exact ? masked(s) : maskedInexact(s), ordinary);
  return quickly(s, quick, lanes.into(a, result), a, b, () =>
    s.helper(
      'floatArithmetic',
      s.constant(BigInt(ARITHMETIC.indexOf(name)), 32),
      formatNumber(s, format),
    ),
  );
}

export function formatNumber(s: Semantics, format: FormatName): Value {
  return s.constant(BigInt(FORMATS.findIndex(({ name }) => name === format)), 32);
}

/** The sign bits of the even lanes: what ADDSUBPS changes before it adds. */
const EVEN_SIGNS = {
  32: [0, 0, 0, 0x80, 0, 0, 0, 0],
  64: [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0],
} as const;

function compute(
  lanes: Lanes,
  name: ArithmeticName,
  a: Vector | Float,
  b: Vector | Float,
): Vector | Float {
  switch (name) {
    case 'sqrt':
      return lanes.operate('sqrt', b);
    case 'min': // the second one when equal: wasm's pseudo-minimum has its operands the other way
      return lanes.choose(lanes.test('lt', a, b), a, b);
    case 'max':
      return lanes.choose(lanes.test('gt', a, b), a, b);
    case 'addsub':
      return lanes.operate('add', a, lanes.flip(b, EVEN_SIGNS[lanes.precision]));
    default:
      return lanes.operate(name, a, b);
  }
}

/** Is the result all there is to say, but for inexactness? */
function quickResult(
  lanes: Lanes,
  name: ArithmeticName,
  a: Vector | Float,
  b: Vector | Float,
  result: Vector | Float,
): Vector | Bit {
  const operands = (): Vector | Bit => lanes.and(lanes.ordinary(a), lanes.ordinary(b));
  switch (name) {
    case 'min':
    case 'max':
      return operands();
    case 'sqrt':
      return lanes.and(lanes.finite(result), lanes.ordinary(b));
    case 'mul':
    case 'div': {
      let large = lanes.or(lanes.large(result), lanes.isZero(a));
      if (name === 'mul') large = lanes.or(large, lanes.isZero(b));
      return lanes.and(lanes.and(lanes.finite(result), large), operands());
    }
    default:
      // a sum that is tiny is exact
      return lanes.and(lanes.finite(result), operands());
  }
}
