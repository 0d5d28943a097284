// The x87 and SSE state a case begins with, and the formats its memory operands are likely to mean.
import type { Encoding } from './encoding.js';
import type { Random } from './random.js';
import { FX_FCW, FX_FSW, FX_FTW, FX_MXCSR, FX_ST, FX_XMM, type MachineState } from './state.js';
import { extended, type Format, fill } from './values.js';

const EXCEPTIONS = 0x3f;
const SUMMARY_AND_BUSY = 0x8080;
const MXCSR_DEFAULT = 0x1f80;
/** All exceptions masked, full precision; bit 6 always reads as 1. */
const FCW_DEFAULT = 0x37f;

function randomX87(random: Random, { view }: MachineState): void {
  let fcw = FCW_DEFAULT;
  if (random.chance(0.4)) fcw = 0x7f | (random.pick([0, 2, 3, 3]) << 8) | (random.below(4) << 10);
  if (random.chance(0.1)) fcw &= ~random.below(64);
  let fsw = (random.below(8) << 11) | (random.bits() & 0x4700);
  if (random.chance(0.2)) fsw |= random.below(64);
  const pending = fsw & ~fcw & EXCEPTIONS;
  if (pending !== 0) fsw = random.chance(0.9) ? fsw & ~pending : fsw | SUMMARY_AND_BUSY;
  view.setUint16(FX_FCW, fcw, true);
  view.setUint16(FX_FSW, fsw, true);
  view.setUint8(FX_FTW, random.chance(0.6) ? 0xff : random.below(256));
  for (let at = FX_ST; at < FX_XMM; at += 16) {
    extended(random, (low, high, exponent) => {
      view.setUint32(at, low, true);
      view.setUint32(at + 4, high, true);
      view.setUint16(at + 8, exponent, true);
    });
  }
}

export function randomFloatingPoint(random: Random, state: MachineState, encoding: Encoding): void {
  const { view } = state;
  view.setUint16(FX_FCW, FCW_DEFAULT, true);
  if (encoding.group === 'x87' || encoding.group === 'mmx') randomX87(random, state);
  let mxcsr = MXCSR_DEFAULT;
  if (random.chance(0.5)) {
    mxcsr |= (random.below(4) << 13) | random.below(64);
    if (random.chance(0.4)) mxcsr |= (random.below(2) << 15) | (random.below(2) << 6);
    if (random.chance(0.15)) mxcsr &= ~(random.below(64) << 7);
  }
  view.setUint32(FX_MXCSR, mxcsr, true);
  fill(random, state.bytes.subarray(FX_XMM, FX_XMM + 256), vectorFormat(random, encoding));
}

const SINGLE = /(ps|ss)(2|$)|^movs[lh]dup|^addsubps|^dpps|^insertps|^extractps|^cvt[ps]s/;
const DOUBLE = /(pd|sd)(2|$)|^movddup|^addsubpd|^dppd|^cvt[ps]d/;

/** What the vector registers of an instruction are likely to mean. */
function vectorFormat(random: Random, { mnemonic }: Encoding): Format {
  if (random.chance(0.05)) return random.pick(['integer', 'single', 'double']);
  if (SINGLE.test(mnemonic)) return 'single';
  if (DOUBLE.test(mnemonic)) return 'double';
  return 'integer';
}

/** What its memory operand is likely to mean. */
export function memoryFormat(random: Random, encoding: Encoding): Format {
  const { group, mnemonic } = encoding;
  if (group !== 'x87') return vectorFormat(random, encoding);
  if (mnemonic === 'fbld') return random.chance(0.8) ? 'decimal' : 'integer';
  if (mnemonic.startsWith('fi')) return 'integer';
  return random.pick(['single', 'double', 'extended']);
}
