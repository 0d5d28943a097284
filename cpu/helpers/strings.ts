// PCMPISTRI and its like, and CRC32. Intel SDM vol. 2B, 4.1 "Imm8 Control Byte Operation for
// PCMPESTRI / PCMPESTRM / PCMPISTRI / PCMPISTRM"; vol. 2A, "CRC32".
import { SCRATCH } from '../layout.js';

const FIRST = SCRATCH;
const SECOND = SCRATCH + 16;
const RESULT = SCRATCH + 32;
/** Lengths above this are found by a zero in the string. */
const LONGEST = 16;

type Aggregation = (a: readonly number[], b: readonly number[], count: number) => number;

/** A bit for each element of b: does it equal one of a's? */
const equalAny: Aggregation = (a, b) => bitsWhere(b.length, (j) => a.includes(b[j]));

/** Is it in one of the ranges that pairs of a's elements bound? */
const ranges: Aggregation = (a, b) =>
  bitsWhere(b.length, (j) => {
    for (let i = 0; i + 1 < a.length; i += 2) if (b[j] >= a[i] && b[j] <= a[i + 1]) return true;
    return false;
  });

/** Does it equal a's at the same place? Both having ended counts as equal. */
const equalEach: Aggregation = (a, b, count) =>
  bitsWhere(count, (j) =>
    j < a.length && j < b.length ? a[j] === b[j] : j >= a.length && j >= b.length,
  );

/** Does all of a, or as much of it as fits, stand here? */
const equalOrdered: Aggregation = (a, b, count) =>
  bitsWhere(count, (j) => {
    for (let i = 0; i < a.length && i + j < count; i++) {
      if (i + j >= b.length || a[i] !== b[i + j]) return false;
    }
    return true;
  });

const AGGREGATIONS: readonly Aggregation[] = [equalAny, ranges, equalEach, equalOrdered];

function bitsWhere(count: number, holds: (index: number) => boolean): number {
  let bits = 0;
  for (let i = 0; i < count; i++) if (holds(i)) bits |= 1 << i;
  return bits;
}

/**
 * Leaves the mask at SCRATCH + 32; gives the index, and CF, ZF, SF, OF as bits 8-11. Lengths are at
 * most 16, or greater to look for a zero.
 */
export function compareStrings(
  view: DataView,
  control: number,
  firstLength: number,
  secondLength: number,
): number {
  const words = (control & 1) !== 0;
  const count = words ? 8 : 16;
  const a = elements(view, FIRST, control, firstLength);
  const b = elements(view, SECOND, control, secondLength);
  let bits = AGGREGATIONS[(control >>> 2) & 3](a, b, count);
  if ((control & 0x10) !== 0) {
    const negated = (control & 0x20) !== 0 ? (1 << b.length) - 1 : (1 << count) - 1;
    bits ^= negated;
  }
  writeMask(view, bits, (control & 0x40) !== 0, count);
  const last = (control & 0x40) !== 0;
  let index = count;
  if (bits !== 0) index = last ? 31 - Math.clz32(bits) : 31 - Math.clz32(bits & -bits);
  const flags =
    (bits !== 0 ? 1 : 0) |
    (b.length < count ? 2 : 0) |
    (a.length < count ? 4 : 0) |
    ((bits & 1) << 3);
  return index | (flags << 8);
}

/** The valid elements of a string: bytes or words, signed or not, as the control says. */
function elements(view: DataView, at: number, control: number, length: number): number[] {
  const words = (control & 1) !== 0;
  const signed = (control & 2) !== 0;
  const count = words ? 8 : 16;
  const result: number[] = [];
  for (let i = 0; i < Math.min(count, length); i++) {
    let value: number;
    if (words) value = signed ? view.getInt16(at + i * 2, true) : view.getUint16(at + i * 2, true);
    else value = signed ? view.getInt8(at + i) : view.getUint8(at + i);
    if (length > LONGEST && value === 0) break;
    result.push(value);
  }
  return result;
}

/** The bits, or a mask of elements where they are set. */
function writeMask(view: DataView, bits: number, expand: boolean, count: number): void {
  for (let i = 0; i < 16; i++) {
    const element = count === 8 ? i >> 1 : i;
    let byte = 0;
    if (expand) byte = (bits >> element) & 1 ? 0xff : 0;
    else if (i < 2) byte = (bits >> (i * 8)) & 0xff;
    view.setUint8(RESULT + i, byte);
  }
}

/** The Castagnoli polynomial, bit-reflected. */
const POLYNOMIAL = 0x82f6_3b78;
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? POLYNOMIAL : 0);
  return crc;
});

/** The CRC with 8, 16 or 32 bits more. */
export function crc32(crc: number, value: number, bits: number): number {
  let result = crc;
  for (let i = 0; i < bits; i += 8) {
    result = (result >>> 8) ^ TABLE[(result ^ (value >>> i)) & 0xff];
  }
  return result;
}
