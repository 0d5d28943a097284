// Lazy flags: what set the arithmetic flags last, and how to read them from that. Operands and
// result are kept sign-extended to 64 bits, which preserves both orders and both signs.
import type { FlagName, FlagsOperation } from '../isa/semantics.js';
import type { Width } from '../isa/values.js';
import { FLAGS_A, FLAGS_B, FLAGS_KIND, FLAGS_RESULT } from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { ModuleBuilder } from '../wasm/module.js';

/** FLAGS_A is the flags themselves; FLAGS_RESULT is zero where ZF is set. */
export const KIND_WORD = 0;
/** FLAGS_RESULT = FLAGS_A - FLAGS_B. */
export const KIND_SUBTRACT = 1;
/** FLAGS_RESULT = FLAGS_A + FLAGS_B. */
export const KIND_ADD = 2;
/** ZF, SF and PF from FLAGS_RESULT; CF, AF and OF are bits of FLAGS_A. */
export const KIND_MIXED = 3;
/** FLAGS_A is CF as it was before. */
const KIND_INCREMENT = 4;
const KIND_DECREMENT = 5;
/** FLAGS_A shifted by FLAGS_B. */
const KIND_SHIFT_LEFT = 6;
const KIND_SHIFT_RIGHT = 7;
const KIND_SHIFT_RIGHT_SIGNED = 8;
/** FLAGS_RESULT is the low half of FLAGS_A * FLAGS_B. */
const KIND_MULTIPLY_SIGNED = 9;

const KINDS: Readonly<Record<FlagsOperation, number>> = {
  add: KIND_ADD,
  subtract: KIND_SUBTRACT,
  increment: KIND_INCREMENT,
  decrement: KIND_DECREMENT,
  shiftLeft: KIND_SHIFT_LEFT,
  shiftRight: KIND_SHIFT_RIGHT,
  shiftRightSigned: KIND_SHIFT_RIGHT_SIGNED,
  multiplySigned: KIND_MULTIPLY_SIGNED,
};

/** What FLAGS_KIND holds: the width lies above the kind where the flags depend on it. */
export function flagsKind(operation: FlagsOperation, width: Width): number {
  const kind = KINDS[operation];
  return kind <= KIND_ADD ? kind : kind | (width << 8);
}

/** Where the arithmetic flags lie in RFLAGS. */
export const FLAG_BIT: Readonly<Record<FlagName, number>> = {
  cf: 0,
  pf: 2,
  af: 4,
  zf: 6,
  sf: 7,
  of: 11,
};

/** CF PF AF ZF SF OF. */
export const ARITHMETIC_FLAGS = 0x8d5;

/** Parameters of the function that {@link defineFlagsOf} defines. */
const KIND = 0;
const RESULT = 1;
const A = 2;
const B = 3;

/** Defines () -> i32, the arithmetic flags in their places, from what the register file holds. */
export function defineFlagsWord(module: ModuleBuilder, index: number, flagsOf: number): void {
  const code = module.define(index);
  code.i32(0).access('i32.load', FLAGS_KIND);
  code.i32(0).access('i64.load', FLAGS_RESULT);
  code.i32(0).access('i64.load', FLAGS_A);
  code.i32(0).access('i64.load', FLAGS_B);
  code.returnCall(flagsOf);
}

/** Defines (kind, result, a, b) -> i32. */
export function defineFlagsOf(module: ModuleBuilder, index: number, multiplyHigh: number): void {
  const code = module.define(index);
  const word = code.local('i32');
  const width = code.local('i64');
  const mask = code.local('i64');
  const kind = code.local('i32');
  code.get(KIND).op('i32.eqz').if();
  code.get(A).op('i32.wrap_i64').return();
  code.end();
  code.get(KIND).i32(0xff).op('i32.and').set(kind);
  code.get(KIND).i32(8).op('i32.shr_u').op('i64.extend_i32_u').set(width);
  // all ones below the width; a shift by 64 - 64 leaves all of them
  code.i64(-1n).i64(64n).get(width).op('i64.sub').op('i64.shr_u').set(mask);
  const is = (wanted: number, then: () => void): void => {
    code.get(kind).i32(wanted).op('i32.eq').if();
    then();
    code.end();
  };
  is(KIND_SUBTRACT, () => subtraction(code, word, true));
  is(KIND_ADD, () => subtraction(code, word, false));
  is(KIND_MIXED, () => {
    code.get(A).op('i32.wrap_i64').set(word);
  });
  is(KIND_INCREMENT, () => count(code, word, mask, true));
  is(KIND_DECREMENT, () => count(code, word, mask, false));
  is(KIND_SHIFT_LEFT, () => {
    // the last bit out is bit `width` of the operand shifted, for 64 bits bit 64 - count of it
    code.get(width).i64(64n).op('i64.eq').if('i64');
    code.get(A).i64(64n).get(B).op('i64.sub').op('i64.shr_u');
    code.else();
    code.get(A).get(mask).op('i64.and').get(B).op('i64.shl').get(width).op('i64.shr_u');
    code.end();
    code.i64(1n).op('i64.and').op('i32.wrap_i64').tee(word);
    // OF: the bit shifted out differs from the sign
    code.get(RESULT).i64(63n).op('i64.shr_u').op('i32.wrap_i64').op('i32.xor');
    code.i32(11).op('i32.shl').get(word).op('i32.or').set(word);
  });
  is(KIND_SHIFT_RIGHT, () => {
    code.get(A).get(mask).op('i64.and');
    lastOut(code);
    code.get(A).i64(63n).op('i64.shr_u').op('i32.wrap_i64').i32(11).op('i32.shl');
    code.op('i32.or').set(word);
  });
  is(KIND_SHIFT_RIGHT_SIGNED, () => {
    code.get(A);
    lastOut(code);
    code.set(word);
  });
  is(KIND_MULTIPLY_SIGNED, () => {
    code.get(width).i64(64n).op('i64.eq').if('i32');
    code.get(A).get(B).call(multiplyHigh).get(RESULT).i64(63n).op('i64.shr_s').op('i64.ne');
    code.else();
    code.get(A).get(B).op('i64.mul').get(RESULT).op('i64.ne');
    code.end();
    code.i32(0x801).op('i32.mul').set(word);
  });
  code.get(word);
  code.get(RESULT).op('i64.eqz').i32(6).op('i32.shl').op('i32.or');
  code.get(RESULT).i64(56n).op('i64.shr_u').op('i32.wrap_i64').i32(0x80).op('i32.and');
  code.op('i32.or');
  // PF: set where the low byte has an even number of ones
  code.get(RESULT).op('i32.wrap_i64').i32(0xff).op('i32.and').op('i32.popcnt').i32(1);
  code.op('i32.and').op('i32.eqz').i32(2).op('i32.shl').op('i32.or');
}

/** CF, AF and OF of a - b, or of a + b. */
function subtraction(code: Code, word: number, minus: boolean): void {
  // AF: bit 4 of a ^ b ^ result
  code.get(A).get(B).op('i64.xor').get(RESULT).op('i64.xor');
  code.op('i32.wrap_i64').i32(0x10).op('i32.and');
  if (minus) code.get(A).get(B).op('i64.lt_u');
  else code.get(RESULT).get(A).op('i64.lt_u');
  code.op('i32.or');
  // OF: the signs say that the result cannot be right
  code
    .get(A)
    .get(minus ? B : RESULT)
    .op('i64.xor');
  code
    .get(minus ? A : B)
    .get(RESULT)
    .op('i64.xor')
    .op('i64.and');
  code.i64(63n).op('i64.shr_u').op('i32.wrap_i64').i32(11).op('i32.shl');
  code.op('i32.or').set(word);
}

/** CF, AF and OF of INC and DEC, which overflow into the smallest and the largest number. */
function count(code: Code, word: number, mask: number, up: boolean): void {
  code.get(A).op('i32.wrap_i64');
  code
    .get(RESULT)
    .op('i32.wrap_i64')
    .i32(15)
    .op('i32.and')
    .i32(up ? 0 : 15)
    .op('i32.eq');
  code.i32(4).op('i32.shl').op('i32.or');
  code.get(RESULT).get(mask).op('i64.and').get(mask).i64(1n).op('i64.shr_u');
  if (up) code.i64(1n).op('i64.add');
  code.op('i64.eq').i32(11).op('i32.shl').op('i32.or').set(word);
}

/** With an operand on the stack: the bit that a right shift by B moves out last. */
function lastOut(code: Code): void {
  code.get(B).i64(1n).op('i64.sub').op('i64.shr_s').i64(1n).op('i64.and').op('i32.wrap_i64');
}
