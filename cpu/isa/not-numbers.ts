// Vectors with infinities and NaNs in some lanes: where they come up they come up again, as in loops
// that go on with one lane while another has overflowed. Intel SDM vol. 1, 4.8.3.5 and table 4-7.
import { MXCSR } from '../layout.js';
import type { Other } from './float-unit.js';
import { type Lanes, LIMITS } from './lanes.js';
import type { Semantics, Value, Vector } from './semantics.js';

/** IE and OE, by their positions in MXCSR. */
const INVALID = 0n;
const OVERFLOW = 3n;
/** Bits that quiet NaNs have and signaling ones have not; and what an invalid operation gives. */
const QUIET = { 32: 0x0040_0000n, 64: 0x0008_0000_0000_0000n };
const DEFAULT = { 32: 0xffc0_0000n, 64: 0xfff8_0000_0000_0000n };

function noted(s: Semantics, flag: bigint): Value {
  const mxcsr = s.state(MXCSR, 32);
  return s.and(s.shiftRight(mxcsr, s.constant(flag, 32)), s.constant(1n, 32));
}

const isNan = (lanes: Lanes, x: Vector): Vector => lanes.mask(lanes.test('ne', x, x));

/**
 * When every lane is either usual, or has a quiet NaN among its operands, which is the result then,
 * the first one first; or is infinite by an infinite operand; or is an invalid operation or an
 * overflow when such have been noted already.
 */
export function beyondNumbers(
  s: Semantics,
  lanes: Lanes,
  operation: {
    readonly a: Vector;
    readonly b: Vector;
    readonly result: Vector;
    readonly isQuotient: boolean;
    /** Lanes that are usual. */
    readonly usual: () => Vector;
  },
): Other {
  const { a, b, result, isQuotient, usual } = operation;
  const both = (x: Vector, y: Vector): Vector => s.vector('v128.and', x, y);
  const either = (x: Vector, y: Vector): Vector => s.vector('v128.or', x, y);
  const constant = (bits: bigint): Vector => lanes.repeated(bits);
  const isSignaling = (x: Vector): Vector => {
    const bit = both(x, constant(QUIET[lanes.precision]));
    return both(isNan(lanes, x), lanes.mask(lanes.test('eq', bit, constant(0n))));
  };
  const isInfinite = (x: Vector): Vector => {
    const { infinity } = LIMITS[lanes.precision];
    return lanes.mask(lanes.test('eq', lanes.operate('abs', x), constant(infinity)));
  };
  const numbers = (): Vector => both(lanes.mask(lanes.normal(a)), lanes.mask(lanes.normal(b)));
  const hasNan = (): Vector => either(isNan(lanes, a), isNan(lanes, b));
  return {
    holds: () => {
      const signaling = either(isSignaling(a), isSignaling(b));
      const nan = s.vector('v128.andnot', hasNan(), signaling);
      const unbounded = both(isInfinite(result), numbers());
      let infinite = both(unbounded, either(isInfinite(a), isInfinite(b)));
      // by a finite operand it is an overflow; a quotient may be a division by zero, too
      if (!isQuotient) {
        const overflow = lanes.mask(lanes.masked(unbounded, noted(s, OVERFLOW)));
        infinite = either(infinite, overflow);
      }
      const invalid = both(isNan(lanes, result), numbers());
      const known = lanes.mask(lanes.masked(invalid, noted(s, INVALID)));
      return lanes.every(either(either(usual(), nan), either(infinite, known)));
    },
    result: () => {
      const invalid = both(isNan(lanes, result), numbers());
      const normal = s.vector(
        'v128.bitselect',
        constant(DEFAULT[lanes.precision]),
        result,
        invalid,
      );
      const nan = s.vector('v128.bitselect', a, b, isNan(lanes, a));
      return s.vector('v128.bitselect', nan, normal, hasNan());
    },
  };
}

/** Lanes of a comparison that are numbers, or NaNs when invalid operations have been noted already. */
export function comparable(s: Semantics, lanes: Lanes, a: Vector, b: Vector): Vector {
  const nan = s.vector('v128.or', isNan(lanes, a), isNan(lanes, b));
  const known = lanes.mask(lanes.masked(nan, noted(s, INVALID)));
  const fine = (x: Vector): Vector =>
    s.vector('v128.or', lanes.mask(lanes.normal(x)), isNan(lanes, x));
  const numbers = s.vector('v128.and', lanes.mask(lanes.normal(a)), lanes.mask(lanes.normal(b)));
  return s.vector(
    'v128.or',
    numbers,
    s.vector('v128.and', known, s.vector('v128.and', fine(a), fine(b))),
  );
}

/** Lanes that have a NaN among their operands. */
export function unordered(s: Semantics, lanes: Lanes, a: Vector, b: Vector): Vector {
  return s.vector('v128.or', isNan(lanes, a), isNan(lanes, b));
}
