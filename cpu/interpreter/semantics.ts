// The interpreter's back end: operands are read from the decoded record at run time, registers lie in
// memory, flags are lazy. One handler per operand form; a handler ends by calling the next one's.

import { EngineSemantics, LOAD, STORE, type Window } from '../engine/semantics.js';
import type {
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
  POSTPONED,
  RETIRED_BASE,
  RUN_BUDGET,
  WRITE_PENDING,
  XMM,
} from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { Runtime } from './generate.js';
import { LazyFlags } from './lazy-flags.js';
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

const LEFT: Readonly<Record<Leave, number>> = {
  syscall: LEFT_SYSCALL,
  flags: LEFT_FLAGS,
  jumped: LEFT_JUMPED,
  shadow: LEFT_SHADOW,
  unimplemented: LEFT_UNIMPLEMENTED,
};

export class InterpreterSemantics extends EngineSemantics {
  readonly #runtime: Runtime;
  readonly #flags: LazyFlags;
  readonly #simpleAddress: boolean;
  readonly #offsets = new Map<number, Value>();
  #depth = 0;
  #ended = false;

  /** @param simpleAddress the memory operand is a base and a displacement alone */
  constructor(code: Code, runtime: Runtime, simpleAddress: boolean) {
    super(code, runtime);
    this.#runtime = runtime;
    this.#flags = new LazyFlags(this, runtime.flagsWord);
    this.#simpleAddress = simpleAddress;
  }

  /** Completes the handler: an instruction that did not say how it ends goes on with the next one. */
  finish(): void {
    if (!this.#ended) this.#sequential();
    this.code.unreachable();
  }

  // Operands

  protected readRegister(operand: Operand): Value {
    const width = operand.bits as Width;
    switch (operand.kind) {
      case 'gpr':
      case 'mmx':
        return this.value(width, () => this.#slot(operand).access(LOAD[width], 0));
      case 'immediate':
        return this.value(width, () => this.code.get(RECORD).access(LOAD[width], IMMEDIATE));
      default:
        throw new Error(`an operand of kind ${operand.kind} has no integer value`);
    }
  }

  protected writeRegister(operand: Operand, value: Value): void {
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

  protected readVectorRegister(operand: Operand): Vector {
    const load = operand.kind === 'xmm' ? 'v128.load' : 'v128.load64_zero';
    return this.newVector(() => this.#slot(operand).access(load, 0));
  }

  protected writeVectorRegister(operand: Operand, value: Vector): void {
    if (operand.kind === 'mmx') this.write(operand, this.extractLane(value, 64, 0));
    else this.#slot(operand).get(value.local).access('v128.store', 0);
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
    this.#flags.fromOperation(operation, a, b, result);
  }

  setFlags(changes: FlagChanges): void {
    this.#flags.change(changes);
  }

  flag(name: FlagName): Bit {
    return this.#flags.flag(name);
  }

  condition(code: ConditionCode): Bit {
    return this.#flags.condition(code);
  }

  rflags(): Value {
    return this.#flags.all();
  }

  setRflags(value: Value, mask: bigint): void {
    this.#flags.setAll(value, mask);
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

  protected emitSlowStore(store: () => void): void {
    store();
    this.code.i32(0).access('i32.load', WRITE_PENDING).if();
    this.#finishWrite();
    this.code.end();
  }

  protected window(address: Value, bytes: number): Window {
    const host = this.code.local('i32');
    const pending = this.code.local('i32');
    this.translate(address, bytes, true, {
      host,
      quick: () => this.code.i32(0).set(pending),
      slow: () => this.code.i32(0).access('i32.load', WRITE_PENDING).set(pending),
    });
    const finish = (): void => {
      this.code.get(pending).ifHinted(false);
      this.#finishWrite();
      this.code.end();
    };
    return { host, finish };
  }

  #finishWrite(): void {
    this.code.get(BUDGET).call(this.#runtime.finishWrite).set(BUDGET);
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
