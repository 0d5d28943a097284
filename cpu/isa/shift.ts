// Shifts and rotates. Intel SDM vol. 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD". Counts
// are masked to 5 bits (6 for 64-bit operands); a count of zero changes no flag. OF is defined for a
// count of one only; other counts set it by the same formula.
import { instruction } from './registry.js';
import type { Bit, Operand, Semantics, Value, Width } from './semantics.js';

const FORMS = ['rm8,i8', 'rm8,r8', 'rm*,i8', 'rm*,r8'];

/** The masked count, as wide as the shifts of the operand want it. */
function countOf(s: Semantics, source: Operand, width: Width): Value {
  const count = s.zeroExtend(s.read(source), width === 64 ? 64 : 32);
  return s.and(count, s.constant(width === 64 ? 63n : 31n, count.width));
}

function shift(
  name: string,
  meaning: (s: Semantics, a: Value, count: Value) => [Value, () => void],
): void {
  instruction(name, FORMS, (s, destination, source) => {
    const count = countOf(s, source, destination.bits as Width);
    const a = s.readForWrite(destination);
    const [result, flags] = meaning(s, a, count);
    s.write(destination, result);
    s.if(s.isNotZero(count), flags);
  });
}

/** A narrow value seen as 32 bits, so that counts up to 31 shift it as the processor does. */
const wide = (s: Semantics, a: Value): Value => (a.width === 64 ? a : s.zeroExtend(a, 32));

for (const name of ['shl', 'sal']) {
  shift(name, (s, a, count) => {
    const result = s.truncate(s.shiftLeft(wide(s, a), count), a.width);
    return [result, () => s.flagsFrom('shiftLeft', a, s.truncate(count, a.width), result)];
  });
}

shift('shr', (s, a, count) => {
  const result = s.truncate(s.shiftRight(wide(s, a), count), a.width);
  return [result, () => s.flagsFrom('shiftRight', a, s.truncate(count, a.width), result)];
});

shift('sar', (s, a, count) => {
  const extended = a.width === 64 ? a : s.signExtend(a, 32);
  const result = s.truncate(s.shiftRightSigned(extended, count), a.width);
  return [result, () => s.flagsFrom('shiftRightSigned', a, s.truncate(count, a.width), result)];
});

function rotated(s: Semantics, direction: 'rotl' | 'rotr', a: Value, count: Value): Value {
  if (a.width >= 32) return s.rotate(direction, a, count);
  const value = s.zeroExtend(a, 32);
  const turns = s.and(count, s.constant(BigInt(a.width - 1), 32));
  const back = s.subtract(s.constant(BigInt(a.width), 32), turns);
  const [up, down] = direction === 'rotl' ? [turns, back] : [back, turns];
  return s.truncate(s.or(s.shiftLeft(value, up), s.shiftRight(value, down)), a.width);
}

/** Rotates change CF and OF alone. */
function rotate(
  name: string,
  direction: 'rotl' | 'rotr',
  changes: (s: Semantics, result: Value) => { cf: Bit; of: Bit },
): void {
  instruction(name, FORMS, (s, destination, source) => {
    const count = countOf(s, source, destination.bits as Width);
    const result = rotated(s, direction, s.readForWrite(destination), count);
    s.write(destination, result);
    s.setFlagsIf(s.isNotZero(count), () => changes(s, result));
  });
}

rotate('rol', 'rotl', (s, result) => {
  const cf = s.toBit(result);
  return { cf, of: s.bitXor(cf, s.sign(result)) };
});

rotate('ror', 'rotr', (s, result) => {
  const cf = s.sign(result);
  return { cf, of: s.bitXor(cf, s.bitAt(result, result.width - 2)) };
});

/**
 * RCL and RCR turn the operand and CF as one word of width + 1 bits. `c` is the number of turns to
 * the left, 0 to width: result = a << c | CF << (c - 1) | a >> (width + 1 - c).
 */
function rotateThroughCarry(s: Semantics, destination: Operand, source: Operand, right: boolean) {
  const width = destination.bits as Width;
  const masked = s.zeroExtend(countOf(s, source, width), 64);
  const size = s.constant(BigInt(width + 1), 64);
  const turns = s.integer(64, 'i64.rem_u', masked, size);
  const isZero = s.isZero(turns);
  const c = right ? s.select(isZero, turns, s.subtract(size, turns)) : turns;
  const a = s.readForWrite(destination);
  const carryIn = s.flag('cf');
  const carry = s.fromBit(carryIn, 64);
  const value = s.zeroExtend(a, 64);
  const one = s.constant(1n, 64);
  const beforeLast = s.subtract(c, one);
  // shifts take counts modulo 64: split those that may be 64
  const high = s.shiftLeft(s.shiftLeft(value, beforeLast), one);
  const middle = s.shiftLeft(carry, beforeLast);
  const low = s.shiftRight(s.shiftRight(value, one), s.subtract(s.constant(BigInt(width), 64), c));
  const turned = s.truncate(s.or(s.or(high, middle), low), width);
  const result = s.select(isZero, a, turned);
  s.write(destination, result);
  // what leaves at the top: bit width - c of the operand
  const out = s.toBit(s.shiftRight(value, s.subtract(s.constant(BigInt(width), 64), c)));
  s.if(s.isNotZero(masked), () => {
    const cf = s.toBit(s.select(isZero, s.fromBit(carryIn, 32), s.fromBit(out, 32)));
    const top = s.sign(result);
    s.setFlags({ cf, of: s.bitXor(top, right ? s.bitAt(result, width - 2) : cf) });
  });
}

instruction('rcl', FORMS, (s, d, c) => rotateThroughCarry(s, d, c, false));
instruction('rcr', FORMS, (s, d, c) => rotateThroughCarry(s, d, c, true));

/** SHLD and SHRD; 16-bit counts above 16 are undefined and go on into the destination again. */
function doubleShift(s: Semantics, operands: readonly Operand[], toLeft: boolean): void {
  const [destination, source, countOperand] = operands;
  const width = destination.bits as Width;
  const count = countOf(s, countOperand, width);
  const filler = s.read(source);
  const a = s.readForWrite(destination);
  const isZero = s.isZero(count);
  let result: Value;
  if (width === 16) {
    const [x, y] = [s.zeroExtend(a, 64), s.zeroExtend(filler, 64)];
    const c = s.zeroExtend(count, 64);
    const at = (value: Value, position: bigint): Value =>
      s.shiftLeft(value, s.constant(position, 64));
    const line = s.or(s.or(at(x, 32n), at(y, 16n)), x);
    const moved = toLeft
      ? s.shiftRight(s.shiftLeft(line, c), s.constant(32n, 64))
      : s.shiftRight(line, c);
    result = s.truncate(moved, 16);
  } else {
    const rest = s.subtract(s.constant(BigInt(width), count.width), count);
    const moved = toLeft
      ? s.or(s.shiftLeft(a, count), s.shiftRight(filler, rest))
      : s.or(s.shiftRight(a, count), s.shiftLeft(filler, rest));
    result = s.select(isZero, a, moved);
  }
  s.write(destination, result);
  s.if(s.bitNot(isZero), () => {
    const position = toLeft
      ? s.subtract(s.constant(BigInt(width), count.width), count)
      : s.subtract(count, s.constant(1n, count.width));
    s.setFlags({
      result,
      cf: s.toBit(s.shiftRight(wide(s, a), position)),
      of: s.bitXor(s.sign(a), s.sign(result)),
      af: s.bitConstant(false),
    });
  });
}

const DOUBLE = ['rm*,r*,i8', 'rm*,r*,r8'];
instruction('shld', DOUBLE, (s, ...operands) => doubleShift(s, operands, true));
instruction('shrd', DOUBLE, (s, ...operands) => doubleShift(s, operands, false));
