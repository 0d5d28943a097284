// Integer multiplication and division. Intel SDM vol. 2. SF, ZF, AF and PF after MUL and IMUL, and
// all flags after DIV and IDIV, are undefined; here SF, ZF and PF show the low half and AF is clear.

import { VECTOR_DE } from '../exit.js';
import { SCRATCH } from '../layout.js';
import { instruction } from './registry.js';
import type { Bit, Operand, Semantics, Value, Width } from './semantics.js';

const RAX = 0;
const RDX = 2;

function productFlags(s: Semantics, low: Value, overflow: Bit): void {
  s.setFlags({ result: low, cf: overflow, of: overflow, af: s.bitConstant(false) });
}

/** MUL and one-operand IMUL: AX, DX:AX, EDX:EAX or RDX:RAX from the accumulator. */
function multiplyAccumulator(s: Semantics, operand: Operand, signed: boolean): void {
  const b = s.read(operand);
  const width = b.width;
  const a = s.register(RAX, width);
  if (width === 64) {
    const low = s.multiply(a, b);
    const high = s.multiplyHigh(a, b, signed);
    s.setRegister(RAX, low);
    s.setRegister(RDX, high);
    const expected = signed ? s.shiftRightSigned(low, s.constant(63n, 64)) : s.constant(0n, 64);
    productFlags(s, low, s.compare('ne', high, expected));
    return;
  }
  const double: Width = width === 8 ? 16 : width === 16 ? 32 : 64;
  const extend = (value: Value): Value =>
    signed ? s.signExtend(value, double) : s.zeroExtend(value, double);
  const product = s.multiply(extend(a), extend(b));
  const low = s.truncate(product, width);
  if (width === 8) {
    s.setRegister(RAX, product);
  } else {
    s.setRegister(RAX, low);
    const shift = s.constant(BigInt(width), double);
    s.setRegister(RDX, s.truncate(s.shiftRight(product, shift), width));
  }
  productFlags(s, low, s.compare('ne', extend(low), product));
}

instruction('mul', ['rm8', 'rm*'], (s, operand) => multiplyAccumulator(s, operand, false));
instruction('imul', ['rm8', 'rm*'], (s, operand) => multiplyAccumulator(s, operand, true));

/** IMUL with two or three operands: the low half of the product. */
function multiplyInto(s: Semantics, destination: Operand, a: Value, b: Value): void {
  const low = s.multiply(a, b);
  s.write(destination, low);
  s.flagsFrom('multiplySigned', a, b, low);
}

instruction('imul', 'r*,rm*', (s, destination, source) => {
  multiplyInto(s, destination, s.read(destination), s.read(source));
});
instruction('imul', 'r*,rm*,i*', (s, destination, source, factor) => {
  multiplyInto(s, destination, s.read(source), s.read(factor));
});

/** DIV and IDIV of 8, 16 and 32 bits: the dividend fits 64 bits. */
function divideNarrow(s: Semantics, divisor: Value, signed: boolean): void {
  const { width } = divisor;
  s.raiseIf(s.isZero(divisor), VECTOR_DE);
  let dividend: Value;
  if (width === 8) {
    const ax = s.register(RAX, 16);
    dividend = signed ? s.signExtend(ax, 64) : s.zeroExtend(ax, 64);
  } else {
    const high = s.zeroExtend(s.register(RDX, width), 64);
    const low = s.zeroExtend(s.register(RAX, width), 64);
    const joined = s.or(s.shiftLeft(high, s.constant(BigInt(width), 64)), low);
    dividend = signed && width === 16 ? s.signExtend(s.truncate(joined, 32), 64) : joined;
  }
  const wide = signed ? s.signExtend(divisor, 64) : s.zeroExtend(divisor, 64);
  if (signed) {
    // -2^63 / -1 overflows the host's division as it does ours
    const smallest = s.compare('eq', dividend, s.constant(-(1n << 63n), 64));
    const minusOne = s.compare('eq', wide, s.constant(-1n, 64));
    s.raiseIf(s.bitAnd(smallest, minusOne), VECTOR_DE);
  }
  const quotient = s.integer(64, signed ? 'i64.div_s' : 'i64.div_u', dividend, wide);
  const low = s.truncate(quotient, width);
  const back = signed ? s.signExtend(low, 64) : s.zeroExtend(low, 64);
  s.raiseIf(s.compare('ne', back, quotient), VECTOR_DE);
  const remainder = s.integer(64, signed ? 'i64.rem_s' : 'i64.rem_u', dividend, wide);
  if (width === 8) {
    s.setRegister(RAX, low);
    s.setHighByte(RAX, s.truncate(remainder, 8));
  } else {
    s.setRegister(RAX, low);
    s.setRegister(RDX, s.truncate(remainder, width));
  }
}

/** DIV of 64 bits. */
function divideWide(s: Semantics, divisor: Value): void {
  const low = s.register(RAX, 64);
  const high = s.register(RDX, 64);
  s.raiseIf(s.compare('le_u', divisor, high), VECTOR_DE);
  const quotient = s.variable(low);
  s.if(
    s.isZero(high),
    () => s.assign(quotient, s.integer(64, 'i64.div_u', low, divisor)),
    () => s.assign(quotient, s.divideWide(high, low, divisor)),
  );
  s.setRegister(RAX, quotient);
  s.setRegister(RDX, s.subtract(low, s.multiply(quotient, divisor)));
}

/** IDIV of 64 bits: a helper where the dividend really has 128. */
function divideWideSigned(s: Semantics, divisor: Value): void {
  const low = s.register(RAX, 64);
  const high = s.register(RDX, 64);
  const extension = s.shiftRightSigned(low, s.constant(63n, 64));
  const fits = s.bitAnd(s.compare('eq', high, extension), s.isNotZero(divisor));
  const minusOne = s.compare('eq', divisor, s.constant(-1n, 64));
  s.if(
    s.bitAnd(fits, s.bitNot(minusOne)),
    () => {
      s.setRegister(RAX, s.integer(64, 'i64.div_s', low, divisor));
      s.setRegister(RDX, s.integer(64, 'i64.rem_s', low, divisor));
    },
    () => {
      s.setState(SCRATCH, divisor);
      s.raiseIf(s.isNotZero(s.helper('divide128Signed')), VECTOR_DE);
    },
  );
}

for (const [name, signed] of [
  ['div', false],
  ['idiv', true],
] as const) {
  instruction(name, ['rm8', 'rm*'], (s, operand) => {
    const divisor = s.read(operand);
    if (divisor.width < 64) divideNarrow(s, divisor, signed);
    else if (signed) divideWideSigned(s, divisor);
    else divideWide(s, divisor);
  });
}
