// The translator's back end: flags are computed where they are read, and control goes where the
// region's emission says. What it cannot say it refuses, and the interpreter runs that instruction.
import { ARITHMETIC_FLAGS } from '../interpreter/flags.js';
import type { ConditionCode, FlagChanges, FlagName, FlagsOperation } from '../isa/semantics.js';
import type { Bit, Value, Width } from '../isa/values.js';
import { EXIT_ERROR, EXIT_VECTOR, RFLAGS } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { PendingFlags, release, type Scope } from './flags.js';
import type { Frame } from './frame.js';
import type { TranslatorServices } from './memory.js';
import { NotTranslatable, TranslatorOperands } from './operands.js';
import type { RegionInstruction } from './region.js';

/** What the region's emission does for its instructions. */
export interface Surroundings {
  /** Leaves after a fault that has been noted; registers and flags are as before the instruction. */
  fault(): void;
  /** Leaves before the instruction, which only the interpreter may carry out this time. */
  decline(): void;
  /** Goes on with the next iteration of the instruction, by `again`, or leaves before it. */
  repeat(again: () => void): void;
  /** Iterations of REP carried out at once, paid for. */
  ahead(name: string, destination: Value, source: Value, count: Value): Value;
  branch(taken: Bit): void;
  jumpRelative(): void;
  jump(target: Value): void;
  /** Stores the registers that a helper may look at, and loads them again. */
  aroundHelper(call: () => void): void;
}

/** Helpers that look at general registers. */
const REGISTER_HELPERS: ReadonlySet<string> = new Set(['divide128Signed']);
/** Helpers that change more than this engine knows of. */
const REFUSED_HELPERS: ReadonlySet<string> = new Set(['cpuid', 'loadSegment']);

export class TranslatorSemantics extends TranslatorOperands {
  readonly flags: PendingFlags;
  readonly #surroundings: Surroundings;
  #scope: Scope = { locals: [], holds: 1 };
  /** Depth of the code that an instruction under REP begins at. */
  #again = 0;
  #flagChanges = 0;

  constructor(
    code: Code,
    view: DataView,
    parts: {
      readonly frame: Frame;
      readonly services: TranslatorServices;
      readonly surroundings: Surroundings;
    },
  ) {
    super(code, view, parts.frame, parts.services);
    this.#surroundings = parts.surroundings;
    this.flags = new PendingFlags(this, parts.frame, () => parts.services.flagsOf);
  }

  /** Emits an instruction. */
  instruction({ record, form }: RegionInstruction): void {
    this.beginRecord(record);
    this.scoped(() => {
      const repeats = /^rep(ne)? /.test(form.key);
      if (repeats) this.code.loop();
      this.#again = this.code.depth;
      form.meaning(this, ...form.operands);
      if (repeats) this.code.end();
    });
  }

  /** Emits with locals that are given back at the end, unless flags still need them. */
  scoped(emit: () => void): void {
    const { code } = this;
    const outer = { scope: code.scope, own: this.#scope };
    this.#scope = { locals: [], holds: 1 };
    code.scope = this.#scope.locals;
    emit();
    const scope = this.#scope;
    code.scope = outer.scope;
    this.#scope = outer.own;
    release(this, scope);
  }

  // Flags

  flagsFrom(operation: FlagsOperation, a: Value, b: Value, result: Value): void {
    this.#flagChanges++;
    this.flags.fromOperation(operation, { a, b, result }, this.#scope);
  }

  setFlags(changes: FlagChanges): void {
    this.#flagChanges++;
    this.flags.change(changes, this.#scope);
  }

  /** Chooses between bits where the old ones are at hand: the others need not be looked at then. */
  override setFlagsIf(condition: Bit, changes: () => FlagChanges): void {
    const { flags } = this;
    const names = ['cf', 'of'] as const;
    if (condition.known !== undefined || !names.every((name) => flags.isAtHand(name))) {
      super.setFlagsIf(condition, changes);
      return;
    }
    const { cf, of, ...others } = changes();
    if (cf === undefined || of === undefined || Object.keys(others).length > 0) {
      throw new Error('only CF and OF are set on a condition');
    }
    const choose = (changed: Bit, name: FlagName): Bit =>
      this.toBit(
        this.select(condition, this.fromBit(changed, 32), this.fromBit(flags.flag(name), 32)),
      );
    this.setFlags({ cf: choose(cf, 'cf'), of: choose(of, 'of') });
  }

  flag(name: FlagName): Bit {
    return this.flags.flag(name);
  }

  condition(code: ConditionCode): Bit {
    return this.flags.condition(code);
  }

  rflags(): Value {
    const rest = this.and(this.state(RFLAGS, 64), this.constant(BigInt(~ARITHMETIC_FLAGS), 64));
    return this.or(rest, this.zeroExtend(this.flags.word(), 64));
  }

  setRflags(value: Value, mask: bigint): void {
    if (mask !== 0x400n) throw new NotTranslatable('flags that concern more than arithmetic');
    const rest = this.and(this.state(RFLAGS, 64), this.constant(~mask, 64));
    this.setState(RFLAGS, this.or(rest, this.and(value, this.constant(mask, 64))));
  }

  /** Either branch may change flags: where the paths meet again they are in the locals. */
  override if(condition: Bit, then: () => void, otherwise?: () => void): void {
    if (condition.known !== undefined) {
      super.if(condition, then, otherwise);
      return;
    }
    const { flags } = this;
    flags.settle();
    const before = flags.current;
    flags.hold(before);
    let changed = false;
    const path = (body: () => void) => (): void => {
      const here = this.#flagChanges;
      body();
      if (this.#flagChanges !== here) {
        flags.settle();
        changed = true;
      }
      flags.replace(before);
    };
    super.if(condition, path(then), otherwise === undefined ? undefined : path(otherwise));
    flags.drop(before);
    if (changed) flags.replace({ kind: 'locals', scopes: [] });
  }

  // Control

  jump(target: Value): void {
    this.#surroundings.jump(target);
  }

  jumpRelative(): void {
    this.#surroundings.jumpRelative();
  }

  branch(taken: Bit): void {
    this.#surroundings.branch(taken);
  }

  repeat(): void {
    this.#surroundings.repeat(() => {
      this.code.br(this.code.depth - this.#again);
    });
  }

  raise(vector: number, errorCode = 0): void {
    this.code.i32(0).i32(vector).access('i32.store', EXIT_VECTOR);
    this.code.i32(0).i32(errorCode).access('i32.store', EXIT_ERROR);
    this.#surroundings.fault();
  }

  trap(): void {
    throw new NotTranslatable('a trap');
  }

  interrupt(): void {
    throw new NotTranslatable('INT');
  }

  leave(): void {
    throw new NotTranslatable('leaving the engine');
  }

  retired(): Value {
    throw new NotTranslatable('the time-stamp counter');
  }

  copyAhead(width: Width, count: Value, destination: Value, source: Value): Value {
    return this.#surroundings.ahead(`copyAhead${width}`, destination, source, count);
  }

  fillAhead(count: Value, destination: Value, value: Value): Value {
    const wide = this.zeroExtend(value, 64);
    return this.#surroundings.ahead(`fillAhead${value.width}`, destination, wide, count);
  }

  override helper(name: string, ...operands: readonly (Value | Bit)[]): Value {
    if (REFUSED_HELPERS.has(name)) throw new NotTranslatable(name);
    if (!REGISTER_HELPERS.has(name)) return super.helper(name, ...operands);
    for (const register of [0, 1, 2, 3]) {
      this.frame.writeGpr(register);
    }
    const result = this.variable(this.constant(0n, 32));
    this.#surroundings.aroundHelper(() => {
      this.assign(result, super.helper(name, ...operands));
    });
    return result;
  }

  /** In line, where the interpreter calls a function: four products of halves. */
  override multiplyHigh(a: Value, b: Value, signed: boolean): Value {
    const mask = this.constant(0xffff_ffffn, 64);
    const half = this.constant(32n, 64);
    const [low0, low1] = [this.and(a, mask), this.and(b, mask)];
    const [high0, high1] = [this.shiftRight(a, half), this.shiftRight(b, half)];
    const carry = this.shiftRight(this.multiply(low0, low1), half);
    const middle = this.add(this.multiply(high0, low1), carry);
    const other = this.add(this.multiply(low0, high1), this.and(middle, mask));
    let high = this.add(this.multiply(high0, high1), this.shiftRight(middle, half));
    high = this.add(high, this.shiftRight(other, half));
    if (!signed) return high;
    const sign = this.constant(63n, 64);
    high = this.subtract(high, this.and(this.shiftRightSigned(a, sign), b));
    return this.subtract(high, this.and(this.shiftRightSigned(b, sign), a));
  }

  protected emitFault(): void {
    this.#surroundings.fault();
  }

  protected decline(): void {
    this.#surroundings.decline();
  }
}
