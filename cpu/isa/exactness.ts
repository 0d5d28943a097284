// Whether a floating-point result is exact, by error-free transformations: Dekker 1971; Muller et al.,
// Handbook of Floating-Point Arithmetic, 4.3 and 4.4.
import type { ArithmeticName } from '../helpers/float-operations.js';
import { type Lanes, LIMITS } from './lanes.js';
import type { Bit, Float, Vector } from './semantics.js';

/** The sign bits of the even lanes: what ADDSUBPS changes before it adds. */
export const EVEN_SIGNS = {
  32: [0, 0, 0, 0x80, 0, 0, 0, 0],
  64: [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0],
} as const;

/** Is the result, an ordinary one, not rounded? */
export function isExact(
  lanes: Lanes,
  name: ArithmeticName,
  a: Vector | Float,
  b: Vector | Float,
  result: Vector | Float,
): Vector | Bit {
  switch (name) {
    case 'mul':
      return lanes.and(lanes.isZero(productError(lanes, a, b, result)), safe(lanes, result));
    case 'div':
      return lanes.and(isProduct(lanes, result, b, a), safe(lanes, a));
    case 'sqrt':
      return lanes.and(isProduct(lanes, result, result, b), safe(lanes, b));
    default:
      return lanes.isZero(sumError(lanes, name, a, b, result));
  }
}

/** Zero, or large enough that no error of a product is lost. */
function safe(lanes: Lanes, a: Vector | Float): Vector | Bit {
  const limit = lanes.constant(LIMITS[lanes.precision].safe);
  return lanes.or(lanes.test('gt', lanes.operate('abs', a), limit), lanes.isZero(a));
}

function sumError(
  lanes: Lanes,
  name: ArithmeticName,
  a: Vector | Float,
  b: Vector | Float,
  sum: Vector | Float,
): Vector | Float {
  let addend = b;
  if (name === 'sub') addend = lanes.operate('neg', b);
  if (name === 'addsub') addend = lanes.flip(b, EVEN_SIGNS[lanes.precision]);
  const part = lanes.operate('sub', sum, a);
  const lostOfA = lanes.operate('sub', a, lanes.operate('sub', sum, part));
  return lanes.operate('add', lostOfA, lanes.operate('sub', addend, part));
}

/** Dekker's product: what a * b has beyond its rounded value. */
function productError(
  lanes: Lanes,
  a: Vector | Float,
  b: Vector | Float,
  product: Vector | Float,
): Vector | Float {
  const splitter = lanes.constant(LIMITS[lanes.precision].splitter);
  const halves = (x: Vector | Float): [Vector | Float, Vector | Float] => {
    const scaled = lanes.operate('mul', x, splitter);
    const high = lanes.operate('sub', scaled, lanes.operate('sub', scaled, x));
    return [high, lanes.operate('sub', x, high)];
  };
  const [highA, lowA] = halves(a);
  const [highB, lowB] = halves(b);
  let error = lanes.operate('sub', lanes.operate('mul', highA, highB), product);
  error = lanes.operate('add', error, lanes.operate('mul', highA, lowB));
  error = lanes.operate('add', error, lanes.operate('mul', lowA, highB));
  return lanes.operate('add', error, lanes.operate('mul', lowA, lowB));
}

/** Is a * b this number exactly? */
function isProduct(
  lanes: Lanes,
  a: Vector | Float,
  b: Vector | Float,
  number: Vector | Float,
): Vector | Bit {
  const product = lanes.operate('mul', a, b);
  const same = lanes.test('eq', product, number);
  return lanes.and(same, lanes.isZero(productError(lanes, a, b, product)));
}
