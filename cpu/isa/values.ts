// What instruction semantics compute with: handles of guest values, and the operations on integers and
// truth values that need no operand, memory or flag. Building an operation emits WebAssembly; nothing
// is computed here, except on what is known by then.
import type { Code } from '../wasm/code.js';
import type { NumericOp, ValueType } from '../wasm/opcodes.js';
import { type Arithmetic, type Comparison, FOLD, holds } from './fold.js';

/** Bits of an integer operand. */
export type Width = 8 | 16 | 32 | 64;

/**
 * An integer of the guest. It lives in a WebAssembly local: an i64 when 64 bits wide, else an i32
 * whose bits above the width are zero.
 */
export interface Value {
  readonly width: Width;
  readonly local: number;
  /** What it is, where that is known when the code is emitted: as an unsigned number. */
  readonly known?: bigint | undefined;
}

/** A truth value: an i32 that is 0 or 1. */
export interface Bit {
  readonly bit: true;
  readonly local: number;
  /** What it is, where that is known when the code is emitted. */
  readonly known?: boolean | undefined;
}

/** 128 bits: an XMM register's worth. */
export interface Vector {
  readonly vector: true;
  readonly local: number;
  /** What it is, where that is known when the code is emitted. */
  readonly known?: Uint8Array | undefined;
}

/** A float or double in a WebAssembly local. */
export interface Float {
  readonly precision: 32 | 64;
  readonly local: number;
}

const MASK: Readonly<Record<8 | 16, number>> = { 8: 0xff, 16: 0xffff };

export abstract class Values {
  constructor(readonly code: Code) {}

  constant(value: bigint, width: Width): Value {
    const local = this.integerLocal(width);
    if (width === 64) this.code.i64(value);
    else this.code.i32(Number(BigInt.asUintN(width, value)) | 0);
    this.code.set(local);
    return { width, local, known: BigInt.asUintN(width, value) };
  }

  // Arithmetic on two values of one width

  add(a: Value, b: Value): Value {
    return this.#normalised('add', a, b);
  }

  subtract(a: Value, b: Value): Value {
    return this.#normalised('sub', a, b);
  }

  /** The low half of a product. */
  multiply(a: Value, b: Value): Value {
    return this.#normalised('mul', a, b);
  }

  and(a: Value, b: Value): Value {
    return this.#arithmetic('and', a, b);
  }

  or(a: Value, b: Value): Value {
    return this.#arithmetic('or', a, b);
  }

  xor(a: Value, b: Value): Value {
    return this.#arithmetic('xor', a, b);
  }

  not(a: Value): Value {
    return this.xor(a, this.constant(-1n, a.width));
  }

  negate(a: Value): Value {
    return this.subtract(this.constant(0n, a.width), a);
  }

  // Shifts: the count has the width of the value and is below 32 (64 for a 64-bit value)

  shiftLeft(a: Value, count: Value): Value {
    return this.#normalised('shl', a, count);
  }

  /** Shifts zeros in from the left. */
  shiftRight(a: Value, count: Value): Value {
    return this.#arithmetic('shr_u', a, count);
  }

  /** Shifts the sign in from the left. */
  shiftRightSigned(a: Value, count: Value): Value {
    if (a.width === 64 || a.width === 32) return this.#arithmetic('shr_s', a, count);
    const wide = this.signExtend(a, 32);
    const shifted = this.#arithmetic('shr_s', wide, { ...count, width: 32 });
    return this.truncate(shifted, a.width);
  }

  /** Rotation of a 32- or 64-bit value. */
  rotate(direction: 'rotl' | 'rotr', a: Value, count: Value): Value {
    const type = this.#type(a);
    return this.#integer(a.width, () =>
      this.code.get(a.local).get(count.local).op(`${type}.${direction}`),
    );
  }

  countLeadingZeros(a: Value): Value {
    return this.#unary('clz', a);
  }

  countTrailingZeros(a: Value): Value {
    return this.#unary('ctz', a);
  }

  populationCount(a: Value): Value {
    return this.#unary('popcnt', a);
  }

  // Widths

  zeroExtend(a: Value, width: Width): Value {
    if (width === a.width) return a;
    if (a.known !== undefined) return this.constant(a.known, width);
    if (width !== 64) return { width, local: a.local };
    return this.#integer(64, () => this.code.get(a.local).op('i64.extend_i32_u'));
  }

  signExtend(a: Value, width: Width): Value {
    if (width === a.width) return a;
    if (a.known !== undefined) return this.constant(BigInt.asIntN(a.width, a.known), width);
    const narrow = this.#integer(32, () => {
      this.code.get(a.local);
      if (a.width === 8) this.code.op('i32.extend8_s');
      else if (a.width === 16) this.code.op('i32.extend16_s');
    });
    if (width === 64) {
      return this.#integer(64, () => this.code.get(narrow.local).op('i64.extend_i32_s'));
    }
    return this.truncate(narrow, width);
  }

  truncate(a: Value, width: Width): Value {
    if (width === a.width) return a;
    if (a.known !== undefined) return this.constant(a.known, width);
    return this.#integer(width, () => {
      this.code.get(a.local);
      if (a.width === 64) this.code.op('i32.wrap_i64');
      if (width !== 32) this.code.i32(MASK[width as 8 | 16]).op('i32.and');
    });
  }

  // Truth values

  compare(comparison: Comparison, a: Value, b: Value): Bit {
    if (a.known !== undefined && b.known !== undefined) {
      return this.bitConstant(holds(comparison, a.known, b.known, a.width));
    }
    const signed = comparison.endsWith('_s') && a.width < 32;
    const left = signed ? this.signExtend(a, 32) : a;
    const right = signed ? this.signExtend(b, 32) : b;
    const type = this.#type(a);
    return this.bit(() =>
      this.code
        .get(left.local)
        .get(right.local)
        .op(`${type}.${comparison}` as NumericOp),
    );
  }

  isZero(a: Value): Bit {
    if (a.known !== undefined) return this.bitConstant(a.known === 0n);
    const type = this.#type(a);
    return this.bit(() => this.code.get(a.local).op(`${type}.eqz`));
  }

  isNotZero(a: Value): Bit {
    return this.bitNot(this.isZero(a));
  }

  /** The top bit of a value. */
  sign(a: Value): Bit {
    return this.bitAt(a, a.width - 1);
  }

  /** One bit of a value, by constant position. */
  bitAt(a: Value, position: number): Bit {
    if (a.known !== undefined) return this.bitConstant(((a.known >> BigInt(position)) & 1n) === 1n);
    return this.bit(() => {
      this.code.get(a.local);
      if (a.width === 64) {
        this.code.i64(BigInt(position)).op('i64.shr_u').op('i32.wrap_i64');
      } else {
        this.code.i32(position).op('i32.shr_u');
      }
      this.code.i32(1).op('i32.and');
    });
  }

  bitConstant(value: boolean): Bit {
    return { ...this.bit(() => this.code.i32(value ? 1 : 0)), known: value };
  }

  bitNot(a: Bit): Bit {
    if (a.known !== undefined) return this.bitConstant(!a.known);
    return this.bit(() => this.code.get(a.local).op('i32.eqz'));
  }

  bitAnd(a: Bit, b: Bit): Bit {
    return this.bit(() => this.code.get(a.local).get(b.local).op('i32.and'));
  }

  bitOr(a: Bit, b: Bit): Bit {
    return this.bit(() => this.code.get(a.local).get(b.local).op('i32.or'));
  }

  bitXor(a: Bit, b: Bit): Bit {
    return this.bit(() => this.code.get(a.local).get(b.local).op('i32.xor'));
  }

  /** 0 or 1 as a value. */
  fromBit(a: Bit, width: Width): Value {
    if (width !== 64) return { width, local: a.local };
    return this.#integer(64, () => this.code.get(a.local).op('i64.extend_i32_u'));
  }

  /** Is bit 0 of a value set? */
  toBit(a: Value): Bit {
    return this.bitAt(a, 0);
  }

  select(condition: Bit, ifSet: Value, ifClear: Value): Value {
    if (condition.known !== undefined) {
      const { known, local } = condition.known ? ifSet : ifClear;
      return { ...this.#integer(ifSet.width, () => this.code.get(local)), known };
    }
    return this.#integer(ifSet.width, () =>
      this.code.get(ifSet.local).get(ifClear.local).get(condition.local).select(),
    );
  }

  // Control inside an instruction

  /** Emits `then` where the bit is set, `otherwise` where it is clear. */
  if(condition: Bit, then: () => void, otherwise?: () => void): void {
    if (condition.known !== undefined) {
      if (condition.known) then();
      else otherwise?.();
      return;
    }
    this.code.get(condition.local).if();
    this.enter(then);
    if (otherwise !== undefined) {
      this.code.else();
      this.enter(otherwise);
    }
    this.code.end();
  }

  /** An `if` whose condition seldom holds; `then` changes no flags. */
  ifUnlikely(condition: Bit, then: () => void): void {
    if (condition.known === false) return;
    this.code.get(condition.local).ifHinted(false);
    this.enter(then);
    this.code.end();
  }

  /** Emits what is done where not all of some conditions hold, seldom or not. It changes no flags. */
  unlessAll(conditions: readonly Bit[], then: () => void, seldom = true): void {
    this.code.block().block();
    for (const condition of conditions) {
      if (condition.known === true) continue;
      this.code.get(condition.local).op('i32.eqz');
      if (seldom) this.code.brIfHinted(false, 0);
      else this.code.brIf(0);
    }
    this.code.br(1).end();
    this.enter(then);
    this.code.end();
  }

  /** A variable that branches of `if` may set. */
  variable(initial: Value): Value {
    return this.#integer(initial.width, () => this.code.get(initial.local));
  }

  assign(variable: Value | Bit | Vector | Float, value: Value | Bit | Vector | Float): void {
    this.code.get(value.local).set(variable.local);
  }

  // Plumbing

  /** A value from code that leaves it on the stack, bits above its width clear. */
  value(width: Width, emit: () => void): Value {
    return this.#integer(width, emit);
  }

  bit(emit: () => void): Bit {
    emit();
    const local = this.code.local('i32');
    this.code.set(local);
    return { bit: true, local };
  }

  protected integerLocal(width: Width): number {
    return this.code.local(width === 64 ? 'i64' : 'i32');
  }

  /** Runs the emission of a nested block; an engine may track its nesting. */
  protected enter(body: () => void): void {
    body();
  }

  #type(a: Value): ValueType & ('i32' | 'i64') {
    return a.width === 64 ? 'i64' : 'i32';
  }

  #integer(width: Width, emit: () => void): Value {
    emit();
    const local = this.integerLocal(width);
    this.code.set(local);
    return { width, local };
  }

  #unary(op: 'clz' | 'ctz' | 'popcnt', a: Value): Value {
    const type = this.#type(a);
    return this.#integer(a.width, () => this.code.get(a.local).op(`${type}.${op}`));
  }

  #arithmetic(op: Arithmetic, a: Value, b: Value): Value {
    const fold = FOLD[op];
    if (fold !== undefined && a.known !== undefined && b.known !== undefined) {
      return this.constant(fold(a.known, b.known), a.width);
    }
    const type = this.#type(a);
    return this.#integer(a.width, () => this.code.get(a.local).get(b.local).op(`${type}.${op}`));
  }

  #normalised(op: Arithmetic, a: Value, b: Value): Value {
    const result = this.#arithmetic(op, a, b);
    if (a.width === 64 || a.width === 32 || result.known !== undefined) return result;
    const mask = MASK[a.width];
    this.code.get(result.local).i32(mask).op('i32.and').set(result.local);
    return result;
  }
}
