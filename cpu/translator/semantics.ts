// The translator's back end: operands are constants, registers are locals, flags are computed where
// they are read. What it cannot say it refuses, and the interpreter runs that instruction.
import { ARITHMETIC_FLAGS } from '../interpreter/flags.js';
import {
  ADDRESS_MASK,
  BASE,
  DISPLACEMENT,
  IMMEDIATE,
  INDEX,
  LENGTH,
  NEXT,
  REGISTER_SLOT,
  SCALE,
  SEGMENT,
} from '../interpreter/record.js';
import { noted } from '../isa/float-unit.js';
import type {
  ConditionCode,
  FlagChanges,
  FlagName,
  FlagsOperation,
  Operand,
} from '../isa/semantics.js';
import type { Bit, Value, Vector, Width } from '../isa/values.js';
import { EXIT_ERROR, EXIT_VECTOR, MXCSR, RFLAGS, XMM, ZERO } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { PendingFlags, release, type Scope } from './flags.js';
import type { Frame } from './frame.js';
import { TranslatorMemory, type TranslatorServices } from './memory.js';
import type { RegionInstruction } from './region.js';

/** Thrown for an instruction that only the interpreter runs. */
export class NotTranslatable extends Error {}

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

const RSP = 4;

/** Helpers that look at general registers. */
const REGISTER_HELPERS: ReadonlySet<string> = new Set(['divide128Signed']);
/** Helpers that change more than this engine knows of. */
const REFUSED_HELPERS: ReadonlySet<string> = new Set(['cpuid', 'loadSegment']);

export class TranslatorSemantics extends TranslatorMemory {
  readonly flags: PendingFlags;
  readonly #view: DataView;
  readonly #frame: Frame;
  readonly #surroundings: Surroundings;
  readonly #offsets = new Map<number, Value>();
  #record = 0;
  #scope: Scope = { locals: [], holds: 1 };
  /** Depth of the code that an instruction under REP begins at. */
  #again = 0;
  #depth = 0;
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
    super(code, parts.services);
    this.#view = view;
    this.#frame = parts.frame;
    this.#surroundings = parts.surroundings;
    this.flags = new PendingFlags(this, parts.frame, () => parts.services.flagsOf);
  }

  /** Emits an instruction; true when it has said where control goes. */
  instruction({ record, form }: RegionInstruction): void {
    this.#record = record;
    this.beginInstruction();
    this.#offsets.clear();
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

  // Operands

  protected readRegister(operand: Operand): Value {
    const at = this.#slot(operand);
    const width = operand.bits as Width;
    switch (operand.kind) {
      case 'gpr':
        return (at & 7) === 1 ? this.highByte(at >> 3) : this.register(at >> 3, width);
      case 'immediate':
        return this.constant(this.#view.getBigUint64(this.#record + IMMEDIATE, true), width);
      case 'mmx':
        return this.state(at, 64);
      default:
        throw new NotTranslatable(`an operand of kind ${operand.kind} has no integer value`);
    }
  }

  protected writeRegister(operand: Operand, value: Value): void {
    const at = this.#slot(operand);
    switch (operand.kind) {
      case 'gpr':
        if ((at & 7) === 1) this.setHighByte(at >> 3, value);
        else this.setRegister(at >> 3, value);
        break;
      case 'mmx':
        this.setState(at, value);
        this.setState(at + 8, this.constant(0xffffn, 16));
        break;
      default:
        throw new NotTranslatable(`an operand of kind ${operand.kind} is not written`);
    }
  }

  address(operand: Operand): Value {
    const segment = this.#view.getUint16(this.#record + SEGMENT, true);
    const offset = this.offset(operand);
    return segment === ZERO ? offset : this.add(offset, this.state(segment, 64));
  }

  offset(operand: Operand): Value {
    const known = this.#offsets.get(operand.slot);
    if (known !== undefined) return known;
    const view = this.#view;
    const record = this.#record;
    const base = view.getUint16(record + BASE, true);
    const index = view.getUint16(record + INDEX, true);
    const displacement = view.getBigUint64(record + DISPLACEMENT, true);
    let offset: Value | undefined = base === ZERO ? undefined : this.register(base >> 3, 64);
    if (index !== ZERO) {
      const scale = view.getUint8(record + SCALE);
      let scaled = this.register(index >> 3, 64);
      if (scale > 0) scaled = this.shiftLeft(scaled, this.constant(BigInt(scale), 64));
      offset = offset === undefined ? scaled : this.add(offset, scaled);
    }
    if (offset === undefined) offset = this.constant(displacement, 64);
    else if (displacement !== 0n) offset = this.add(offset, this.constant(displacement, 64));
    const mask = view.getBigUint64(record + ADDRESS_MASK, true);
    if (mask !== 0xffff_ffff_ffff_ffffn) offset = this.and(offset, this.constant(mask, 64));
    if (this.#depth === 0) this.#offsets.set(operand.slot, offset);
    return offset;
  }

  secondImmediate(): Value {
    throw new NotTranslatable('ENTER');
  }

  escapeOpcode(): Value {
    return this.constant(BigInt(this.#view.getUint16(this.#record + IMMEDIATE, true)), 16);
  }

  registerNumber(operand: Operand): Value {
    return this.constant(BigInt(this.#slot(operand)), 32);
  }

  protected readVectorRegister(operand: Operand): Vector {
    const at = this.#slot(operand);
    if (operand.kind === 'xmm') return this.xmm((at - XMM) >> 4);
    return this.newVector(() => this.code.i32(at).access('v128.load64_zero', 0));
  }

  protected writeVectorRegister(operand: Operand, value: Vector): void {
    if (operand.kind === 'mmx') this.write(operand, this.extractLane(value, 64, 0));
    else this.setXmm((this.#slot(operand) - XMM) >> 4, value);
  }

  // Registers by name

  register(index: number, width: Width): Value {
    const whole = this.#frame.useGpr(index);
    // a copy: the register may change while the value is still wanted
    const copy = this.value(64, () => this.code.get(whole));
    if (index === RSP) this.liesOnStack(copy);
    return this.truncate(copy, width);
  }

  setRegister(index: number, value: Value): void {
    const whole = this.#frame.writeGpr(index);
    if (value.width >= 32) {
      this.code.get(this.zeroExtend(value, 64).local).set(whole);
      return;
    }
    const kept = value.width === 8 ? ~0xffn : ~0xffffn;
    this.code.get(whole).i64(kept).op('i64.and');
    this.code.get(value.local).op('i64.extend_i32_u').op('i64.or').set(whole);
  }

  highByte(index: number): Value {
    const whole = this.#frame.useGpr(index);
    return this.value(8, () => {
      this.code.get(whole).op('i32.wrap_i64').i32(8).op('i32.shr_u').i32(0xff).op('i32.and');
    });
  }

  setHighByte(index: number, value: Value): void {
    const whole = this.#frame.writeGpr(index);
    this.code.get(whole).i64(~0xff00n).op('i64.and');
    this.code.get(value.local).i32(8).op('i32.shl').op('i64.extend_i32_u').op('i64.or').set(whole);
  }

  xmm(index: number): Vector {
    const whole = this.#frame.useXmm(index);
    return this.newVector(() => this.code.get(whole));
  }

  setXmm(index: number, value: Vector): void {
    this.code.get(value.local).set(this.#frame.writeXmm(index));
  }

  override get expectsInexact(): boolean {
    return noted(this.#view.getUint32(MXCSR, true));
  }

  sourceSegmentBase(): Value {
    const segment = this.#view.getUint16(this.#record + SEGMENT, true);
    return segment === ZERO ? this.constant(0n, 64) : this.state(segment, 64);
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

  nextAddress(): Value {
    return this.constant(this.#view.getBigUint64(this.#record + NEXT, true), 64);
  }

  instructionAddress(): Value {
    const next = this.#view.getBigUint64(this.#record + NEXT, true);
    return this.constant(next - BigInt(this.#view.getUint8(this.#record + LENGTH)), 64);
  }

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
      this.#frame.writeGpr(register);
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

  protected override pushTlb(): void {
    this.code.get(this.#frame.tlb);
  }

  protected emitFault(): void {
    this.#surroundings.fault();
  }

  protected decline(): void {
    this.#surroundings.decline();
  }

  protected override enter(body: () => void): void {
    this.#depth++;
    body();
    this.#depth--;
  }

  #slot(operand: Operand): number {
    return this.#view.getUint16(this.#record + REGISTER_SLOT[operand.slot], true);
  }
}
