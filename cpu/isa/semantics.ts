// What the meaning of an instruction may say: operands, memory, flags, control. Each engine
// implements this once; cpu/isa says everything in these terms and so belongs to no engine.
//
// An instruction commits nothing before its last access that can fault: memory first, registers and
// flags after.
import type { Bit, Float, Value, Vector, Width } from './values.js';
import { Vectors } from './vectors.js';

/** What an operand is, apart from where the engine finds it. */
export type OperandKind =
  | 'gpr'
  | 'memory'
  | 'immediate'
  | 'relative'
  | 'xmm'
  | 'mmx'
  | 'st'
  | 'segment'
  /** A control or debug register: no user may name one. */
  | 'system';

export interface Operand {
  readonly kind: OperandKind;
  /** Bits of a register, of the memory accessed (0: only its address), of the operation for immediates. */
  readonly bits: number;
  /** Position among the instruction's operands. */
  readonly slot: 0 | 1 | 2;
}

/** Condition codes as in Jcc, SETcc and CMOVcc. Intel SDM vol. 1, appendix B. */
export type ConditionCode =
  | 'o'
  | 'no'
  | 'b'
  | 'ae'
  | 'e'
  | 'ne'
  | 'be'
  | 'a'
  | 's'
  | 'ns'
  | 'p'
  | 'np'
  | 'l'
  | 'ge'
  | 'le'
  | 'g';

/**
 * Operations whose flags follow from operands and result, so that an engine may put off computing
 * them: `a` and `b` are the operands; for shifts `b` is the count, which is not zero. INC and DEC keep
 * CF. AF is cleared where it is undefined; OF of a shift follows one formula for every count.
 */
export type FlagsOperation =
  | 'add'
  | 'subtract'
  | 'increment'
  | 'decrement'
  | 'shiftLeft'
  | 'shiftRight'
  | 'shiftRightSigned'
  | 'multiplySigned';

export type FlagName = 'cf' | 'pf' | 'af' | 'zf' | 'sf' | 'of';

/** New values of flags; a flag that is not named keeps its value. */
export type FlagChanges = { readonly [name in FlagName]?: Bit } & {
  /** Sets ZF, SF and PF as this result says. */
  readonly result?: Value;
};

/**
 * Reasons for an engine to hand control back after an instruction: `flags` and `jumped` when RFLAGS
 * may mean something else now (and RIP has been set), `shadow` when SS was loaded.
 */
export type Leave = 'syscall' | 'flags' | 'jumped' | 'shadow' | 'unimplemented';

/** An access to memory: how many bytes, and the boundary it must lie on (0: any). */
export interface Alignment {
  readonly aligned?: boolean;
}

/** A vector in memory lies on 16 bytes, or the instruction raises #GP. */
export const ALIGNED: Alignment = { aligned: true };

export abstract class Semantics extends Vectors {
  // Operands

  /** An integer operand's value; an immediate is sign-extended to the operation's width. */
  abstract read(operand: Operand): Value;
  /** The same, when {@link write} to it follows: memory is checked for writing at once. */
  abstract readForWrite(operand: Operand): Value;
  /** Stores a value of the operand's width; a 32-bit register write clears the upper half. */
  abstract write(operand: Operand, value: Value): void;
  /** A memory operand's linear address (segment base included), 64 bits. */
  abstract address(operand: Operand): Value;
  /** A memory operand's offset in its segment: what LEA computes, 64 bits. */
  abstract offset(operand: Operand): Value;
  /** The second immediate of ENTER, 32 bits. */
  abstract secondImmediate(): Value;
  /** FOP of an x87 instruction: three bits of its first opcode byte and all of the second, 16 bits. */
  abstract escapeOpcode(): Value;
  /** The number of an x87 or MMX register or a segment operand, 32 bits. */
  abstract registerNumber(operand: Operand): Value;
  /**
   * 128 bits of an XMM register; or those of an MMX register, or `bits` of a memory operand, with
   * zeros above.
   */
  abstract readVector(operand: Operand, alignment?: Alignment): Vector;
  /** A whole XMM register, or the low bits of an MMX register or a memory operand. */
  abstract writeVector(operand: Operand, value: Vector, alignment?: Alignment): void;

  // Registers by name: 0-15 in encoding order

  abstract register(index: number, width: Width): Value;
  abstract setRegister(index: number, value: Value): void;
  /** AH, when FNSTSW, LAHF, MUL and DIV need it. */
  abstract highByte(index: number): Value;
  abstract setHighByte(index: number, value: Value): void;
  abstract xmm(index: number): Vector;
  abstract setXmm(index: number, value: Vector): void;
  /** A word of the register file that is no general register: see cpu/layout.ts. */
  abstract state(offset: number, width: Width): Value;
  abstract setState(offset: number, value: Value): void;

  /** Sixteen bytes of the scratch area through which helpers pass vectors. */
  abstract scratch(offset: number): Vector;
  abstract setScratch(offset: number, value: Vector): void;

  // Memory by linear address

  abstract load(address: Value, width: Width): Value;
  abstract store(address: Value, value: Value): void;
  abstract loadVector(address: Value, bytes: number): Vector;
  abstract storeVector(address: Value, value: Vector, bytes: number): void;
  /**
   * Copies `bytes` (at most 512) between memory and the scratch area that helpers use, as one access.
   * `fromMemory` makes the bytes readable at SCRATCH; `toMemory` writes what lies at SCRATCH; or at
   * an offset from there.
   */
  abstract fromMemory(address: Value, bytes: number, offset?: number): void;
  abstract toMemory(address: Value, bytes: number, offset?: number): void;
  /** Faults now where a later {@link toMemory} or {@link store} of so many bytes would. */
  abstract probeWrite(address: Value, bytes: number): void;
  /** Raises #GP(0) unless the address is a multiple of `bytes`, a power of two. */
  abstract requireAligned(address: Value, bytes: number): void;
  /** The base address of a segment: 4 is FS, 5 is GS, others have none. */
  abstract segmentBase(segment: number): Value;
  /** The linear base of the memory operand's segment, as string instructions need it for DS:rSI. */
  abstract sourceSegmentBase(): Value;

  // Flags

  /** Sets all six arithmetic flags as an operation does; `a` and `b` have the result's width. */
  abstract flagsFrom(operation: FlagsOperation, a: Value, b: Value, result: Value): void;
  abstract setFlags(changes: FlagChanges): void;
  /** The same where a condition holds. */
  setFlagsIf(condition: Bit, changes: () => FlagChanges): void {
    this.if(condition, () => this.setFlags(changes()));
  }

  abstract flag(name: FlagName): Bit;
  abstract condition(code: ConditionCode): Bit;
  /** RFLAGS as a 64-bit word, arithmetic flags included; VM and RF read as they are. */
  abstract rflags(): Value;
  /** Replaces the bits of RFLAGS that are set in `mask`. */
  abstract setRflags(value: Value, mask: bigint): void;
  abstract directionFlag(): Bit;

  // Control

  /** Address of this instruction. */
  abstract instructionAddress(): Value;
  /** Address of the next instruction. */
  abstract nextAddress(): Value;
  /** Continues at a computed address. Ends the instruction. */
  abstract jump(target: Value): void;
  /** The same for a call of what a register or memory names: an engine may remember it. */
  call(target: Value): void {
    this.jump(target);
  }
  /** Continues at the instruction's relative operand. Ends the instruction. */
  abstract jumpRelative(): void;
  /** The relative operand's target when the bit is set, else the next instruction. Ends the instruction. */
  abstract branch(taken: Bit): void;
  /** Runs the same instruction again as a further step: one iteration of REP. Ends the instruction. */
  abstract repeat(): void;
  /** A fault: nothing of the instruction is committed. Ends the instruction. */
  abstract raise(vector: number, errorCode?: number): void;
  /** A trap: the instruction is complete, RIP is after it. Ends the instruction. */
  abstract trap(vector: number): void;
  /** INT n. Ends the instruction. */
  abstract interrupt(vector: Value): void;
  /** Completes the instruction and hands control back. Ends the instruction. */
  abstract leave(why: Leave): void;

  // What needs a page of TypeScript: see cpu/helpers

  /** Calls a helper by name; its result is 32 bits. */
  abstract helper(name: string, ...operands: readonly (Value | Bit)[]): Value;
  /**
   * Carries out iterations of REP MOVS at once, as far as nothing can stop them, but never the last
   * one; each counts as retired. Memory is written, registers are not.
   * @param count iterations left, not zero, 64 bits
   * @returns how many were carried out, 64 bits; perhaps none
   */
  abstract copyAhead(width: Width, count: Value, destination: Value, source: Value): Value;
  /** The same for REP STOS of a value. */
  abstract fillAhead(count: Value, destination: Value, value: Value): Value;
  /** Instructions retired so far: what RDTSC counts. */
  abstract retired(): Value;
  /** High 64 bits of a 64 x 64 bit product. */
  abstract multiplyHigh(a: Value, b: Value, signed: boolean): Value;
  /** Unsigned quotient of 128 bits by 64; `high` is below `divisor`. */
  abstract divideWide(high: Value, low: Value, divisor: Value): Value;

  // Said in terms of the above

  flagsFromAdd(a: Value, b: Value, result: Value): void {
    this.flagsFrom('add', a, b, result);
  }

  flagsFromSubtract(a: Value, b: Value, result: Value): void {
    this.flagsFrom('subtract', a, b, result);
  }

  /** AND, OR, XOR, TEST: CF and OF clear; AF is undefined and cleared. As after result - 0. */
  flagsFromLogic(result: Value): void {
    this.flagsFrom('subtract', result, this.constant(0n, result.width), result);
  }

  /** Pushes 16 or 64 bits: memory first, then RSP. */
  push(value: Value): void {
    const rsp = this.register(4, 64);
    const top = this.subtract(rsp, this.constant(BigInt(value.width / 8), 64));
    this.store(top, value);
    this.setRegister(4, top);
  }

  /** Pops 16 or 64 bits, leaving RSP to {@link popped}. */
  peek(width: Width): Value {
    return this.load(this.register(4, 64), width);
  }

  /** Moves RSP past what {@link peek} read, and `extra` bytes more. */
  popped(width: Width, extra?: Value): void {
    const rsp = this.register(4, 64);
    let top = this.add(rsp, this.constant(BigInt(width / 8), 64));
    if (extra !== undefined) top = this.add(top, extra);
    this.setRegister(4, top);
  }

  /** A memory operand's linear address and a distance more, within the address size's offsets. */
  addressBeyond(operand: Operand, distance: Value, addressSize: 32 | 64): Value {
    if (addressSize === 64) return this.add(this.address(operand), distance);
    const offset = this.offset(operand);
    const base = this.subtract(this.address(operand), offset);
    const wrapped = this.and(this.add(offset, distance), this.constant(0xffff_ffffn, 64));
    return this.add(wrapped, base);
  }

  /** Is MXCSR.PE likely to be set already, with all exceptions masked and the rest at its default? */
  get expectsInexact(): boolean {
    return false;
  }

  raiseIf(condition: Bit, vector: number): void {
    this.ifUnlikely(condition, () => this.raise(vector));
  }
}

export type { Bit, Float, Value, Vector, Width };
