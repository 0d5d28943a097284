// Logarithm, exponential, sine, cosine and arctangent of exact arguments as power series in
// fixed point, to some 90 bits beyond the 64 that survive rounding.

/** m * 2^e. */
export interface Real {
  readonly m: bigint;
  readonly e: number;
}

/** Fraction bits of the fixed-point numbers below. */
const FRACTION = 160;
const F = BigInt(FRACTION);
export const ONE = 1n << F;

/** Constants with 192 fraction bits. */
const CONSTANT_FRACTION = 192;
const LN2 = 0xb17217f7_d1cf79ab_c9e3b398_03f2f6af_40f34326_7298b62dn;
const LOG2E = 0x1_71547652_b82fe177_7d0ffda0_d23a7d11_d6aef551_bad2b4b1n;
const PI = 0x3_243f6a88_85a308d3_13198a2e_03707344_a4093822_299f31d0n;

export const PI_REAL: Real = { m: PI, e: -CONSTANT_FRACTION };

export function bitLength(value: bigint): number {
  const text = value.toString(16);
  return text.length * 4 - (Math.clz32(Number.parseInt(text[0], 16)) - 28);
}

/** Drops bits below 2^-160. */
export function toFixed({ m, e }: Real): bigint {
  const shift = e + FRACTION;
  return shift >= 0 ? m << BigInt(shift) : m >> BigInt(-shift);
}

export function product(a: Real, b: Real): Real {
  return { m: a.m * b.m, e: a.e + b.e };
}

/** a / b to 160 bits at least, for significands of up to 256 bits. */
export function quotient(a: Real, b: Real): Real {
  const magnitude = a.m < 0n ? -a.m : a.m;
  const extra = FRACTION + Math.max(0, bitLength(b.m) - bitLength(magnitude));
  return { m: (a.m << BigInt(extra)) / b.m, e: a.e - b.e - extra };
}

/** x for |x| < 1: the sum of z^k / d(k), where a term divides the one before it. */
function alternating(z: bigint, first: bigint): bigint {
  let sum = ONE;
  let term = ONE;
  for (let n = first; term !== 0n; n += 2n) {
    term = -((term * z) >> F) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

function square(x: Real): bigint {
  const fixed = toFixed(x);
  return (fixed * fixed) >> F;
}

/** For 0 <= x <= pi/4. */
export function sine(x: Real): Real {
  return product(x, { m: alternating(square(x), 2n), e: -FRACTION });
}

/** For 0 <= x <= pi/4. */
export function cosine(x: Real): Real {
  return { m: alternating(square(x), 1n), e: -FRACTION };
}

/** 2^x - 1 for -1 <= x <= 1; the result has the sign of x. */
export function exponentialMinusOne(x: Real): Real {
  const t = product(x, { m: LN2, e: -CONSTANT_FRACTION });
  const fixed = toFixed(t);
  let sum = ONE;
  let term = ONE;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = ((term * fixed) >> F) / n;
    sum += term;
  }
  return product(t, { m: sum, e: -FRACTION });
}

/** The sum of z^k / (2k+1), with alternating signs when `sign` is -1: atanh(t)/t or atan(t)/t. */
function oddReciprocals(z: bigint, sign: 1n | -1n): bigint {
  let sum = ONE;
  let power = ONE;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = (sign * power * z) >> F;
    sum += power / n;
  }
  return sum;
}

/** log2((1 + t) / (1 - t)) for |t| < 0.2; the result has the sign of t. */
export function logarithmOfRatio(t: Real): Real {
  const series = product(t, { m: oddReciprocals(square(t), 1n), e: 1 - FRACTION });
  return product(series, { m: LOG2E, e: -CONSTANT_FRACTION });
}

/** log2(x) for x > 0; a zero significand or no bits below the point mean an exact result. */
export function logarithm(x: Real): Real {
  const length = bitLength(x.m);
  let power = x.e + length - 1;
  let m = toFixed({ m: x.m, e: 1 - length });
  if (m * m > 2n * ONE * ONE) {
    m >>= 1n; // exact: x has far fewer bits than the fixed point
    power++;
  }
  const t = ((m - ONE) << F) / (m + ONE);
  const fraction = logarithmOfRatio({ m: t, e: -FRACTION });
  if (power === 0) return fraction;
  return { m: (BigInt(power) << F) + toFixed(fraction), e: -FRACTION };
}

const STEPS = 16n;

/** atan(k/16): each entry is the one before plus the arctangent of a small fraction. */
let arctangents: bigint[] | undefined;

function arctangentTable(): bigint[] {
  if (arctangents !== undefined) return arctangents;
  arctangents = [0n];
  for (let k = 0n; k < STEPS; k++) {
    const step = { m: (STEPS << F) / (STEPS * STEPS + k * (k + 1n)), e: -FRACTION };
    arctangents.push(arctangents[Number(k)] + toFixed(smallArctangent(step)));
  }
  return arctangents;
}

function smallArctangent(x: Real): Real {
  return product(x, { m: oddReciprocals(square(x), -1n), e: -FRACTION });
}

/** For 0 <= x <= 1. */
export function arctangent(x: Real): Real {
  const fixed = toFixed(x);
  const k = (fixed * STEPS + ONE / 2n) >> F;
  if (k === 0n) return smallArctangent(x);
  const rest = ((fixed * STEPS - k * ONE) << F) / (STEPS * ONE + k * fixed);
  const m = arctangentTable()[Number(k)] + toFixed(smallArctangent({ m: rest, e: -FRACTION }));
  return { m, e: -FRACTION };
}
