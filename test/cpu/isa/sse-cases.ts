// Cases for the vector instructions, made from an instruction's bytes and a number alone: registers 1
// and 2, or register 1 and memory at RDI, hold numbers that its format makes interesting.

import { Random } from '../../silicon/random.js';
import {
  type Case,
  CODE,
  DATA,
  FX_FCW,
  FX_FSW,
  FX_FTW,
  FX_MXCSR,
  FX_ST,
  FX_XMM,
  MachineState,
  REGISTER_NAMES,
  RFLAGS,
  RIP,
  type Step,
} from '../../silicon/state.js';

export type Format = 'integer' | 'single' | 'double';

/** An instruction as the golden file names it. */
export interface Instruction {
  readonly text: string;
  /** Its bytes without the immediate. */
  readonly bytes: Uint8Array;
  readonly immediate: boolean;
  readonly format: Format;
}

const OPERAND = DATA.address + 0x40;
const RAX = 0;
const RCX = 1;
const RDX = 2;
const RDI = 7;
const INT3 = 0xcc;

const SINGLES = [
  ...[0, 0x3f80_0000, 0x3f00_0000, 0x4040_0000, 0x40a0_0000, 0x3eaa_aaab, 0x4b80_0001, 0x4f00_0000],
  ...[0x7f80_0000, 0x7fc0_0001, 0x7fa0_0000, 1, 0x0040_0000, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff],
  ...[0x3f7f_ffff, 0x4eff_ffff, 0x4120_0000, 0x4020_0000, 0x5f00_0000, 0x2000_0000, 0x1f80_0000],
];
const DOUBLES = [
  ...[0n, 0x3ff0_0000_0000_0000n, 0x3fe0_0000_0000_0000n, 0x4008_0000_0000_0000n],
  ...[0x4004_0000_0000_0000n, 0x3fd5_5555_5555_5555n, 0x7ff0_0000_0000_0000n, 1n],
  ...[0x7ff8_0000_0000_0001n, 0x7ff4_0000_0000_0000n, 0x000f_ffff_ffff_ffffn],
  ...[0x0010_0000_0000_0000n, 0x7fef_ffff_ffff_ffffn, 0x41df_ffff_ffc0_0000n],
  ...[0x41e0_0000_0000_0000n, 0x43e0_0000_0000_0000n, 0x4340_0000_0000_0001n],
  ...[0x47ef_ffff_f000_0000n, 0x3810_0000_0000_0000n, 0x36a0_0000_0000_0000n],
];
const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x40];

function fill(random: Random, bytes: Uint8Array, format: Format): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === 'single') {
    for (let at = 0; at < bytes.length; at += 4) view.setUint32(at, single(random), true);
  } else if (format === 'double') {
    for (let at = 0; at < bytes.length; at += 8) view.setBigUint64(at, double(random), true);
  } else {
    random.fill(bytes);
    for (let at = 0; at < bytes.length; at++) {
      if (random.chance(0.3)) bytes[at] = random.pick(BYTES);
    }
  }
}

function single(random: Random): number {
  const sign = random.chance(0.3) ? 0x8000_0000 : 0;
  if (random.chance(0.4)) return (random.pick(SINGLES) | sign) >>> 0;
  const exponent = 0x70 + random.below(0x20);
  return ((exponent << 23) | (random.bits() >>> 9) | sign) >>> 0;
}

function double(random: Random): bigint {
  const sign = random.chance(0.3) ? 1n << 63n : 0n;
  if (random.chance(0.4)) return random.pick(DOUBLES) | sign;
  const high = BigInt(((0x3e0 + random.below(0x40)) << 20) | (random.bits() >>> 12));
  return (high << 32n) | BigInt(random.bits()) | sign;
}

/** Usual ones, other roundings with DAZ and FTZ, and sometimes exceptions that are not masked. */
function mxcsr(random: Random): number {
  if (random.chance(0.4)) return random.pick([0x1f80, 0x1fa0]);
  const control = (random.below(4) << 13) | (random.below(2) << 15) | (random.below(2) << 6);
  const masks = random.chance(0.15) ? random.below(64) << 7 : 0x1f80;
  return control | masks | random.below(64);
}

/** The case of an instruction with a number. */
export function caseOf({ bytes, immediate, format }: Instruction, index: number): Case {
  const random = new Random(
    bytes.reduce((hash, byte) => (hash * 31 + byte) | 0, 7),
    index,
  );
  const state = new MachineState();
  const { view } = state;
  state.set(RIP, BigInt(CODE.address));
  state.set(RFLAGS, BigInt(0x202 | (random.bits() & 0x8d5)));
  state.set(RAX, BigInt(random.below(40) - 20));
  state.setWords(RCX, random.bits(), random.bits());
  state.set(RDX, BigInt(random.below(2) === 0 ? random.below(40) - 20 : random.bits()));
  state.set(RDI, BigInt(OPERAND));
  view.setUint16(FX_FCW, 0x37f, true);
  view.setUint16(FX_FSW, random.chance(0.25) ? random.below(8) << 11 : 0, true);
  view.setUint8(FX_FTW, random.below(256));
  view.setUint32(FX_MXCSR, mxcsr(random), true);
  for (let i = 0; i < 8; i++) {
    const at = FX_ST + i * 16;
    fill(random, state.bytes.subarray(at, at + 8), 'integer');
    view.setUint16(at + 8, 0xffff, true);
  }
  fill(random, state.bytes.subarray(FX_XMM, FX_XMM + 64), format);
  const memory = new Uint8Array(16);
  fill(random, memory, format);
  const code = immediate ? Uint8Array.of(...bytes, random.below(256)) : bytes;
  return {
    state,
    code: Uint8Array.of(...code, INT3),
    patches: [{ address: OPERAND, bytes: memory }],
    steps: 1,
  };
}

const FIELDS: readonly (readonly [string, number, number])[] = [
  ...REGISTER_NAMES.slice(0, 16).map((name, i) => [name, i * 8, 8] as const),
  ['rflags', RFLAGS * 8, 4],
  ['mxcsr', FX_MXCSR, 4],
  ['fsw', FX_FSW, 2],
  ['ftw', FX_FTW, 1],
  ...Array.from({ length: 8 }, (_, i) => [`st${i}`, FX_ST + i * 16, 10] as const),
  ...Array.from({ length: 4 }, (_, i) => [`xmm${i}`, FX_XMM + i * 16, 16] as const),
];

/** What a step changed, in a line. */
export function told({ state: before }: Case, { state, changes, signal }: Step): string {
  const words = signal === 0 ? [] : [`signal ${signal}`];
  for (const [name, at, size] of FIELDS) {
    const hex = (bytes: Uint8Array): string =>
      Buffer.from(bytes.slice(at, at + size).reverse()).toString('hex');
    const now = hex(state.bytes);
    if (now !== hex(before.bytes)) words.push(`${name}=${now.replace(/^0+(?=.)/, '')}`);
  }
  for (const { address, bytes } of changes) {
    words.push(`memory+${address - OPERAND}=${Buffer.from(bytes).toString('hex')}`);
  }
  return words.join(' ') || 'nothing';
}
