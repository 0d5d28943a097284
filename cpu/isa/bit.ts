// Bit tests and scans. Intel SDM vol. 2, "BT", "BSF", "BSR", "POPCNT".
import { instruction } from './registry.js';
import type { Operand, Semantics, Value, Width } from './semantics.js';

type Change = 'bt' | 'bts' | 'btr' | 'btc';

function changed(s: Semantics, change: Change, word: Value, mask: Value): Value {
  if (change === 'bts') return s.or(word, mask);
  if (change === 'btr') return s.and(word, s.not(mask));
  return s.xor(word, mask);
}

/** The word with the bit, tested and perhaps changed; CF is the bit, other flags stay. */
function testBit(s: Semantics, change: Change, operand: Operand, position: Value): void {
  const width = operand.bits as Width;
  const index = s.and(position, s.constant(BigInt(width - 1), width));
  const word = change === 'bt' ? s.read(operand) : s.readForWrite(operand);
  if (change !== 'bt') {
    s.write(operand, changed(s, change, word, s.shiftLeft(s.constant(1n, width), index)));
  }
  s.setFlags({ cf: s.toBit(s.shiftRight(word, index)) });
}

/**
 * A bit string in memory: a register position reaches beyond the operand, both ways, but not out of
 * the 32 bits that an address-size prefix leaves.
 */
function testBitString(
  s: Semantics,
  change: Change,
  addressWidth: 32 | 64,
  operand: Operand,
  source: Operand,
): void {
  const width = operand.bits as Width;
  const position = s.read(source);
  const shift = width === 64 ? 6n : width === 32 ? 5n : 4n;
  const words = s.shiftRightSigned(s.signExtend(position, 64), s.constant(shift, 64));
  const bytes = s.shiftLeft(words, s.constant(shift - 3n, 64));
  const address = s.addressBeyond(operand, bytes, addressWidth);
  const index = s.and(position, s.constant(BigInt(width - 1), width));
  if (change !== 'bt') s.probeWrite(address, width / 8);
  const word = s.load(address, width);
  if (change !== 'bt') {
    s.store(address, changed(s, change, word, s.shiftLeft(s.constant(1n, width), index)));
  }
  s.setFlags({ cf: s.toBit(s.shiftRight(word, index)) });
}

for (const change of ['bt', 'bts', 'btr', 'btc'] as const) {
  instruction(change, 'r*,r*', (s, operand, source) => {
    testBit(s, change, operand, s.read(source));
  });
  for (const [suffix, width] of [
    ['', 64],
    [' a32', 32],
  ] as const) {
    instruction(change + suffix, 'm*,r*', (s, operand, source) => {
      testBitString(s, change, width, operand, source);
    });
  }
  instruction(change, 'rm*,i8', (s, operand, source) => {
    testBit(s, change, operand, s.zeroExtend(s.read(source), operand.bits as Width));
  });
}

/** BSF and BSR leave their destination alone when the source is zero, as processors do. */
function scan(s: Semantics, to: Operand, from: Operand, forward: boolean): void {
  const a = s.read(from);
  const { width } = a;
  const old = s.read(to);
  const zero = s.isZero(a);
  const wide = width === 64 ? a : s.zeroExtend(a, 32);
  let found = s.countTrailingZeros(wide);
  if (!forward) {
    found = s.subtract(s.constant(BigInt(wide.width - 1), wide.width), s.countLeadingZeros(wide));
  }
  s.write(to, s.select(zero, old, s.truncate(found, width)));
  // only ZF is defined; the others are those of a test of the source
  s.flagsFromLogic(a);
}
instruction('bsf', 'r*,rm*', (s, to, from) => scan(s, to, from, true));
instruction('bsr', 'r*,rm*', (s, to, from) => scan(s, to, from, false));

instruction('popcnt', 'r*,rm*', (s, to, from) => {
  const a = s.read(from);
  s.write(to, s.populationCount(a));
  const no = s.bitConstant(false);
  s.setFlags({ zf: s.isZero(a), cf: no, of: no, sf: no, af: no, pf: no });
});
