// Integer addition, subtraction, comparison and logic. Intel SDM vol. 2.
import { instruction } from './registry.js';
import type { Operand, Semantics, Value } from './semantics.js';

const BINARY = ['rm8,r8', 'r8,m8', 'rm8,i8', 'rm*,r*', 'r*,m*', 'rm*,i*'];
const COMPARE = ['rm8,r8', 'r8,m8', 'rm8,i8', 'rm*,r*', 'r*,m*', 'rm*,i*'];
const UNARY = ['rm8', 'rm*'];

instruction('add', BINARY, (s, destination, source) => {
  const b = s.read(source);
  const a = s.readForWrite(destination);
  const result = s.add(a, b);
  s.write(destination, result);
  s.flagsFromAdd(a, b, result);
});

instruction('sub', BINARY, (s, destination, source) => {
  const b = s.read(source);
  const a = s.readForWrite(destination);
  const result = s.subtract(a, b);
  s.write(destination, result);
  s.flagsFromSubtract(a, b, result);
});

instruction('cmp', COMPARE, (s, left, right) => {
  const a = s.read(left);
  const b = s.read(right);
  s.flagsFromSubtract(a, b, s.subtract(a, b));
});

/** ADC: the carry out of a + b + CF shows in either of the two additions. */
instruction('adc', BINARY, (s, destination, source) => {
  const b = s.read(source);
  const a = s.readForWrite(destination);
  const carry = s.fromBit(s.flag('cf'), a.width);
  const partial = s.add(a, b);
  const result = s.add(partial, carry);
  s.write(destination, result);
  const wrapped = s.bitOr(s.compare('lt_u', partial, a), s.compare('lt_u', result, partial));
  s.setFlags({
    result,
    cf: wrapped,
    af: adjust(s, a, b, result),
    of: s.sign(s.and(s.xor(a, result), s.xor(b, result))),
  });
});

instruction('sbb', BINARY, (s, destination, source) => {
  const b = s.read(source);
  const a = s.readForWrite(destination);
  const borrow = s.fromBit(s.flag('cf'), a.width);
  const partial = s.subtract(a, b);
  const result = s.subtract(partial, borrow);
  s.write(destination, result);
  const wrapped = s.bitOr(s.compare('lt_u', a, b), s.compare('lt_u', partial, borrow));
  s.setFlags({
    result,
    cf: wrapped,
    af: adjust(s, a, b, result),
    of: s.sign(s.and(s.xor(a, b), s.xor(a, result))),
  });
});

/** INC leaves CF alone. */
instruction('inc', UNARY, (s, operand) => {
  const a = s.readForWrite(operand);
  const one = s.constant(1n, a.width);
  const result = s.add(a, one);
  s.write(operand, result);
  s.flagsFrom('increment', a, one, result);
});

/** DEC leaves CF alone. */
instruction('dec', UNARY, (s, operand) => {
  const a = s.readForWrite(operand);
  const one = s.constant(1n, a.width);
  const result = s.subtract(a, one);
  s.write(operand, result);
  s.flagsFrom('decrement', a, one, result);
});

instruction('neg', UNARY, (s, operand) => {
  const a = s.readForWrite(operand);
  const zero = s.constant(0n, a.width);
  const result = s.subtract(zero, a);
  s.write(operand, result);
  s.flagsFromSubtract(zero, a, result);
});

instruction('not', UNARY, (s, operand) => {
  s.write(operand, s.not(s.readForWrite(operand)));
});

type Logic = 'and' | 'or' | 'xor';
const logic =
  (name: Logic) =>
  (s: Semantics, destination: Operand, source: Operand): void => {
    const b = s.read(source);
    const a = s.readForWrite(destination);
    const result = s[name](a, b);
    s.write(destination, result);
    s.flagsFromLogic(result);
  };

for (const name of ['and', 'or', 'xor'] as const) instruction(name, BINARY, logic(name));

instruction('test', ['rm8,r8', 'rm8,i8', 'rm*,r*', 'rm*,i*'], (s, left, right) => {
  s.flagsFromLogic(s.and(s.read(left), s.read(right)));
});

/** AF: the carry into bit 4. */
function adjust(s: Semantics, a: Value, b: Value, result: Value) {
  return s.bitAt(s.xor(s.xor(a, b), result), 4);
}
