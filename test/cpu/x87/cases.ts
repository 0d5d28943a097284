// Seeded x87 states and operands that dwell on the edges: zeros, denormals, every invalid
// encoding, NaNs, values one unit from a rounding boundary, pairs that nearly cancel.

import { type Instruction, WIDTHS } from './instructions.js';
import { RECORD_SIZE } from './silicon.js';

export class Random {
  constructor(private state: number) {}
  /** Uniform in 0..2^32-1; splitmix32. */
  word(): number {
    this.state = (this.state + 0x9e37_79b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }
  below(limit: number): number {
    return this.word() % limit;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
  bits64(): bigint {
    return (BigInt(this.word()) << 32n) | BigInt(this.word());
  }
}

const ONES = 0xffff_ffff_ffff_ffffn;
const J = 0x8000_0000_0000_0000n;

/** A significand whose interesting bits lie where some precision rounds. */
function significand(random: Random): bigint {
  const boundary = BigInt(random.pick([0, 10, 11, 12, 39, 40, 41, 63]));
  switch (random.below(8)) {
    case 0:
      return J;
    case 1:
      return ONES;
    case 2:
      return J | (1n << boundary);
    case 3:
      return (J | ((ONES << boundary) & ONES)) - BigInt(random.below(2));
    case 4:
      return J | (random.bits64() & (ONES << boundary) & ONES);
    case 5:
      return J | ((1n << boundary) - 1n);
    default:
      return J | random.bits64();
  }
}

const EXPONENTS = [
  0x3fff,
  0x3ffe,
  0x4000,
  0x3fff - 64,
  0x3fff + 63,
  0x3fff + 62,
  0x3fff + 31,
  0x3fff + 15,
  1,
  2,
  0x7ffe,
  0x7ffd,
  0x3fff - 127,
  0x3fff - 150,
  0x3fff + 128,
  0x3fff - 1023,
  0x3fff - 1075,
  0x3fff + 1024,
  0x1fff,
  0x5fff,
  0x2000,
  64,
  63,
  0x7fc0,
];

export interface Extended {
  readonly signExponent: number;
  readonly significand: bigint;
}

export function extended(random: Random, near?: Extended): Extended {
  const sign = random.below(2) << 15;
  if (near !== undefined && random.chance(35)) return neighbour(random, near, sign);
  switch (random.below(16)) {
    case 0:
      return { signExponent: sign, significand: 0n };
    case 1:
      return { signExponent: sign | 0x7fff, significand: J };
    case 2:
      return { signExponent: sign | 0x7fff, significand: significand(random) };
    case 3:
      return { signExponent: sign | 0x7fff, significand: J | (random.bits64() >> 2n) };
    case 4:
      return { signExponent: sign, significand: random.bits64() >> BigInt(random.below(64)) };
    case 5:
      return { signExponent: sign | random.below(0x8000), significand: random.bits64() >> 1n };
    case 6:
      return { signExponent: sign | random.below(0x8000), significand: significand(random) };
    case 7:
    case 8:
    case 9: {
      const exponent = random.pick(EXPONENTS) + random.below(5) - 2;
      return { signExponent: sign | Math.max(exponent, 0), significand: significand(random) };
    }
    default: {
      const exponent = 0x3fff - 20 + random.below(90);
      const short = random.chance(30) ? ONES << BigInt(63 - random.below(20)) : ONES;
      return { signExponent: sign | exponent, significand: (significand(random) & short) | J };
    }
  }
}

function neighbour(random: Random, near: Extended, sign: number): Extended {
  const distance = random.pick([0, 0, 1, 1, 2, 31, 32, 33, 62, 63, 64, 65, 66, 96]);
  const exponent = (near.signExponent & 0x7fff) + (random.chance(50) ? distance : -distance);
  const step = BigInt(random.below(5)) - 2n;
  const value = random.chance(60) ? near.significand + step : significand(random);
  return {
    signExponent: sign | Math.min(Math.max(exponent, 0), 0x7fff),
    significand: value & ONES,
  };
}

function controlWord(random: Random): number {
  let masks = 0x3f;
  if (random.chance(25)) masks = random.below(64);
  else if (random.chance(15)) masks ^= 1 << random.below(6);
  const precision = random.pick([3, 3, 3, 2, 0, 1]);
  return 0x40 | masks | (precision << 8) | (random.below(4) << 10);
}

/** Fills one record: a whole FXSAVE state, the memory operand and the code. */
export function fillRecord(record: DataView, instruction: Instruction, random: Random): void {
  for (let at = 0; at < RECORD_SIZE; at += 4) record.setUint32(at, 0, true);
  const fcw = controlWord(random);
  const dirty = random.chance(30) ? random.below(0x10000) & 0x7f7f : random.below(8) << 11;
  const pending = (dirty & ~fcw & 0x3f) !== 0;
  const quiet = pending && random.chance(85) ? dirty & ~0x3f : dirty;
  const es = (quiet & ~fcw & 0x3f) !== 0 ? 0x8080 : 0;
  record.setUint16(0, fcw, true);
  record.setUint16(2, quiet | es, true);
  record.setUint8(4, random.pick([0xff, 0, 0xff, random.below(256)]));
  const top = (quiet >>> 11) & 7;
  if (random.chance(85)) {
    // The usual case: ST(0) to ST(3) hold values and ST(7) is free.
    const live = 0x0f << top;
    record.setUint8(4, (live | (live >>> 8)) & 0xff);
  }
  record.setUint32(24, 0x1f80, true);
  const first = extended(random);
  for (let index = 0; index < 8; index++) {
    const value = index === 0 ? first : extended(random, first);
    record.setBigUint64(32 + 16 * index, value.significand, true);
    record.setUint16(40 + 16 * index, value.signExponent, true);
  }
  for (let at = 0; at < 128; at += 4) record.setUint32(160 + at, 0xcccc_cccc, true);
  if (instruction.load !== undefined) fillMemory(record, instruction.load, first, random);
  record.setUint8(288, instruction.bytes.length);
  for (const [index, byte] of instruction.bytes.entries()) record.setUint8(289 + index, byte);
  record.setUint32(296, 0x203, true);
}

function fillMemory(record: DataView, format: number, near: Extended, random: Random): void {
  const random16 = () => random.below(0x10000);
  switch (WIDTHS[format] === undefined ? -1 : format) {
    case 0: {
      const exponent = random.pick([0, 0, 255, 1, 254, 127, 126, 128, random.below(256)]);
      const fraction = random.pick([0, 1, 0x7f_ffff, 0x40_0000, random.word(), random.word()]);
      const word = (random.below(2) << 31) | (exponent << 23) | (fraction & 0x7f_ffff);
      record.setInt32(160, word, true);
      break;
    }
    case 1: {
      const exponent = random.pick([0, 0, 2047, 1, 2046, 1023, 1022, 1024, random.below(2048)]);
      const fraction = random.pick([0, 1, 0xf_ffff, 0x8_0000, random.word(), random.word()]);
      const word = (random.below(2) << 31) | (exponent << 20) | (fraction & 0xf_ffff);
      record.setInt32(164, word, true);
      record.setUint32(160, random.pick([0, 0, 1, 0xffff_ffff, random.word()]), true);
      break;
    }
    case 2: {
      const value = extended(random, near);
      record.setBigUint64(160, value.significand, true);
      record.setUint16(168, value.signExponent, true);
      break;
    }
    case 3:
    case 4:
    case 5: {
      const value = random.bits64() >> BigInt(random.below(64));
      const edge = random.pick([0n, 1n, ONES, J, J - 1n, 0x8000n, 0x8000_0000n, 0x7fffn]);
      const special = random.chance(30) ? edge : value;
      record.setBigUint64(160, random.chance(50) ? special : -special & ONES, true);
      break;
    }
    case 6: {
      for (let byte = 0; byte < 9; byte++) {
        record.setUint8(160 + byte, random.below(10) * 16 + random.below(10));
      }
      record.setUint8(169, random.pick([0, 0x80, 0x7f, 0xff]));
      break;
    }
    default:
      for (let at = 0; at < 108; at += 2) record.setUint16(160 + at, random16(), true);
      if (random.chance(60)) record.setUint16(160, controlWord(random), true);
  }
}
