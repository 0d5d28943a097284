// The interpreter's flags: the register file holds what set them last, and they are computed when read.
import type {
  ConditionCode,
  FlagChanges,
  FlagName,
  FlagsOperation,
  Semantics,
} from '../isa/semantics.js';
import type { Bit, Value } from '../isa/values.js';
import { FLAGS_A, FLAGS_B, FLAGS_KIND, FLAGS_RESULT, RFLAGS } from '../layout.js';
import {
  ARITHMETIC_FLAGS,
  FLAG_BIT,
  flagsKind,
  KIND_MIXED,
  KIND_SUBTRACT,
  KIND_WORD,
} from './flags.js';

export class LazyFlags {
  readonly #s: Semantics;
  /** Index of the function () -> the six arithmetic flags. */
  readonly #flagsWord: number;

  constructor(s: Semantics, flagsWord: number) {
    this.#s = s;
    this.#flagsWord = flagsWord;
  }

  fromOperation(operation: FlagsOperation, a: Value, b: Value, result: Value): void {
    const { width } = result;
    let left = this.#s.signExtend(a, 64);
    const right = this.#s.signExtend(b, 64);
    if (operation === 'increment' || operation === 'decrement') {
      left = this.#s.fromBit(this.condition('b'), 64);
    }
    this.#s.code.i32(0).get(right.local).access('i64.store', FLAGS_B);
    this.#storeFlags(flagsKind(operation, width), this.#s.signExtend(result, 64), left);
  }

  change(changes: FlagChanges): void {
    const { result } = changes;
    const named = (Object.keys(FLAG_BIT) as FlagName[]).filter((name) => changes[name]);
    let kept = ARITHMETIC_FLAGS;
    for (const name of named) kept &= ~(1 << FLAG_BIT[name]);
    if (result !== undefined) kept &= ~0xc4;
    const word = this.#s.value(32, () => {
      if (kept === 0) this.#s.code.i32(0);
      else this.#s.code.call(this.#flagsWord).i32(kept).op('i32.and');
      for (const name of named) {
        const bit = changes[name];
        if (bit === undefined) continue;
        this.#s.code.get(bit.local).i32(FLAG_BIT[name]).op('i32.shl').op('i32.or');
      }
    });
    if (result === undefined) this.#setFlagsWord(word);
    else this.#storeFlags(KIND_MIXED, this.#s.signExtend(result, 64), this.#s.zeroExtend(word, 64));
  }

  flag(name: FlagName): Bit {
    if (name === 'zf') return this.condition('e');
    return this.#s.bit(() => {
      this.#s.code.call(this.#flagsWord).i32(FLAG_BIT[name]).op('i32.shr_u');
      this.#s.code.i32(1).op('i32.and');
    });
  }

  condition(code: ConditionCode): Bit {
    switch (code) {
      case 'e':
        return this.#s.bit(() =>
          this.#s.code.i32(0).access('i64.load', FLAGS_RESULT).op('i64.eqz'),
        );
      case 'b':
        return this.#subtractOr('lt_u', () => this.flag('cf'));
      case 'be':
        return this.#subtractOr('le_u', () => this.#s.bitOr(this.flag('cf'), this.flag('zf')));
      case 'l':
        return this.#subtractOr('lt_s', () => this.#s.bitXor(this.flag('sf'), this.flag('of')));
      case 'le':
        return this.#subtractOr('le_s', () =>
          this.#s.bitOr(this.#s.bitXor(this.flag('sf'), this.flag('of')), this.flag('zf')),
        );
      case 's':
        return this.#lazyOr(
          KIND_SUBTRACT,
          () => {
            this.#s.code.i32(0).access('i64.load', FLAGS_RESULT).i64(0n).op('i64.lt_s');
          },
          () => this.flag('sf'),
        );
      case 'o':
        return this.flag('of');
      case 'p':
        return this.flag('pf');
      case 'ne':
        return this.#s.bitNot(this.condition('e'));
      case 'ae':
        return this.#s.bitNot(this.condition('b'));
      case 'a':
        return this.#s.bitNot(this.condition('be'));
      case 'ge':
        return this.#s.bitNot(this.condition('l'));
      case 'g':
        return this.#s.bitNot(this.condition('le'));
      case 'ns':
        return this.#s.bitNot(this.condition('s'));
      case 'no':
        return this.#s.bitNot(this.condition('o'));
      case 'np':
        return this.#s.bitNot(this.condition('p'));
    }
  }

  /** All of RFLAGS, 64 bits. */
  all(): Value {
    return this.#s.value(64, () => {
      this.#s.code.i32(0).access('i64.load', RFLAGS).i64(BigInt(~ARITHMETIC_FLAGS)).op('i64.and');
      this.#s.code.call(this.#flagsWord).op('i64.extend_i32_u').op('i64.or');
    });
  }

  /** Replaces the bits of RFLAGS that are set in the mask. */
  setAll(value: Value, mask: bigint): void {
    const arithmetic = mask & BigInt(ARITHMETIC_FLAGS);
    if (arithmetic !== 0n) {
      const word = this.#s.value(32, () => {
        this.#s.code.get(value.local).op('i32.wrap_i64').i32(Number(arithmetic)).op('i32.and');
        const kept = ARITHMETIC_FLAGS & ~Number(arithmetic);
        if (kept === 0) return;
        this.#s.code.call(this.#flagsWord).i32(kept).op('i32.and').op('i32.or');
      });
      this.#setFlagsWord(word);
    }
    const rest = mask & ~BigInt(ARITHMETIC_FLAGS);
    if (rest === 0n) return;
    this.#s.code.i32(0);
    this.#s.code.i32(0).access('i64.load', RFLAGS).i64(~rest).op('i64.and');
    this.#s.code.get(value.local).i64(rest).op('i64.and').op('i64.or').access('i64.store', RFLAGS);
  }

  #storeFlags(kind: number, result: Value, a: Value): void {
    this.#s.code.i32(0).i32(kind).access('i32.store', FLAGS_KIND);
    this.#s.code.i32(0).get(result.local).access('i64.store', FLAGS_RESULT);
    this.#s.code.i32(0).get(a.local).access('i64.store', FLAGS_A);
  }

  #setFlagsWord(word: Value): void {
    const result = this.#s.value(64, () =>
      this.#s.code.get(word.local).i32(0x40).op('i32.and').op('i32.eqz').op('i64.extend_i32_u'),
    );
    this.#storeFlags(KIND_WORD, result, this.#s.zeroExtend(word, 64));
  }

  #subtractOr(comparison: 'lt_u' | 'le_u' | 'lt_s' | 'le_s', otherwise: () => Bit): Bit {
    return this.#lazyOr(
      KIND_SUBTRACT,
      () => {
        this.#s.code.i32(0).access('i64.load', FLAGS_A);
        this.#s.code.i32(0).access('i64.load', FLAGS_B).op(`i64.${comparison}`);
      },
      otherwise,
    );
  }

  /** A test that is quick after one kind of operation and general after the others. */
  #lazyOr(kind: number, quick: () => void, otherwise: () => Bit): Bit {
    const local = this.#s.code.local('i32');
    this.#s.code.i32(0).access('i32.load', FLAGS_KIND).i32(kind).op('i32.eq').if();
    quick();
    this.#s.code.set(local).else();
    this.#s.code.get(otherwise().local).set(local).end();
    return { bit: true, local };
  }
}
