// The interpreter's back end: operands are read from the decoded record at run time, registers lie in
// memory, flags are lazy. One handler per operand form; a handler ends by calling the next one's.

import { EngineSemantics, LOAD, STORE, type Window } from '../engine/semantics.js';
import type {
  Alignment,
  ConditionCode,
  FlagChanges,
  FlagName,
  FlagsOperation,
  Leave,
  Operand,
} from '../isa/semantics.js';
import type { Bit, Value, Vector, Width } from '../isa/values.js';
import {
  EXIT_ERROR,
  EXIT_VECTOR,
  FLAGS_A,
  FLAGS_B,
  FLAGS_KIND,
  FLAGS_RESULT,
  POSTPONED,
  RETIRED_BASE,
  RFLAGS,
  RUN_BUDGET,
  XMM,
} from '../layout.js';
import type { Code } from '../wasm/code.js';
import { ARITHMETIC_FLAGS, flagsKind, KIND_MIXED, KIND_SUBTRACT, KIND_WORD } from './flags.js';
import type { Runtime } from './generate.js';
import {
  ADDRESS_MASK,
  BASE,
  DISPLACEMENT,
  HANDLER,
  HANDLER_TABLE,
  IMMEDIATE,
  IMMEDIATE_2,
  INDEX,
  LEFT_FAULT,
  LEFT_FLAGS,
  LEFT_INTERRUPT,
  LEFT_JUMPED,
  LEFT_SHADOW,
  LEFT_SYSCALL,
  LEFT_TRAP,
  LEFT_UNIMPLEMENTED,
  LENGTH,
  LINK,
  NEXT,
  RECORD_SIZE,
  REGISTER_SLOT,
  SCALE,
  SEGMENT,
} from './record.js';

/** Parameters of every handler. */
const RECORD = 0;
const BUDGET = 1;

const FLAG_BIT: Readonly<Record<FlagName, number>> = { cf: 0, pf: 2, af: 4, zf: 6, sf: 7, of: 11 };
const LEFT: Readonly<Record<Leave, number>> = {
  syscall: LEFT_SYSCALL,
  flags: LEFT_FLAGS,
  jumped: LEFT_JUMPED,
  shadow: LEFT_SHADOW,
  unimplemented: LEFT_UNIMPLEMENTED,
};

export class InterpreterSemantics extends EngineSemantics {
  readonly #runtime: Runtime;
  readonly #simpleAddress: boolean;
  readonly #offsets = new Map<number, Value>();
  readonly #windows = new Map<number, Window>();
  #depth = 0;
  #ended = false;

  /** @param simpleAddress the memory operand is a base and a displacement alone */
  constructor(code: Code, runtime: Runtime, simpleAddress: boolean) {
    super(code, runtime);
    this.#runtime = runtime;
    this.#simpleAddress = simpleAddress;
  }

  /** Completes the handler: an instruction that did not say how it ends goes on with the next one. */
  finish(): void {
    if (!this.#ended) this.#sequential();
    this.code.unreachable();
  }

  // Operands

  read(operand: Operand): Value {
    const width = operand.bits as Width;
    switch (operand.kind) {
      case 'gpr':
        return this.value(width, () => this.#slot(operand).access(LOAD[width], 0));
      case 'immediate':
        return this.value(width, () => this.code.get(RECORD).access(LOAD[width], IMMEDIATE));
      case 'memory':
        return this.load(this.address(operand), width);
      case 'mmx':
        return this.value(64, () => this.#slot(operand).access('i64.load', 0));
      default:
        throw new Error(`an operand of kind ${operand.kind} has no integer value`);
    }
  }

  readForWrite(operand: Operand): Value {
    if (operand.kind !== 'memory') return this.read(operand);
    const width = operand.bits as Width;
    const window = this.window(this.address(operand), width / 8, true);
    this.#windows.set(operand.slot, window);
    return this.value(width, () => this.code.get(window.host).access(LOAD[width], 0));
  }

  write(operand: Operand, value: Value): void {
    switch (operand.kind) {
      case 'gpr':
        this.#slot(operand);
        this.#storeRegister(value, 0);
        break;
      case 'mmx':
        this.#slot(operand).get(value.local).access('i64.store', 0);
        // as an x87 register it is a NaN or infinite
        this.#slot(operand).i32(0xffff).access('i32.store16', 8);
        break;
      case 'memory': {
        const window = this.#windows.get(operand.slot);
        if (window === undefined) this.store(this.address(operand), value);
        else this.storeInto(window, () => this.code.get(value.local).access(STORE[value.width], 0));
        break;
      }
      default:
        throw new Error(`an operand of kind ${operand.kind} cannot be written as an integer`);
    }
  }

  address(operand: Operand): Value {
    const offset = this.offset(operand);
    if (this.#simpleAddress) return offset;
    return this.value(64, () => {
      this.code.get(offset.local);
      this.#registerAt(SEGMENT);
      this.code.op('i64.add');
    });
  }

  offset(operand: Operand): Value {
    const known = this.#offsets.get(operand.slot);
    if (known !== undefined) return known;
    const offset = this.value(64, () => {
      this.#registerAt(BASE);
      this.code.get(RECORD).access('i64.load', DISPLACEMENT).op('i64.add');
      if (this.#simpleAddress) return;
      this.#registerAt(INDEX);
      this.code.get(RECORD).access('i64.load8_u', SCALE).op('i64.shl').op('i64.add');
      this.code.get(RECORD).access('i64.load', ADDRESS_MASK).op('i64.and');
    });
    // a branch of `if` may not be the one that runs
    if (this.#depth === 0) this.#offsets.set(operand.slot, offset);
    return offset;
  }

  secondImmediate(): Value {
    return this.value(32, () => this.code.get(RECORD).access('i32.load8_u', IMMEDIATE_2));
  }

  escapeOpcode(): Value {
    return this.value(16, () => this.code.get(RECORD).access('i32.load16_u', IMMEDIATE));
  }

  registerNumber(operand: Operand): Value {
    return this.value(32, () => this.#slot(operand));
  }

  readVector(operand: Operand, alignment?: Alignment): Vector {
    if (operand.kind === 'xmm') {
      return this.newVector(() => this.#slot(operand).access('v128.load', 0));
    }
    if (operand.kind === 'mmx') {
      return this.newVector(() => this.#slot(operand).access('v128.load64_zero', 0));
    }
    const address = this.address(operand);
    if (alignment?.aligned === true) this.requireAligned(address, 16);
    return this.loadVector(address, operand.bits / 8);
  }

  writeVector(operand: Operand, value: Vector, alignment?: Alignment): void {
    if (operand.kind === 'xmm') {
      this.#slot(operand).get(value.local).access('v128.store', 0);
      return;
    }
    if (operand.kind === 'mmx') {
      this.write(operand, this.extractLane(value, 64, 0));
      return;
    }
    const address = this.address(operand);
    if (alignment?.aligned === true) this.requireAligned(address, 16);
    this.storeVector(address, value, operand.bits / 8);
  }

  // Registers by name

  register(index: number, width: Width): Value {
    return this.value(width, () => this.code.i32(0).access(LOAD[width], index * 8));
  }

  setRegister(index: number, value: Value): void {
    this.code.i32(0);
    this.#storeRegister(value, index * 8);
  }

  highByte(index: number): Value {
    return this.value(8, () => this.code.i32(0).access('i32.load8_u', index * 8 + 1));
  }

  setHighByte(index: number, value: Value): void {
    this.code
      .i32(0)
      .get(value.local)
      .access('i32.store8', index * 8 + 1);
  }

  xmm(index: number): Vector {
    return this.newVector(() => this.code.i32(0).access('v128.load', XMM + index * 16));
  }

  setXmm(index: number, value: Vector): void {
    this.code
      .i32(0)
      .get(value.local)
      .access('v128.store', XMM + index * 16);
  }

  sourceSegmentBase(): Value {
    return this.value(64, () => this.#registerAt(SEGMENT));
  }

  // Flags

  flagsFrom(operation: FlagsOperation, a: Value, b: Value, result: Value): void {
    const { width } = result;
    let left = this.signExtend(a, 64);
    const right = this.signExtend(b, 64);
    if (operation === 'increment' || operation === 'decrement') {
      left = this.fromBit(this.condition('b'), 64);
    }
    this.code.i32(0).get(right.local).access('i64.store', FLAGS_B);
    this.#storeFlags(flagsKind(operation, width), this.signExtend(result, 64), left);
  }

  setFlags(changes: FlagChanges): void {
    const { result } = changes;
    const named = (Object.keys(FLAG_BIT) as FlagName[]).filter((name) => changes[name]);
    let kept = ARITHMETIC_FLAGS;
    for (const name of named) kept &= ~(1 << FLAG_BIT[name]);
    if (result !== undefined) kept &= ~0xc4;
    const word = this.value(32, () => {
      if (kept === 0) this.code.i32(0);
      else this.code.call(this.#runtime.flagsWord).i32(kept).op('i32.and');
      for (const name of named) {
        const bit = changes[name];
        if (bit === undefined) continue;
        this.code.get(bit.local).i32(FLAG_BIT[name]).op('i32.shl').op('i32.or');
      }
    });
    if (result === undefined) this.#setFlagsWord(word);
    else this.#storeFlags(KIND_MIXED, this.signExtend(result, 64), this.zeroExtend(word, 64));
  }

  flag(name: FlagName): Bit {
    if (name === 'zf') return this.condition('e');
    return this.bit(() => {
      this.code.call(this.#runtime.flagsWord).i32(FLAG_BIT[name]).op('i32.shr_u');
      this.code.i32(1).op('i32.and');
    });
  }

  condition(code: ConditionCode): Bit {
    switch (code) {
      case 'e':
        return this.bit(() => this.code.i32(0).access('i64.load', FLAGS_RESULT).op('i64.eqz'));
      case 'b':
        return this.#subtractOr('lt_u', () => this.flag('cf'));
      case 'be':
        return this.#subtractOr('le_u', () => this.bitOr(this.flag('cf'), this.flag('zf')));
      case 'l':
        return this.#subtractOr('lt_s', () => this.bitXor(this.flag('sf'), this.flag('of')));
      case 'le':
        return this.#subtractOr('le_s', () =>
          this.bitOr(this.bitXor(this.flag('sf'), this.flag('of')), this.flag('zf')),
        );
      case 's':
        return this.#lazyOr(
          KIND_SUBTRACT,
          () => {
            this.code.i32(0).access('i64.load', FLAGS_RESULT).i64(0n).op('i64.lt_s');
          },
          () => this.flag('sf'),
        );
      case 'o':
        return this.flag('of');
      case 'p':
        return this.flag('pf');
      case 'ne':
        return this.bitNot(this.condition('e'));
      case 'ae':
        return this.bitNot(this.condition('b'));
      case 'a':
        return this.bitNot(this.condition('be'));
      case 'ge':
        return this.bitNot(this.condition('l'));
      case 'g':
        return this.bitNot(this.condition('le'));
      case 'ns':
        return this.bitNot(this.condition('s'));
      case 'no':
        return this.bitNot(this.condition('o'));
      case 'np':
        return this.bitNot(this.condition('p'));
    }
  }

  rflags(): Value {
    return this.value(64, () => {
      this.code.i32(0).access('i64.load', RFLAGS).i64(BigInt(~ARITHMETIC_FLAGS)).op('i64.and');
      this.code.call(this.#runtime.flagsWord).op('i64.extend_i32_u').op('i64.or');
    });
  }

  setRflags(value: Value, mask: bigint): void {
    const arithmetic = mask & BigInt(ARITHMETIC_FLAGS);
    if (arithmetic !== 0n) {
      const word = this.value(32, () => {
        this.code.get(value.local).op('i32.wrap_i64').i32(Number(arithmetic)).op('i32.and');
        const kept = ARITHMETIC_FLAGS & ~Number(arithmetic);
        if (kept === 0) return;
        this.code.call(this.#runtime.flagsWord).i32(kept).op('i32.and').op('i32.or');
      });
      this.#setFlagsWord(word);
    }
    const rest = mask & ~BigInt(ARITHMETIC_FLAGS);
    if (rest === 0n) return;
    this.code.i32(0);
    this.code.i32(0).access('i64.load', RFLAGS).i64(~rest).op('i64.and');
    this.code.get(value.local).i64(rest).op('i64.and').op('i64.or').access('i64.store', RFLAGS);
  }

  // Control

  instructionAddress(): Value {
    const length = this.value(64, () => this.code.get(RECORD).access('i64.load8_u', LENGTH));
    return this.subtract(this.nextAddress(), length);
  }

  nextAddress(): Value {
    return this.value(64, () => this.code.get(RECORD).access('i64.load', NEXT));
  }

  jump(target: Value): void {
    this.code.get(target.local).get(BUDGET).returnCall(this.#runtime.jump);
    this.#end();
  }

  jumpRelative(): void {
    this.#take();
    this.#end();
  }

  branch(taken: Bit): void {
    this.code.get(taken.local).if();
    this.#take();
    this.code.end();
    this.#sequential();
    this.#end();
  }

  repeat(): void {
    this.code.get(BUDGET).i32(1).op('i32.sub').tee(BUDGET).op('i32.eqz').if();
    // out of budget before the next iteration: RIP stays at this instruction
    this.code.get(RECORD).returnCall(this.#runtime.spentHere);
    this.code.end();
    this.#dispatch(RECORD);
    this.#end();
  }

  raise(vector: number, errorCode = 0): void {
    this.code.i32(0).i32(vector).access('i32.store', EXIT_VECTOR);
    this.code.i32(0).i32(errorCode).access('i32.store', EXIT_ERROR);
    this.#leave(LEFT_FAULT);
  }

  trap(vector: number): void {
    this.code.i32(0).i32(vector).access('i32.store', EXIT_VECTOR);
    this.code.i32(0).i32(0).access('i32.store', EXIT_ERROR);
    this.#leave(LEFT_TRAP);
  }

  interrupt(vector: Value): void {
    this.code.i32(0).get(vector.local).access('i32.store', EXIT_VECTOR);
    this.#leave(LEFT_INTERRUPT);
  }

  leave(why: Leave): void {
    this.#leave(LEFT[why]);
  }

  copyAhead(width: Width, count: Value, destination: Value, source: Value): Value {
    return this.#ahead(this.#runtime.copyAhead[width], count, destination, source);
  }

  fillAhead(count: Value, destination: Value, value: Value): Value {
    const index = this.#runtime.fillAhead[value.width];
    return this.#ahead(index, count, destination, this.zeroExtend(value, 64));
  }

  retired(): Value {
    return this.value(64, () => {
      this.code.i32(0).access('i64.load', RETIRED_BASE);
      this.code.i32(0).access('i32.load', RUN_BUDGET).get(BUDGET).op('i32.sub');
      this.code.i32(0).access('i32.load', POSTPONED).op('i32.sub');
      this.code.op('i64.extend_i32_u').op('i64.add');
    });
  }

  protected override enter(body: () => void): void {
    this.#depth++;
    body();
    this.#depth--;
  }

  // Plumbing

  #ahead(index: number, count: Value, destination: Value, source: Value): Value {
    const done = this.value(32, () => {
      this.code.get(destination.local).get(source.local).get(count.local).get(BUDGET).call(index);
    });
    this.code.get(BUDGET).get(done.local).op('i32.sub').set(BUDGET);
    return this.zeroExtend(done, 64);
  }

  /** Pushes the register-file address (or number) that the record holds for an operand. */
  #slot(operand: Operand): Code {
    return this.code.get(RECORD).access('i32.load16_u', REGISTER_SLOT[operand.slot]);
  }

  /** Pushes the 64-bit word at the register-file address in a field of the record. */
  #registerAt(field: number): void {
    this.code.get(RECORD).access('i32.load16_u', field).access('i64.load', 0);
  }

  /** With a register-file address on the stack: stores a value as writing that register does. */
  #storeRegister(value: Value, offset: number): void {
    this.code.get(value.local);
    if (value.width === 32) this.code.op('i64.extend_i32_u').access('i64.store', offset);
    else this.code.access(STORE[value.width], offset);
  }

  protected emitFault(): void {
    this.#emitLeave(LEFT_FAULT);
  }

  protected emitFinishWrite(slow: number): void {
    this.code.get(slow).if();
    this.code.get(BUDGET).call(this.#runtime.finishWrite).set(BUDGET);
    this.code.end();
  }

  #storeFlags(kind: number, result: Value, a: Value): void {
    this.code.i32(0).i32(kind).access('i32.store', FLAGS_KIND);
    this.code.i32(0).get(result.local).access('i64.store', FLAGS_RESULT);
    this.code.i32(0).get(a.local).access('i64.store', FLAGS_A);
  }

  #setFlagsWord(word: Value): void {
    const result = this.value(64, () =>
      this.code.get(word.local).i32(0x40).op('i32.and').op('i32.eqz').op('i64.extend_i32_u'),
    );
    this.#storeFlags(KIND_WORD, result, this.zeroExtend(word, 64));
  }

  #subtractOr(comparison: 'lt_u' | 'le_u' | 'lt_s' | 'le_s', otherwise: () => Bit): Bit {
    return this.#lazyOr(
      KIND_SUBTRACT,
      () => {
        this.code.i32(0).access('i64.load', FLAGS_A);
        this.code.i32(0).access('i64.load', FLAGS_B).op(`i64.${comparison}`);
      },
      otherwise,
    );
  }

  /** A test that is quick after one kind of operation and general after the others. */
  #lazyOr(kind: number, quick: () => void, otherwise: () => Bit): Bit {
    const local = this.code.local('i32');
    this.code.i32(0).access('i32.load', FLAGS_KIND).i32(kind).op('i32.eq').if();
    quick();
    this.code.set(local).else();
    this.code.get(otherwise().local).set(local).end();
    return { bit: true, local };
  }

  /** One instruction less; out of budget, or on with the next record. */
  #sequential(): void {
    this.code.get(BUDGET).i32(1).op('i32.sub').tee(BUDGET).op('i32.eqz').if();
    this.code.get(RECORD).returnCall(this.#runtime.spent);
    this.code.end();
    this.code.get(RECORD).i32(RECORD_SIZE).op('i32.add').get(BUDGET);
    this.code.get(RECORD).access('i32.load', RECORD_SIZE + HANDLER);
    this.code.returnCallIndirect(this.#runtime.handlerType, HANDLER_TABLE);
  }

  /** One instruction less, then the record of the branch target. */
  #take(): void {
    const link = this.code.local('i32');
    this.code.get(BUDGET).i32(1).op('i32.sub').tee(BUDGET).op('i32.eqz').if();
    this.code.get(RECORD).returnCall(this.#runtime.spentTaken);
    this.code.end();
    this.code.get(RECORD).access('i32.load', LINK).tee(link).op('i32.eqz').if();
    this.code.get(RECORD).get(BUDGET).returnCall(this.#runtime.link);
    this.code.end();
    this.#dispatch(link);
  }

  #dispatch(record: number): void {
    this.code.get(record).get(BUDGET).get(record).access('i32.load', HANDLER);
    this.code.returnCallIndirect(this.#runtime.handlerType, HANDLER_TABLE);
  }

  #leave(why: number): void {
    this.#emitLeave(why);
    this.#end();
  }

  #emitLeave(why: number): void {
    this.code.get(RECORD).get(BUDGET).i32(why).returnCall(this.#runtime.leave);
  }

  #end(): void {
    if (this.#depth === 0) this.#ended = true;
  }
}
