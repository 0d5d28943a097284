// Arithmetic and comparison of floats and doubles, scalar and packed. Intel SDM vol. 2, "ADDPS",
// "CMPPS", "COMISS", "HADDPS", "ROUNDPS" and the like.
import { FORMATS, type FormatName } from '../helpers/float-operations.js';
import {
  arithmetic,
  formatNumber,
  masked,
  type Other,
  quickIf,
  quickly,
  XM,
} from './float-unit.js';
import { Lanes } from './lanes.js';
import { comparable, unordered } from './not-numbers.js';
import { instruction } from './registry.js';
import { ALIGNED, type Operand, type Semantics, type Value, type Vector } from './semantics.js';
import { evenLanes, oddLanes } from './sse-integer.js';
import { choice } from './sse-shuffle.js';

/** Memory that the last operand of a format takes. */
export const sourceForm = (format: FormatName): string =>
  format === 'ss' ? 'xm32' : format === 'sd' ? 'xm64' : 'xm128';

export const readSource = (s: Semantics, from: Operand, format: FormatName): Vector =>
  s.readVector(from, format[0] === 'p' ? ALIGNED : undefined);

for (const { name: format } of FORMATS) {
  for (const name of ['add', 'sub', 'mul', 'div', 'min', 'max', 'sqrt'] as const) {
    instruction(name + format, `x,${sourceForm(format)}`, (s, to, from) => {
      const b = readSource(s, from, format);
      s.writeVector(to, arithmetic(s, name, format, s.readVector(to), b));
    });
  }
  instruction(`cmp${format}`, `x,${sourceForm(format)},i8`, (s, to, from, predicate) => {
    const b = readSource(s, from, format);
    s.writeVector(to, compareLanes(s, format, s.readVector(to), b, choice(s, predicate)));
  });
}

for (const [suffix, format, size] of [
  ['ps', 'ps', 4],
  ['pd', 'pd', 8],
] as const) {
  instruction(`addsub${suffix}`, 'x,xm128', (s, to, from) => {
    const b = readSource(s, from, format);
    s.writeVector(to, arithmetic(s, 'addsub', format, s.readVector(to), b));
  });
  for (const name of ['add', 'sub'] as const) {
    /** Sums, or differences, of neighbours. */
    instruction(`h${name}${suffix}`, 'x,xm128', (s, to, from) => {
      const b = readSource(s, from, format);
      const a = s.readVector(to);
      const even = s.shuffle(a, b, evenLanes(size));
      const odd = s.shuffle(a, b, oddLanes(size));
      s.writeVector(to, arithmetic(s, name, format, even, odd));
    });
  }
}

// Comparison

/**
 * CMPPS: masks of lanes where a predicate holds. Among ordinary numbers predicate 0 is equal, 1 less,
 * 2 less or equal, 3 (unordered) never, and 4 to 7 are their opposites.
 */
function compareLanes(
  s: Semantics,
  format: FormatName,
  a: Vector,
  b: Vector,
  predicate: Value,
): Vector {
  const lanes = new Lanes(s, format);
  const left = lanes.of(a);
  const right = lanes.of(b);
  const ordinary = lanes.and(lanes.ordinary(left), lanes.ordinary(right));
  const kind = s.and(predicate, s.constant(3n, 32));
  const one = s.constant(1n, 32);
  // a bit of each constant says whether the kind counts equal, or less
  const counts = (kinds: bigint): Value => s.and(s.shiftRight(s.constant(kinds, 32), kind), one);
  const equal = lanes.masked(lanes.test('eq', left, right), counts(0b0101n));
  const less = lanes.masked(lanes.test('lt', left, right), counts(0b0110n));
  const inverted = s.and(s.shiftRight(predicate, s.constant(2n, 32)), one);
  const holds = lanes.mask(lanes.flipped(lanes.or(equal, less), inverted));
  const others: Other[] = [];
  if ('vector' in left && 'vector' in right && s.expectsInexact) {
    others.push({
      holds: () => s.bitAnd(masked(s), lanes.every(comparable(s, lanes, left, right))),
      result: () => {
        const apart = lanes.masked(unordered(s, lanes, left, right), counts(0b1000n));
        const all = lanes.or(lanes.or(equal, less), apart);
        return lanes.mask(lanes.flipped(all, inverted));
      },
    });
  }
  const quick = { sure: [masked(s), lanes.every(ordinary)], others };
  return quickly(s, quick, lanes.intoBits(a, holds), a, b, () =>
    s.helper('floatMask', s.and(predicate, s.constant(7n, 32)), formatNumber(s, format)),
  );
}

/** COMISS signals quiet NaNs too, UCOMISS only signaling ones. */
for (const [name, signaling] of [
  ['comi', true],
  ['ucomi', false],
] as const) {
  for (const format of ['ss', 'sd'] as const) {
    instruction(name + format, `x,${sourceForm(format)}`, (s, left, right) => {
      const b = s.readVector(right);
      const a = s.readVector(left);
      const lanes = new Lanes(s, format);
      const [x, y] = [lanes.of(a), lanes.of(b)];
      const ordinary = lanes.every(lanes.and(lanes.ordinary(x), lanes.ordinary(y)));
      const less = s.fromBit(lanes.every(lanes.test('lt', x, y)), 32);
      const equal = s.fromBit(lanes.every(lanes.test('eq', x, y)), 32);
      const flags = s.or(less, s.shiftLeft(equal, s.constant(2n, 32)));
      s.unlessAll([masked(s), ordinary], () => {
        s.setScratch(0, a);
        s.setScratch(16, b);
        const kind = s.constant(signaling ? 1n : 0n, 32);
        s.assign(flags, s.helper('floatCompare', kind, formatNumber(s, format)));
        s.raiseIf(s.bitAt(flags, 3), XM);
      });
      const no = s.bitConstant(false);
      const [cf, pf, zf] = [0, 1, 2].map((position) => s.bitAt(flags, position));
      s.setFlags({ cf, pf, zf, of: no, sf: no, af: no });
    });
  }
}

// Rounding to integral values

/** The four roundings in wasm, in the order MXCSR and the immediate number them. */
const ROUNDINGS = ['nearest', 'floor', 'ceil', 'trunc'] as const;

for (const { name: format } of FORMATS) {
  instruction(`round${format}`, `x,${sourceForm(format)},i8`, (s, to, from, mode) => {
    const b = readSource(s, from, format);
    const a = s.readVector(to);
    const immediate = choice(s, mode);
    const lanes = new Lanes(s, format);
    const value = lanes.of(b);
    // in the quick way MXCSR says nearest
    const byMxcsr = s.bitAt(immediate, 2);
    const rounding = s.select(byMxcsr, s.constant(0n, 32), s.and(immediate, s.constant(3n, 32)));
    const result = lanes.operate('nearest', value);
    for (const [number, name] of ROUNDINGS.entries()) {
      if (number === 0) continue;
      s.if(s.compare('eq', rounding, s.constant(BigInt(number), 32)), () => {
        s.assign(result, lanes.operate(name, value));
      });
    }
    const numbers = lanes.every(lanes.test('eq', value, value));
    const quick = quickIf(s, numbers, () =>
      s.bitOr(s.bitAt(immediate, 3), lanes.every(lanes.test('eq', result, value))),
    );
    const answer = quickly(s, quick, lanes.into(a, result), a, b, () =>
      s.helper('floatRound', immediate, formatNumber(s, format)),
    );
    s.writeVector(to, answer);
  });
}

// Estimates: no exceptions, whatever MXCSR says

for (const [number, name] of ['rcp', 'rsqrt'].entries()) {
  for (const format of ['ss', 'ps'] as const) {
    instruction(name + format, `x,${sourceForm(format)}`, (s, to, from) => {
      s.setScratch(16, readSource(s, from, format));
      s.setScratch(32, s.readVector(to));
      const lanes = format === 'ps' ? 4n : 1n;
      s.helper('floatEstimate', s.constant(BigInt(number), 32), s.constant(lanes, 32));
      s.writeVector(to, s.scratch(32));
    });
  }
}
