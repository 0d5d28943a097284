// Operand values worth trying: edges of the integer ranges, and for each floating-point format the
// numbers where rounding, overflow, underflow and invalid operations happen.
import type { Random } from './random.js';

const EDGES = [
  0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000,
];

/** A 32-bit integer. */
export function integer32(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return random.pick(EDGES);
    case 2:
      return ~random.pick(EDGES) >>> 0;
    case 3:
      return (1 << random.below(32)) >>> 0;
    case 4:
      return random.below(256);
    default:
      return random.bits();
  }
}

/** A 64-bit integer as its low and high halves, handed to `store`. */
export function integer64(random: Random, store: (low: number, high: number) => void): void {
  switch (random.below(8)) {
    case 0: {
      const edge = random.pick(EDGES);
      store(edge, 0);
      return;
    }
    case 1:
      store(~random.pick(EDGES) >>> 0, 0xffff_ffff);
      return; // small negative numbers
    case 2:
      store(random.pick([0, 1, 0xffff_ffff]), random.pick([0x8000_0000, 0x7fff_ffff]));
      return;
    case 3: {
      const bit = random.below(64);
      if (bit < 32) store((1 << bit) >>> 0, 0);
      else store(0, (1 << (bit - 32)) >>> 0);
      return;
    }
    case 4:
      store(random.below(256), 0);
      return;
    default:
      store(random.bits(), random.bits());
      return;
  }
}

const SINGLES = [
  ...[0x0000_0000, 0x3f80_0000, 0x3f00_0000, 0x4000_0000, 0x3fc0_0000, 0x4020_0000], // 0 1 .5 2 1.5 2.5
  ...[0x7f80_0000, 0x7fc0_0000, 0x7fa0_0000, 0x7f80_0001, 0x7fff_ffff], // infinity, NaNs
  ...[0x0000_0001, 0x0000_0002, 0x007f_ffff, 0x0040_0000, 0x0080_0000, 0x0080_0001], // denormals
  ...[0x7f7f_ffff, 0x7f7f_fffe, 0x7f00_0000, 0x4b7f_ffff, 0x4b80_0000, 0x4b00_0001], // large
  ...[0x4eff_ffff, 0x4f00_0000, 0x4f80_0000, 0x5eff_ffff, 0x5f00_0000, 0x5f80_0000], // 2^31 .. 2^64
  ...[0x3f7f_ffff, 0x3f80_0001, 0x4120_0000, 0x4049_0fdb, 0x3eaa_aaab],
];

/** The bits of a single. */
export function single(random: Random): number {
  const sign = (random.below(2) << 31) >>> 0;
  switch (random.below(6)) {
    case 0:
    case 1:
      return (random.pick(SINGLES) | sign) >>> 0;
    case 2: // a moderate magnitude
      return (((0x70 + random.below(0x20)) << 23) | random.below(0x80_0000) | sign) >>> 0;
    case 3: // few significant bits: exact results, ties
      return (((0x78 + random.below(0x10)) << 23) | (random.below(16) << 19) | sign) >>> 0;
    case 4: // near another interesting number
      return ((random.pick(SINGLES) + random.below(3) - 1) | sign) >>> 0;
    default:
      return random.bits();
  }
}

/** High and low words of interesting doubles. */
const DOUBLES: readonly (readonly [number, number])[] = [
  [0, 0],
  [0x3ff0_0000, 0],
  [0x3fe0_0000, 0],
  [0x4000_0000, 0],
  [0x3ff8_0000, 0],
  [0x4004_0000, 0],
  [0x7ff0_0000, 0],
  [0x7ff8_0000, 0],
  [0x7ff0_0000, 1],
  [0x7ff4_0000, 0],
  [0x7fff_ffff, 0xffff_ffff],
  [0, 1],
  [0x0008_0000, 0],
  [0x000f_ffff, 0xffff_ffff],
  [0x0010_0000, 0],
  [0x0010_0000, 1],
  [0x7fef_ffff, 0xffff_ffff],
  [0x7fe0_0000, 0],
  [0x41df_ffff, 0xffc0_0000], // 2^31 - 1
  [0x41e0_0000, 0], // 2^31
  [0x41df_ffff, 0xffe0_0000], // 2^31 - 0.5
  [0x43e0_0000, 0], // 2^63
  [0x43df_ffff, 0xffff_ffff],
  [0x433f_ffff, 0xffff_ffff],
  [0x4340_0000, 0], // 2^53
  [0x3fef_ffff, 0xffff_ffff],
  [0x3ff0_0000, 1],
  [0x400921fb, 0x5444_2d18],
  [0x47ef_ffff, 0xe000_0000], // the largest single
  [0x47ef_ffff, 0xf000_0000], // halfway beyond it
  [0x3810_0000, 0], // the smallest normal single
  [0x36a0_0000, 0], // the smallest denormal single
  [0x3690_0000, 0],
];

/** A double's low and high halves, handed to `store`. */
export function double(random: Random, store: (low: number, high: number) => void): void {
  const sign = (random.below(2) << 31) >>> 0;
  switch (random.below(6)) {
    case 0:
    case 1: {
      const [high, low] = random.pick(DOUBLES);
      store(low, (high | sign) >>> 0);
      return;
    }
    case 2:
      store(
        random.bits(),
        (((0x3e0 + random.below(0x40)) << 20) | random.below(0x10_0000) | sign) >>> 0,
      );
      return;
    case 3:
      store(0, (((0x3f8 + random.below(0x10)) << 20) | (random.below(16) << 16) | sign) >>> 0);
      return;
    case 4: {
      const [high, low] = random.pick(DOUBLES);
      store((low + random.below(3) - 1) >>> 0, (high | sign) >>> 0);
      return;
    }
    default:
      store(random.bits(), random.bits());
      return;
  }
}

const TOP = 0x8000_0000;
/** Exponent, high and low significand words of interesting 80-bit numbers, unsupported ones included. */
const EXTENDED: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [0x3fff, TOP, 0],
  [0x3ffe, TOP, 0],
  [0x4000, TOP, 0],
  [0x3fff, 0xc000_0000, 0],
  [0x4000, 0xa000_0000, 0],
  [0x7fff, TOP, 0],
  [0x7fff, 0xc000_0000, 0],
  [0x7fff, TOP, 1],
  [0x7fff, 0xa000_0000, 0],
  [0x7fff, 0xffff_ffff, 0xffff_ffff],
  [0, 0, 1],
  [0, 0x7fff_ffff, 0xffff_ffff],
  [0, TOP, 0], // pseudo-denormal
  [1, TOP, 0],
  [0x7ffe, 0xffff_ffff, 0xffff_ffff],
  [0x3fff, 0, 0], // unnormal
  [0x7fff, 0, 0], // pseudo-infinity
  [0x7fff, 0x4000_0000, 1], // pseudo-NaN
  [0x401d, 0xffff_fffe, 0], // 2^31 - 1
  [0x401e, TOP, 0],
  [0x403d, 0xffff_ffff, 0xffff_fffe],
  [0x403e, TOP, 0], // 2^63
  [0x403e, 0xffff_ffff, 0xffff_ffff],
  [0x43fe, 0xffff_ffff, 0xffff_f800], // the largest double
  [0x43fe, 0xffff_ffff, 0xffff_fc00], // halfway beyond it
  [0x3c01, TOP, 0], // the smallest normal double
  [0x3bcd, TOP, 0], // the smallest denormal double
  [0x407e, 0xffff_ff00, 0],
  [0x4000, 0xc90f_daa2, 0x2168_c235],
  [0x3ffe, 0xffff_ffff, 0xffff_ffff],
  [0x3fff, TOP, 1],
  [0x403a, 0xde0b_6b3a, 0x763f_ffff], // 10^18 - 1, the largest packed decimal
  [0x403a, 0xde0b_6b3a, 0x7640_0000],
];

/** An 80-bit number's significand halves, exponent and sign, handed to `store`. */
export function extended(
  random: Random,
  store: (low: number, high: number, exponent: number) => void,
): void {
  const sign = random.below(2) << 15;
  switch (random.below(7)) {
    case 0:
    case 1: {
      const [exponent, high, low] = random.pick(EXTENDED);
      store(low, high, exponent | sign);
      return;
    }
    case 2:
      store(random.bits(), (random.bits() | TOP) >>> 0, (0x3fe0 + random.below(64)) | sign);
      return;
    case 3:
      store(0, (random.bits() | TOP) >>> 0, (0x3ff8 + random.below(16)) | sign);
      return;
    case 4: // a double's precision
      store(
        (random.bits() & ~0x7ff) >>> 0,
        (random.bits() | TOP) >>> 0,
        (0x3f80 + random.below(256)) | sign,
      );
      return;
    case 5: // any normal magnitude
      store(random.bits(), (random.bits() | TOP) >>> 0, random.below(0x8000) | sign);
      return;
    default:
      store(random.bits(), random.bits(), random.below(0x8000) | sign);
      return;
  }
}

export type Format = 'integer' | 'single' | 'double' | 'extended' | 'decimal';

const SIZES = { integer: 8, single: 4, double: 8, extended: 10, decimal: 10 } as const;
/** The value that {@link fill} is about to copy. */
const value = new DataView(new ArrayBuffer(10));
const words = (low: number, high: number): void => {
  value.setUint32(0, low, true);
  value.setUint32(4, high, true);
};

/** Fills memory with values of one format, the last one cut off where the bytes end. */
export function fill(random: Random, bytes: Uint8Array, format: Format): void {
  const size = SIZES[format];
  for (let at = 0; at < bytes.length; at += size) {
    if (format === 'integer') {
      if (random.chance(0.5)) integer64(random, words);
      else words(integer32(random), integer32(random));
    } else if (format === 'single') {
      words(single(random), 0);
    } else if (format === 'double') {
      double(random, words);
    } else if (format === 'extended') {
      extended(random, (low, high, exponent) => {
        words(low, high);
        value.setUint16(8, exponent, true);
      });
    } else {
      for (let i = 0; i < 9; i++) value.setUint8(i, random.below(10) * 16 + random.below(10));
      value.setUint8(9, random.below(2) * 0x80);
    }
    const room = Math.min(size, bytes.length - at);
    for (let i = 0; i < room; i++) bytes[at + i] = value.getUint8(i);
  }
}
