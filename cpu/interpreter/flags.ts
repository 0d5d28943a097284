// Lazy flags: what set the arithmetic flags last, and how to read them from that. Operands and
// result are kept sign-extended to 64 bits, which preserves both orders and both signs.
import { FLAGS_A, FLAGS_B, FLAGS_KIND, FLAGS_RESULT } from '../layout.js';
import type { ModuleBuilder } from '../wasm/module.js';

/** FLAGS_A is the flags themselves; FLAGS_RESULT is zero where ZF is set. */
export const KIND_WORD = 0;
/** FLAGS_RESULT = FLAGS_A - FLAGS_B. */
export const KIND_SUBTRACT = 1;
/** FLAGS_RESULT = FLAGS_A + FLAGS_B. */
export const KIND_ADD = 2;
/** ZF, SF and PF from FLAGS_RESULT; CF, AF and OF are bits of FLAGS_A. */
export const KIND_MIXED = 3;

/** CF PF AF ZF SF OF. */
export const ARITHMETIC_FLAGS = 0x8d5;

/** Defines the function () -> i32 that gives the six arithmetic flags in their places. */
export function defineFlagsWord(module: ModuleBuilder, index: number): void {
  const code = module.define(index);
  const kind = code.local('i32');
  const word = code.local('i32');
  const a = code.local('i64');
  const b = code.local('i64');
  const result = code.local('i64');
  code.i32(0).access('i32.load', FLAGS_KIND).set(kind);
  code.i32(0).access('i64.load', FLAGS_A).set(a);
  code.get(kind).op('i32.eqz').if();
  code.get(a).op('i32.wrap_i64').return();
  code.end();
  code.i32(0).access('i64.load', FLAGS_RESULT).set(result);
  code.i32(0).access('i64.load', FLAGS_B).set(b);
  code.get(kind).i32(KIND_MIXED).op('i32.eq').if();
  code.get(a).op('i32.wrap_i64').set(word);
  code.else();
  // AF: bit 4 of a ^ b ^ result
  code.get(a).get(b).op('i64.xor').get(result).op('i64.xor');
  code.op('i32.wrap_i64').i32(0x10).op('i32.and').set(word);
  code.get(kind).i32(KIND_SUBTRACT).op('i32.eq').if();
  code.get(word).get(a).get(b).op('i64.lt_u').op('i32.or').set(word);
  code.get(a).get(b).op('i64.xor').get(a).get(result).op('i64.xor').op('i64.and').set(a);
  code.else();
  code.get(word).get(result).get(a).op('i64.lt_u').op('i32.or').set(word);
  code.get(a).get(result).op('i64.xor').get(b).get(result).op('i64.xor').op('i64.and').set(a);
  code.end();
  // the sign of a is now the overflow: OF is bit 11
  code.get(word).get(a).i64(52n).op('i64.shr_u').op('i32.wrap_i64').i32(0x800).op('i32.and');
  code.op('i32.or').set(word);
  code.end();
  code.get(word);
  code.get(result).op('i64.eqz').i32(6).op('i32.shl').op('i32.or');
  code.get(result).i64(56n).op('i64.shr_u').op('i32.wrap_i64').i32(0x80).op('i32.and');
  code.op('i32.or');
  // PF: set where the low byte has an even number of ones
  code.get(result).op('i32.wrap_i64').i32(0xff).op('i32.and').op('i32.popcnt').i32(1);
  code.op('i32.and').op('i32.eqz').i32(2).op('i32.shl').op('i32.or');
}
