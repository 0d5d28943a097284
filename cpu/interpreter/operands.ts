// The operands of an interpreted instruction: they are read from the decoded record at run time, and
// registers lie in memory.
import { EngineSemantics, LOAD, type Services, STORE } from '../engine/semantics.js';
import type { Operand } from '../isa/semantics.js';
import type { Value, Vector, Width } from '../isa/values.js';
import { XMM } from '../layout.js';
import type { Code } from '../wasm/code.js';
import {
  ADDRESS_MASK,
  BASE,
  DISPLACEMENT,
  IMMEDIATE,
  IMMEDIATE_2,
  INDEX,
  LENGTH,
  NEXT,
  REGISTER_SLOT,
  SCALE,
  SEGMENT,
} from './record.js';

/** The parameter of every handler that is the record's address. */
export const RECORD = 0;

export abstract class InterpreterOperands extends EngineSemantics {
  /** How many branches of `if` the emission is in. */
  protected depth = 0;
  readonly #simpleAddress: boolean;
  /** Offsets of memory operands that are known by now. */
  readonly #offsets = new Map<number, Value>();

  /** @param simpleAddress the memory operand is a base and a displacement alone */
  constructor(code: Code, services: Services, simpleAddress: boolean) {
    super(code, services);
    this.#simpleAddress = simpleAddress;
  }

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
    if (this.depth === 0) this.#offsets.set(operand.slot, offset);
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

  instructionAddress(): Value {
    const length = this.value(64, () => this.code.get(RECORD).access('i64.load8_u', LENGTH));
    return this.subtract(this.nextAddress(), length);
  }

  nextAddress(): Value {
    return this.value(64, () => this.code.get(RECORD).access('i64.load', NEXT));
  }

  protected override enter(body: () => void): void {
    this.depth++;
    body();
    this.depth--;
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
}
