// Flags in translated code. What set them last is known while code is emitted, mostly; they are
// computed only where something reads them. Where paths meet, four locals hold what FLAGS_KIND,
// FLAGS_RESULT, FLAGS_A and FLAGS_B hold in the register file.
import {
  ARITHMETIC_FLAGS,
  FLAG_BIT,
  flagsKind,
  KIND_MIXED,
  KIND_WORD,
} from '../interpreter/flags.js';
import type {
  ConditionCode,
  FlagChanges,
  FlagName,
  FlagsOperation,
  Semantics,
} from '../isa/semantics.js';
import type { Bit, Value } from '../isa/values.js';
import type { LocalScope } from '../wasm/code.js';
import type { Frame } from './frame.js';

/** The locals of one instruction, given back when neither it nor its flags need them any more. */
export interface Scope {
  readonly locals: LocalScope;
  holds: number;
}

/** What the flags follow from. */
export type Pending =
  /** The four locals. */
  | { readonly kind: 'locals'; readonly scopes: readonly Scope[] }
  /** The register file, from which nothing has loaded them yet. */
  | { readonly kind: 'memory'; readonly scopes: readonly Scope[] }
  | {
      readonly kind: 'operation';
      readonly operation: FlagsOperation;
      readonly a: Value;
      readonly b: Value;
      readonly result: Value;
      /** CF as it was before, for INC and DEC, which keep it. */
      readonly carry: Bit | undefined;
      readonly scopes: readonly Scope[];
    }
  /** Some flags replaced; the others as before. */
  | {
      readonly kind: 'overlay';
      readonly base: Pending;
      readonly bits: { readonly [name in FlagName]?: Bit };
      readonly result: Value | undefined;
      readonly scopes: readonly Scope[];
    };

const FLAG_NAMES = Object.keys(FLAG_BIT) as FlagName[];
const RESULT_FLAGS: ReadonlySet<FlagName> = new Set(['zf', 'sf', 'pf']);

const NEGATED: Partial<Record<ConditionCode, ConditionCode>> = {
  ne: 'e',
  ae: 'b',
  a: 'be',
  ge: 'l',
  g: 'le',
  ns: 's',
  no: 'o',
  np: 'p',
};

export class PendingFlags {
  current: Pending = { kind: 'locals', scopes: [] };
  readonly #s: Semantics;
  readonly #frame: Frame;
  readonly #locals: Frame['flags'];
  /** Index of the function (kind, result, a, b) -> flags. */
  readonly #flagsOf: () => number;

  constructor(s: Semantics, frame: Frame, flagsOf: () => number) {
    this.#s = s;
    this.#frame = frame;
    this.#locals = frame.flags;
    this.#flagsOf = flagsOf;
  }

  fromOperation(
    operation: FlagsOperation,
    operands: { a: Value; b: Value; result: Value },
    scope: Scope,
  ): void {
    const keepsCarry = operation === 'increment' || operation === 'decrement';
    const carry = keepsCarry ? this.#carry() : undefined;
    this.replace({ kind: 'operation', operation, ...operands, carry, scopes: [scope] });
  }

  /** CF in a local of its own: what set it may be about to give its locals back. */
  #carry(): Bit {
    const { local } = this.condition('b');
    return this.#s.bit(() => this.#s.code.get(local));
  }

  change({ result, ...bits }: FlagChanges, scope: Scope): void {
    let base = this.current;
    let all: { readonly [name in FlagName]?: Bit } = bits;
    let shown = result;
    if (base.kind === 'overlay') {
      const kept = { ...base.bits };
      if (result !== undefined) for (const name of RESULT_FLAGS) delete kept[name];
      all = { ...kept, ...bits };
      shown ??= base.result;
      base = base.base;
    }
    if (
      shown !== undefined &&
      Object.keys(all).some((name) => RESULT_FLAGS.has(name as FlagName))
    ) {
      // a result cannot show flags that were set beside it
      for (const name of RESULT_FLAGS) {
        all = { ...all, [name]: all[name] ?? this.#ofResult(shown, name) };
      }
      shown = undefined;
    }
    const scopes = [...this.current.scopes, scope];
    this.replace({ kind: 'overlay', base, bits: all, result: shown, scopes });
  }

  /** Makes other flags the current ones. */
  replace(pending: Pending): void {
    const old = this.current;
    this.hold(pending);
    this.current = pending;
    this.drop(old);
  }

  hold(pending: Pending): void {
    for (const scope of pending.scopes) scope.holds++;
  }

  drop(pending: Pending): void {
    for (const scope of pending.scopes) release(this.#s, scope);
  }

  /** Emits what puts the current flags into the four locals; they stay known as they are. */
  settle(): void {
    const { code } = this.#s;
    const { kind, result, a, b } = this.#locals;
    const pending = this.current;
    if (pending.kind === 'locals') return;
    if (pending.kind === 'memory') {
      this.#frame.loadFlags();
      return;
    }
    if (pending.kind === 'operation') {
      this.#pushOperation(pending);
      code.set(b).set(a).set(result).set(kind);
      return;
    }
    const word = this.#overlayWord(pending);
    if (pending.result !== undefined) {
      const wide = this.#s.signExtend(pending.result, 64);
      code.i32(KIND_MIXED).set(kind).get(wide.local).set(result);
    } else {
      code.i32(KIND_WORD).set(kind);
      code.get(word.local).i32(0x40).op('i32.and').op('i32.eqz').op('i64.extend_i32_u');
      code.set(result);
    }
    code.get(word.local).op('i64.extend_i32_u').set(a);
  }

  /** The same, and from here on the locals are where they are. */
  settleHere(): void {
    this.settle();
    this.replace({ kind: 'locals', scopes: [] });
  }

  /** The six arithmetic flags in their places, 32 bits. */
  word(pending: Pending = this.current): Value {
    const s = this.#s;
    if (pending.kind === 'overlay') {
      const word = this.#overlayWord(pending);
      const { result } = pending;
      if (result === undefined) return word;
      const named = Object.keys(pending.bits);
      const shift = (bit: Bit, name: FlagName): Value =>
        s.shiftLeft(s.fromBit(bit, 32), s.constant(BigInt(FLAG_BIT[name]), 32));
      let all = word;
      for (const name of RESULT_FLAGS) {
        if (!named.includes(name)) all = s.or(all, shift(this.#ofResult(result, name), name));
      }
      return all;
    }
    return s.value(32, () => {
      if (pending.kind === 'operation') this.#pushOperation(pending);
      else if (pending.kind === 'memory') this.#frame.pushFlags();
      else this.#pushLocals();
      s.code.call(this.#flagsOf());
    });
  }

  /** Does finding a flag out take an operation or two? */
  isAtHand(name: 'cf' | 'of', pending: Pending = this.current): boolean {
    if (pending.kind === 'overlay') {
      return pending.bits[name] !== undefined || this.isAtHand(name, pending.base);
    }
    if (pending.kind !== 'operation') return false;
    const { operation, a, carry } = pending;
    if (operation === 'add' || operation === 'subtract') return true;
    if (operation === 'increment' || operation === 'decrement') {
      return name === 'of' || carry !== undefined;
    }
    return operation.startsWith('shift') && a.width >= 32;
  }

  flag(name: FlagName, pending: Pending = this.current): Bit {
    if (pending.kind === 'overlay') {
      const bit = pending.bits[name];
      if (bit !== undefined) return bit;
      if (pending.result !== undefined && RESULT_FLAGS.has(name)) {
        return this.#ofResult(pending.result, name);
      }
      return this.flag(name, pending.base);
    }
    if (pending.kind === 'operation') {
      if (RESULT_FLAGS.has(name)) return this.#ofResult(pending.result, name);
      const quick = this.#ofOperation(pending, name);
      if (quick !== undefined) return quick;
    }
    if (name === 'zf' && pending.kind === 'locals') {
      return this.#s.bit(() => this.#s.code.get(this.#locals.result).op('i64.eqz'));
    }
    return this.#s.bitAt(this.word(pending), FLAG_BIT[name]);
  }

  condition(code: ConditionCode): Bit {
    const negated = NEGATED[code];
    if (negated !== undefined) return this.#s.bitNot(this.condition(negated));
    const s = this.#s;
    const pending = this.current;
    if (pending.kind === 'operation' && pending.operation === 'subtract') {
      const { a, b } = pending;
      if (code === 'e') {
        // after a logic operation b is zero
        return b.known === 0n ? s.isZero(a) : s.compare('eq', a, b);
      }
      // after a logic operation b is zero
      if (b.known === 0n && code === 'b') return s.bitConstant(false);
      if (code === 'b') return s.compare('lt_u', a, b);
      if (code === 'be') return s.compare('le_u', a, b);
      if (code === 'l') return s.compare('lt_s', a, b);
      if (code === 'le') return s.compare('le_s', a, b);
    }
    switch (code) {
      case 'e':
        return this.flag('zf');
      case 'b':
        return this.flag('cf');
      case 's':
        return this.flag('sf');
      case 'o':
        return this.flag('of');
      case 'p':
        return this.flag('pf');
      case 'be':
        return s.bitOr(this.flag('cf'), this.flag('zf'));
      case 'l':
        return s.bitXor(this.flag('sf'), this.flag('of'));
      case 'le':
        return s.bitOr(s.bitXor(this.flag('sf'), this.flag('of')), this.flag('zf'));
      default:
        throw new Error(`no such condition: ${code}`);
    }
  }

  #ofResult(result: Value, name: FlagName): Bit {
    const s = this.#s;
    if (name === 'zf') return s.isZero(result);
    if (name === 'sf') return s.sign(result);
    const ones = s.populationCount(s.zeroExtend(s.truncate(result, 8), 32));
    return s.bitNot(s.toBit(ones));
  }

  /** CF, OF and AF where they take an operation or two. */
  #ofOperation(pending: Pending & { kind: 'operation' }, name: FlagName): Bit | undefined {
    const s = this.#s;
    const { operation, a, b, result, carry } = pending;
    if (operation === 'subtract' || operation === 'add') {
      const minus = operation === 'subtract';
      if (name === 'cf') {
        if (minus && b.known === 0n) return s.bitConstant(false);
        return minus ? s.compare('lt_u', a, b) : s.compare('lt_u', result, a);
      }
      if (name === 'of') {
        if (minus && b.known === 0n) return s.bitConstant(false);
        const other = minus ? s.xor(a, b) : s.xor(b, result);
        return s.sign(s.and(s.xor(a, result), other));
      }
    }
    if (
      operation === 'shiftLeft' ||
      operation === 'shiftRight' ||
      operation === 'shiftRightSigned'
    ) {
      return this.#ofShift(operation, a, b, result, name);
    }
    if (name === 'cf' && carry !== undefined) return carry;
    if (operation === 'increment' && name === 'of') return s.sign(s.and(s.not(a), result));
    if (operation === 'decrement' && name === 'of') return s.sign(s.and(a, s.not(result)));
    return undefined;
  }

  /** CF and OF of a shift, whose count is not zero. */
  #ofShift(
    operation: 'shiftLeft' | 'shiftRight' | 'shiftRightSigned',
    a: Value,
    count: Value,
    result: Value,
    name: FlagName,
  ): Bit | undefined {
    const s = this.#s;
    const { width } = a;
    if (width < 32 || (name !== 'cf' && name !== 'of')) return undefined;
    if (operation === 'shiftLeft') {
      const out = s.toBit(s.shiftRight(a, s.subtract(s.constant(BigInt(width), width), count)));
      return name === 'cf' ? out : s.bitXor(out, s.sign(result));
    }
    const isSigned = operation === 'shiftRightSigned';
    if (name === 'of') return isSigned ? s.bitConstant(false) : s.sign(a);
    const before = s.subtract(count, s.constant(1n, width));
    return s.toBit(isSigned ? s.shiftRightSigned(a, before) : s.shiftRight(a, before));
  }

  /** Pushes kind, result, a and b as the register file would hold them. */
  #pushOperation({ operation, a, b, result, carry }: Pending & { kind: 'operation' }): void {
    const s = this.#s;
    const wide = s.signExtend(result, 64);
    const left = carry === undefined ? s.signExtend(a, 64) : s.fromBit(carry, 64);
    const right = s.signExtend(b, 64);
    s.code.i32(flagsKind(operation, result.width));
    s.code.get(wide.local).get(left.local).get(right.local);
  }

  #pushLocals(): void {
    const { kind, result, a, b } = this.#locals;
    this.#s.code.get(kind).get(result).get(a).get(b);
  }

  /** The flags that an overlay names, and those of its base that neither it nor its result gives. */
  #overlayWord(pending: Pending & { kind: 'overlay' }): Value {
    const s = this.#s;
    let kept = ARITHMETIC_FLAGS;
    if (pending.result !== undefined) kept &= ~0xc4;
    for (const name of FLAG_NAMES) {
      if (pending.bits[name] !== undefined) kept &= ~(1 << FLAG_BIT[name]);
    }
    let word = s.constant(0n, 32);
    if (kept !== 0) word = s.and(this.word(pending.base), s.constant(BigInt(kept), 32));
    for (const name of FLAG_NAMES) {
      const bit = pending.bits[name];
      if (bit === undefined) continue;
      const place = s.constant(BigInt(FLAG_BIT[name]), 32);
      word = s.or(word, s.shiftLeft(s.fromBit(bit, 32), place));
    }
    return word;
  }
}

/** One hold less on a scope; the last one gives its locals back. */
export function release(s: Semantics, scope: Scope): void {
  scope.holds--;
  if (scope.holds === 0) s.code.release(scope.locals);
}
