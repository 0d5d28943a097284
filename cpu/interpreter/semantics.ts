// The interpreter's back end: flags are lazy, control goes from record to record. One handler per
// operand form; a handler ends by calling the next one's.
import type { Window } from '../engine/semantics.js';
import type {
  ConditionCode,
  FlagChanges,
  FlagName,
  FlagsOperation,
  Leave,
} from '../isa/semantics.js';
import type { Bit, Value, Width } from '../isa/values.js';
import {
  EXIT_ERROR,
  EXIT_VECTOR,
  POSTPONED,
  RETIRED_BASE,
  RUN_BUDGET,
  WRITE_PENDING,
} from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { Runtime } from './generate.js';
import { LazyFlags } from './lazy-flags.js';
import { InterpreterOperands, RECORD } from './operands.js';
import {
  CALLED,
  FELL_THROUGH,
  HANDLER,
  HANDLER_TABLE,
  LEFT_FAULT,
  LEFT_FLAGS,
  LEFT_INTERRUPT,
  LEFT_JUMPED,
  LEFT_SHADOW,
  LEFT_SYSCALL,
  LEFT_TRAP,
  LEFT_UNIMPLEMENTED,
  LINK,
  RECORD_SIZE,
} from './record.js';

/** The other parameter of every handler. */
const BUDGET = 1;

const LEFT: Readonly<Record<Leave, number>> = {
  syscall: LEFT_SYSCALL,
  flags: LEFT_FLAGS,
  jumped: LEFT_JUMPED,
  shadow: LEFT_SHADOW,
  unimplemented: LEFT_UNIMPLEMENTED,
};

export class InterpreterSemantics extends InterpreterOperands {
  readonly #runtime: Runtime;
  readonly #flags: LazyFlags;
  #ended = false;

  /** @param simpleAddress the memory operand is a base and a displacement alone */
  constructor(code: Code, runtime: Runtime, simpleAddress: boolean) {
    super(code, runtime, simpleAddress);
    this.#runtime = runtime;
    this.#flags = new LazyFlags(this, runtime.flagsWord);
  }

  /** Completes the handler: an instruction that did not say how it ends goes on with the next one. */
  finish(): void {
    if (!this.#ended) this.#sequential();
    this.code.unreachable();
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

  jump(target: Value): void {
    this.code.get(target.local).get(BUDGET).returnCall(this.#runtime.jump);
    this.#end();
  }

  override call(target: Value): void {
    this.code.get(RECORD).get(target.local).access('i64.store', CALLED);
    this.jump(target);
  }

  jumpRelative(): void {
    this.#take();
    this.#end();
  }

  branch(taken: Bit): void {
    this.code.get(taken.local).if();
    this.#take();
    this.code.end();
    this.code.get(RECORD).i32(1).access('i32.store8', FELL_THROUGH);
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

  // Plumbing

  #ahead(index: number, count: Value, destination: Value, source: Value): Value {
    const done = this.value(32, () => {
      this.code.get(destination.local).get(source.local).get(count.local).get(BUDGET).call(index);
    });
    this.code.get(BUDGET).get(done.local).op('i32.sub').set(BUDGET);
    return this.zeroExtend(done, 64);
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
    if (this.depth === 0) this.#ended = true;
  }
}
