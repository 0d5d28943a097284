import { expect } from 'chai';
import fc from 'fast-check';
import { ARITHMETIC, type ArithmeticName } from '../../../cpu/helpers/float-operations.js';
import { QuickFloat } from '../../../cpu/helpers/quick-float.js';
import { DOUBLE, type Format, SINGLE, SoftFloat } from '../../../cpu/helpers/soft-float.js';

const FIRST = 0;
const SECOND = 8;
const RESULT = 16;
const RUNS = 3000;

const DEFAULT = 0x1f80;
const DAZ = 0x40;
const FTZ = 0x8000;

const buffer = new ArrayBuffer(24);
const view = new DataView(buffer);
const quick = new QuickFloat(buffer);
const soft = new SoftFloat();

function store(at: number, { width }: Format, bits: bigint): void {
  if (width === 64) view.setBigUint64(at, bits, true);
  else view.setUint32(at, Number(bits), true);
}

const load = (at: number, { width }: Format): bigint =>
  width === 64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));

function exactly(name: ArithmeticName, x: bigint, y: bigint, format: Format): bigint {
  const [a, b] = [soft.unpack(x, format), soft.unpack(y, format)];
  switch (name) {
    case 'sub':
      return soft.subtract(a, b, format);
    case 'mul':
      return soft.multiply(a, b, format);
    case 'div':
      return soft.divide(a, b, format);
    case 'sqrt':
      return soft.squareRoot(b, format);
    case 'min':
      return soft.extreme(a, b, -1);
    case 'max':
      return soft.extreme(a, b, 1);
    default:
      return soft.add(a, b, format);
  }
}

/** Bits of any number: exponents near the ends and in the middle, significands short and long. */
function bits({ width, precision, bias }: Format): fc.Arbitrary<bigint> {
  const special = 2 * bias + 1;
  const near = (middle: number, reach: number): fc.Arbitrary<number> =>
    fc.integer({ min: Math.max(0, middle - reach), max: Math.min(special, middle + reach) });
  const exponent = fc.oneof(
    near(0, precision),
    near(bias, precision),
    near(special, 2),
    near(bias, bias),
  );
  const fraction = fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(precision - 1)) - 1n }), near(0, precision - 1))
    .map(([value, zeros]) => (value >> BigInt(zeros)) << BigInt(zeros));
  return fc
    .tuple(fc.boolean(), exponent, fraction)
    .map(
      ([negative, field, low]) =>
        ((negative ? 1n : 0n) << BigInt(width - 1)) |
        (BigInt(field) << BigInt(precision - 1)) |
        low,
    );
}

describe('floating-point by the host', () => {
  for (const [title, format] of [
    ['singles', SINGLE],
    ['doubles', DOUBLE],
  ] as const) {
    it(`gives the results and flags of exact integers for ${title}`, () => {
      const mode = fc.constantFrom(DEFAULT, DEFAULT | DAZ, DEFAULT | FTZ, DEFAULT | DAZ | FTZ);
      const name = fc.constantFrom(...ARITHMETIC);
      fc.assert(
        fc.property(name, mode, bits(format), bits(format), (operation, mxcsr, x, y) => {
          store(FIRST, format, x);
          store(SECOND, format, y);
          soft.begin(mxcsr);
          expect(quick.begin(mxcsr)).to.equal(true);
          const result = exactly(operation, x, y, format);
          quick.operate(operation, format === SINGLE, FIRST, SECOND, RESULT);
          expect(load(RESULT, format).toString(16)).to.equal(result.toString(16));
          expect(quick.flags).to.equal(soft.flags);
        }),
        { numRuns: RUNS },
      );
    });
  }

  it('declines other roundings and exceptions that are not masked', () => {
    for (const mxcsr of [0x3f80, 0x5f80, 0x7f80, 0x1f00, 0x0f80]) {
      expect(quick.begin(mxcsr)).to.equal(false);
    }
  });
});

describe('exact floating-point', () => {
  it('rounds one third as MXCSR.RC says', () => {
    const thirds = [0x1f80, 0x3f80, 0x5f80, 0x7f80].map((mxcsr) => {
      soft.begin(mxcsr);
      return exactly('div', 0x3ff0_0000_0000_0000n, 0x4008_0000_0000_0000n, DOUBLE) & 0xfn;
    });
    expect(thirds).to.deep.equal([5n, 5n, 6n, 5n]);
  });

  it('signals the underflow of an exact result only when that is not masked', () => {
    const half = 0x3fe0_0000_0000_0000n;
    const smallest = 0x0010_0000_0000_0000n;
    soft.begin(0x1f80);
    expect(exactly('mul', smallest, half, DOUBLE)).to.equal(0x0008_0000_0000_0000n);
    expect(soft.flags).to.equal(0);
    soft.begin(0x1780);
    exactly('mul', smallest, half, DOUBLE);
    expect(soft.flags).to.equal(0x10);
  });
});
