// The operands of a translated instruction: what its record holds are constants, its registers are
// locals of the function.
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
import type { Operand } from '../isa/semantics.js';
import type { Value, Vector, Width } from '../isa/values.js';
import { MXCSR, XMM, ZERO } from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { Frame } from './frame.js';
import { TranslatorMemory, type TranslatorServices } from './memory.js';

/** Thrown for an instruction that only the interpreter runs. */
export class NotTranslatable extends Error {}

const RSP = 4;

export abstract class TranslatorOperands extends TranslatorMemory {
  protected readonly frame: Frame;
  readonly #view: DataView;
  /** Offsets of memory operands that are known by now. */
  readonly #offsets = new Map<number, Value>();
  #record = 0;
  /** How many branches of `if` the emission is in. */
  #depth = 0;

  constructor(code: Code, view: DataView, frame: Frame, services: TranslatorServices) {
    super(code, services);
    this.#view = view;
    this.frame = frame;
  }

  /** What follows is about the instruction of a record. */
  protected beginRecord(record: number): void {
    this.#record = record;
    this.#offsets.clear();
    this.beginInstruction();
  }

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
    const whole = this.frame.useGpr(index);
    // a copy: the register may change while the value is still wanted
    const copy = this.value(64, () => this.code.get(whole));
    if (index === RSP) this.liesOnStack(copy);
    return this.truncate(copy, width);
  }

  setRegister(index: number, value: Value): void {
    const whole = this.frame.writeGpr(index);
    if (value.width >= 32) {
      this.code.get(this.zeroExtend(value, 64).local).set(whole);
      return;
    }
    const kept = value.width === 8 ? ~0xffn : ~0xffffn;
    this.code.get(whole).i64(kept).op('i64.and');
    this.code.get(value.local).op('i64.extend_i32_u').op('i64.or').set(whole);
  }

  highByte(index: number): Value {
    const whole = this.frame.useGpr(index);
    return this.value(8, () => {
      this.code.get(whole).op('i32.wrap_i64').i32(8).op('i32.shr_u').i32(0xff).op('i32.and');
    });
  }

  setHighByte(index: number, value: Value): void {
    const whole = this.frame.writeGpr(index);
    this.code.get(whole).i64(~0xff00n).op('i64.and');
    this.code.get(value.local).i32(8).op('i32.shl').op('i64.extend_i32_u').op('i64.or').set(whole);
  }

  xmm(index: number): Vector {
    const whole = this.frame.useXmm(index);
    return this.newVector(() => this.code.get(whole));
  }

  setXmm(index: number, value: Vector): void {
    this.code.get(value.local).set(this.frame.writeXmm(index));
  }

  override get expectsInexact(): boolean {
    return noted(this.#view.getUint32(MXCSR, true));
  }

  sourceSegmentBase(): Value {
    const segment = this.#view.getUint16(this.#record + SEGMENT, true);
    return segment === ZERO ? this.constant(0n, 64) : this.state(segment, 64);
  }

  nextAddress(): Value {
    return this.constant(this.#view.getBigUint64(this.#record + NEXT, true), 64);
  }

  instructionAddress(): Value {
    const next = this.#view.getBigUint64(this.#record + NEXT, true);
    return this.constant(next - BigInt(this.#view.getUint8(this.#record + LENGTH)), 64);
  }

  protected override pushTlb(): void {
    this.code.get(this.frame.tlb);
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
