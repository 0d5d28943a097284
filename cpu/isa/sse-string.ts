// SSE4.2: comparison of strings, and CRC32. Intel SDM vol. 2, "PCMPESTRI" and 4.1.
import { instruction } from './registry.js';
import type { Operand, Semantics, Value, Width } from './semantics.js';
import { choice } from './sse-shuffle.js';

const RAX = 0;
const RCX = 1;
const RDX = 2;
/** Tells the helper to find the lengths by the strings' zeros. */
const IMPLICIT = 0xffn;

/** The magnitude of a signed length, at most 16. */
function lengthIn(s: Semantics, index: number, width: 32 | 64): Value {
  const signed = s.register(index, width);
  const length = s.select(s.sign(signed), s.negate(signed), signed);
  const most = s.constant(16n, width);
  return s.truncate(s.select(s.compare('gt_u', length, most), most, length), 32);
}

/**
 * Compares the strings in two operands; flags are set and the mask is in the scratch area. Gives the
 * index.
 */
function compareStrings(
  s: Semantics,
  operands: readonly [Operand, Operand, Operand],
  lengths: readonly [Value, Value],
): Value {
  const [left, right, control] = operands;
  s.setScratch(16, s.readVector(right));
  s.setScratch(0, s.readVector(left));
  const found = s.helper('compareStrings', choice(s, control), lengths[0], lengths[1]);
  const no = s.bitConstant(false);
  s.setFlags({
    cf: s.bitAt(found, 8),
    zf: s.bitAt(found, 9),
    sf: s.bitAt(found, 10),
    of: s.bitAt(found, 11),
    af: no,
    pf: no,
  });
  return s.and(found, s.constant(0xffn, 32));
}

for (const [kind, width] of [
  ['i', 32],
  ['e', 32],
  ['e', 64],
] as const) {
  const suffix = width === 64 ? '64' : '';
  const lengths = (s: Semantics): [Value, Value] =>
    kind === 'i'
      ? [s.constant(IMPLICIT, 32), s.constant(IMPLICIT, 32)]
      : [lengthIn(s, RAX, width), lengthIn(s, RDX, width)];
  instruction(`pcmp${kind}stri${suffix}`, 'x,xm128,i8', (s, ...operands) => {
    const [left, right, control] = operands;
    const index = compareStrings(s, [left, right, control], lengths(s));
    s.setRegister(RCX, index);
  });
  instruction(`pcmp${kind}strm${suffix}`, 'x,xm128,i8', (s, ...operands) => {
    const [left, right, control] = operands;
    compareStrings(s, [left, right, control], lengths(s));
    s.setXmm(0, s.scratch(32));
  });
}

for (const form of ['r32,rm8', 'r64,rm8', 'r32,rm16', 'r32,rm32', 'r64,rm64']) {
  instruction('crc32', form, (s, to, from) => {
    const value = s.read(from);
    const wide = s.zeroExtend(value, 64);
    let crc = s.truncate(s.read(to), 32);
    const bits = s.constant(BigInt(Math.min(value.width, 32)), 32);
    crc = s.helper('crc32', crc, s.truncate(wide, 32), bits);
    if (value.width === 64) {
      const high = s.truncate(s.shiftRight(wide, s.constant(32n, 64)), 32);
      crc = s.helper('crc32', crc, high, bits);
    }
    s.write(to, s.zeroExtend(crc, to.bits as Width));
  });
}
