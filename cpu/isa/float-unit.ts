// When WebAssembly's own arithmetic gives the whole answer of an SSE instruction, flags included, and
// what to ask otherwise. Intel SDM vol. 1, 11.5 and 4.9.
//
// The quick way is taken when all exceptions are masked, rounding is to nearest, denormals are kept,
// PE is set already or the result exact, and neither operands nor result are such that another flag
// might be due: no NaN, no infinite result, no denormal, nothing near underflow. All else goes to
// cpu/helpers/float.ts, which also chooses NaNs as x86 does: wasm leaves them open.
import {
  ARITHMETIC,
  type ArithmeticName,
  FORMATS,
  type FormatName,
} from '../helpers/float-operations.js';
import { MXCSR } from '../layout.js';
import { EVEN_SIGNS, isExact } from './exactness.js';
import { Lanes } from './lanes.js';
import { beyondNumbers } from './not-numbers.js';
import type { Bit, Float, Semantics, Value, Vector } from './semantics.js';

/** The SIMD floating-point exception. */
export const XM = 19;

/** Where the helpers find operands and leave results. */
const FIRST = 0;
const SECOND = 16;
const RESULT = 32;

/** All exceptions masked, nearest, no DAZ, no FTZ. */
const CONTROL_BITS = 0xffc0n;
const CONTROL_DEFAULT = 0x1f80n;
/** PE. */
const INEXACT = 0x20n;

/** MXCSR is in its default state, so that an exact operation on ordinary numbers changes nothing. */
export function masked(s: Semantics): Bit {
  return defaultIn(s, s.state(MXCSR, 32));
}

function defaultIn(s: Semantics, mxcsr: Value): Bit {
  const control = s.and(mxcsr, s.constant(CONTROL_BITS, 32));
  return s.compare('eq', control, s.constant(CONTROL_DEFAULT, 32));
}

/** The same, and inexact results have been noted already. */
export function maskedInexact(s: Semantics): Bit {
  return notedIn(s, s.state(MXCSR, 32));
}

function notedIn(s: Semantics, mxcsr: Value): Bit {
  const control = s.and(mxcsr, s.constant(CONTROL_BITS | INEXACT, 32));
  return s.compare('eq', control, s.constant(CONTROL_DEFAULT | INEXACT, 32));
}

/** Is MXCSR such that {@link maskedInexact} holds? */
export function noted(mxcsr: number): boolean {
  return (mxcsr & Number(CONTROL_BITS | INEXACT)) === Number(CONTROL_DEFAULT | INEXACT);
}

/** When the quick way may be taken: where all of `sure` hold; else where any of the others does. */
export interface Quick {
  readonly sure: readonly Bit[];
  /** Looked at one after the other, and seldom. */
  readonly others: readonly Other[];
}

export interface Other {
  readonly holds: () => Bit;
  /** The result then, where it is another one. */
  readonly result?: () => Vector;
}

/** For an operation that is ordinary: if inexact results have been noted already, or it is exact. */
export function quickIf(s: Semantics, ordinary: Bit, exact: () => Bit): Quick {
  const mxcsr = s.state(MXCSR, 32);
  return { sure: [notedIn(s, mxcsr), ordinary], others: ifExact(s, mxcsr, ordinary, exact) };
}

/** What is exact is quick, too: not worth asking where inexact results have been noted. */
function ifExact(s: Semantics, mxcsr: Value, ordinary: Bit, exact: () => Bit): Other[] {
  if (s.expectsInexact) return [];
  return [{ holds: () => s.bitAnd(s.bitAnd(defaultIn(s, mxcsr), ordinary), exact()) }];
}

/** A vector computed in the quick way where that holds, else by a helper, which may raise #XM. */
export function quickly(
  s: Semantics,
  { sure, others }: Quick,
  result: Vector,
  a: Vector,
  b: Vector,
  ask: () => Value,
): Vector {
  const slowly = (): void => {
    s.setScratch(FIRST, a);
    s.setScratch(SECOND, b);
    s.raiseIf(s.isNotZero(ask()), XM);
    s.assign(result, s.scratch(RESULT));
  };
  const otherwise = ([first, ...rest]: readonly Other[]): void => {
    if (first === undefined) {
      slowly();
      return;
    }
    const { holds, result: other } = first;
    s.if(s.bitNot(holds()), () => otherwise(rest), other && (() => s.assign(result, other())));
  };
  s.unlessAll(sure, () => otherwise(others), s.expectsInexact);
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
  const quick = quickArithmetic(s, lanes, name, { a: left, b: right, result });
  return quickly(s, quick, lanes.into(a, result), a, b, () =>
    s.helper(
      'floatArithmetic',
      s.constant(BigInt(ARITHMETIC.indexOf(name)), 32),
      formatNumber(s, format),
    ),
  );
}

interface Operation {
  readonly a: Vector | Float;
  readonly b: Vector | Float;
  readonly result: Vector | Float;
}

function quickArithmetic(
  s: Semantics,
  lanes: Lanes,
  name: ArithmeticName,
  { a, b, result }: Operation,
): Quick {
  const ordinary = (): Bit => lanes.every(quickResult(lanes, name, a, b, result));
  if (name === 'min' || name === 'max') return { sure: [masked(s), ordinary()], others: [] };
  if (s.expectsInexact) {
    // zeros, and what must be looked at more closely, come later
    const known = maskedInexact(s);
    const sure = [known, ...usualResult(lanes, name, { a, b, result })];
    const others: Other[] = [{ holds: () => s.bitAnd(known, ordinary()) }];
    if ('vector' in a && 'vector' in b && 'vector' in result && name !== 'sqrt') {
      const usual = () => lanes.mask(quickResult(lanes, name, a, b, result));
      const isQuotient = name === 'div';
      const beyond = beyondNumbers(s, lanes, { a, b, result, isQuotient, usual });
      others.push({ ...beyond, holds: () => s.bitAnd(known, beyond.holds()) });
    }
    return { sure, others };
  }
  const quick = quickIf(s, ordinary(), () => lanes.every(isExact(lanes, name, a, b, result)));
  if (name !== 'mul' || 'vector' in a || 'vector' in b) return quick;
  const short = (): Bit => s.bitAnd(s.bitAnd(masked(s), ordinary()), lanes.fits(a, b));
  return { sure: quick.sure, others: [{ holds: short }, ...quick.others] };
}

/** Conditions that all hold of most operations; where one does not, the operation may be ordinary. */
function usualResult(lanes: Lanes, name: ArithmeticName, { a, b, result }: Operation): Bit[] {
  const isProduct = name === 'mul' || name === 'div';
  const operands = name === 'sqrt' ? [b] : [a, b];
  if ('vector' in result) {
    let usual = isProduct
      ? lanes.and(lanes.finite(result), lanes.large(result))
      : lanes.finite(result);
    for (const operand of operands) usual = lanes.and(usual, lanes.large(operand));
    return [lanes.every(usual)];
  }
  const fine = isProduct ? lanes.between(result) : lanes.every(lanes.finite(result));
  return [fine, ...operands.map((operand) => lanes.every(lanes.normal(operand)))];
}

export function formatNumber(s: Semantics, format: FormatName): Value {
  return s.constant(BigInt(FORMATS.findIndex(({ name }) => name === format)), 32);
}

function compute(
  lanes: Lanes,
  name: ArithmeticName,
  a: Vector | Float,
  b: Vector | Float,
): Vector | Float {
  switch (name) {
    case 'sqrt':
      return lanes.operate('sqrt', b);
    case 'min':
    case 'max':
      return lanes.extreme(`p${name}`, a, b);
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
  // a NaN among the operands shows in the result
  const operands = (): Vector | Bit => lanes.and(lanes.normal(a), lanes.normal(b));
  switch (name) {
    case 'min':
    case 'max':
      return lanes.and(lanes.ordinary(a), lanes.ordinary(b));
    case 'sqrt':
      return lanes.and(lanes.finite(result), lanes.normal(b));
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
