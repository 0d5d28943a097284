// RCPPS and RSQRTPS. Intel SDM vol. 2 bounds their error; Intel's processors have tables, whose entries
// are the function of the middle of an interval, rounded to 12 bits. Every entry was compared with a
// processor's (family 6, model 207).
import { SCRATCH } from '../layout.js';

const SOURCE = SCRATCH + 16;
const RESULT = SCRATCH + 32;

const INFINITY = 0x7f80_0000;
const QUIET = 0x0040_0000;
const DEFAULT_NAN = 0xffc0_0000;
/** 2^12 steps of results in [1, 2), which stand for those in [1/2, 1). */
const STEPS = 4096;

/** The estimates of 1/x (0) or 1/sqrt(x) (1) in so many lanes. */
export function floatEstimate(view: DataView, operation: number, lanes: number): number {
  const estimate = operation === 0 ? reciprocal : reciprocalRoot;
  for (let lane = 0; lane < lanes; lane++) {
    view.setUint32(RESULT + lane * 4, estimate(view.getUint32(SOURCE + lane * 4, true)), true);
  }
  return 0;
}

function reciprocal(bits: number): number {
  const sign = bits & 0x8000_0000;
  const exponent = (bits >>> 23) & 0xff;
  if (exponent === 0xff) return (bits & 0x7f_ffff) === 0 ? sign : bits | QUIET;
  if (exponent === 0) return sign | INFINITY; // denormals are zeros here
  const middle = 1 + (((bits >>> 12) & 0x7ff) + 0.5) / 2048;
  const field = 253 - exponent;
  return field > 0 ? sign | encode(field, 1 / middle) : sign;
}

function reciprocalRoot(bits: number): number {
  const sign = bits & 0x8000_0000;
  const exponent = (bits >>> 23) & 0xff;
  if (exponent === 0xff && (bits & 0x7f_ffff) !== 0) return bits | QUIET;
  if (exponent === 0) return sign | INFINITY;
  if (sign !== 0) return DEFAULT_NAN;
  if (exponent === 0xff) return 0;
  const middle = 1 + (((bits >>> 13) & 0x3ff) + 0.5) / 1024;
  const odd = (exponent - 127) & 1;
  const field = 126 - (exponent - 127 - odd) / 2;
  return encode(field, 1 / Math.sqrt(odd === 0 ? middle : middle * 2));
}

/** A number in (1/2, 1) in 12 bits, with an exponent's field. */
function encode(field: number, fraction: number): number {
  return (field << 23) | ((Math.round(fraction * 2 * STEPS) - STEPS) << 11);
}
