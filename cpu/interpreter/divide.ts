// A 128-bit dividend by a 64-bit divisor, whose quotient is known to fit: two digits of 32 bits, each
// estimated from the divisor's upper half. D. Knuth, The Art of Computer Programming, 4.3.1, D.
import type { Code } from '../wasm/code.js';

const [HIGH, LOW, DIVISOR] = [0, 1, 2];
const HALF = 32n;
const MASK = 0xffff_ffffn;

/** Defines (high, low, divisor) -> quotient; `high` is below `divisor`. */
export function defineDivideWide(code: Code): void {
  const [shift, upper, lower, rest, digit, left, first] = [0, 1, 2, 3, 4, 5, 6].map(() =>
    code.local('i64'),
  );
  // normalised: the divisor's highest bit is set
  code.get(DIVISOR).op('i64.clz').set(shift);
  code.get(DIVISOR).get(shift).op('i64.shl').set(DIVISOR);
  code.get(DIVISOR).i64(HALF).op('i64.shr_u').set(upper);
  code.get(DIVISOR).i64(MASK).op('i64.and').set(lower);
  code.get(HIGH).get(shift).op('i64.shl');
  code.get(LOW).i64(1n).op('i64.shr_u').i64(63n).get(shift).op('i64.sub').op('i64.shr_u');
  code.op('i64.or').set(rest);
  code.get(LOW).get(shift).op('i64.shl').set(LOW);

  /** One digit of the quotient, from `rest` and the next 32 bits of the dividend. */
  const step = (pushNext: () => void): void => {
    code.get(rest).get(upper).op('i64.div_u').set(digit);
    code.get(rest).get(digit).get(upper).op('i64.mul').op('i64.sub').set(left);
    // at most two too many
    code.block().loop();
    code.get(digit).i64(HALF).op('i64.shr_u').op('i64.eqz');
    code.get(digit).get(lower).op('i64.mul');
    code.get(left).i64(HALF).op('i64.shl');
    pushNext();
    code.op('i64.or').op('i64.le_u').op('i32.and').brIf(1);
    code.get(digit).i64(1n).op('i64.sub').set(digit);
    code.get(left).get(upper).op('i64.add').tee(left);
    code.i64(HALF).op('i64.shr_u').op('i64.eqz').brIf(0);
    code.end().end();
    code.get(rest).i64(HALF).op('i64.shl');
    pushNext();
    code.op('i64.or').get(digit).get(DIVISOR).op('i64.mul').op('i64.sub').set(rest);
  };
  step(() => code.get(LOW).i64(HALF).op('i64.shr_u'));
  code.get(digit).set(first);
  step(() => code.get(LOW).i64(MASK).op('i64.and'));
  code.get(first).i64(HALF).op('i64.shl').get(digit).op('i64.add');
}
