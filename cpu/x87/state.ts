// The x87 register file as bytes, and the stack rules every instruction shares: tags, faults of
// the stack, and when a result may be committed. Intel SDM vol. 1, 8.1.2 "x87 FPU Data Registers"
// and 8.5.1.1 "Stack Overflow or Underflow Exception".
//
//   +0    R0..R7, physical registers of 16 bytes: significand (8), sign and exponent (2), zero (6)
//   +128  control word (2)   +130 status word (2)   +132 abridged tags (1, bit set = not empty)
//   +134  last opcode (2)    +136 last instruction (8)   +144 last data operand (8)

import { Operand } from './operand.js';
import { Rounder } from './rounder.js';
import {
  BUSY,
  C1,
  DE,
  DONE,
  ES,
  EXCEPTIONS,
  IE,
  SF,
  type Status,
  TOP,
  TOP_SHIFT,
  WITHHELD,
  ZE,
} from './words.js';

const CONTROL = 128;
const STATUS = 130;
const TAGS = 132;
const OPCODE = 134;
const INSTRUCTION = 136;
const DATA = 144;

export class X87State {
  static readonly SIZE = 152;

  readonly rounder = new Rounder();
  readonly a = new Operand();
  readonly b = new Operand();

  /**
   * `scratch` is where memory operands pass: 128 bytes in the same view, which the engine fills
   * before a load and empties after a store.
   */
  constructor(
    readonly view: DataView,
    readonly offset: number,
    readonly scratch: number,
  ) {}

  get controlWord(): number {
    return this.view.getUint16(this.offset + CONTROL, true);
  }
  set controlWord(value: number) {
    this.view.setUint16(this.offset + CONTROL, value, true);
  }
  get statusWord(): number {
    return this.view.getUint16(this.offset + STATUS, true);
  }
  set statusWord(value: number) {
    this.view.setUint16(this.offset + STATUS, value, true);
  }
  get tags(): number {
    return this.view.getUint8(this.offset + TAGS);
  }
  set tags(value: number) {
    this.view.setUint8(this.offset + TAGS, value);
  }
  get opcode(): number {
    return this.view.getUint16(this.offset + OPCODE, true);
  }
  set opcode(value: number) {
    this.view.setUint16(this.offset + OPCODE, value & 0x7ff, true);
  }
  get instructionPointer(): bigint {
    return this.view.getBigUint64(this.offset + INSTRUCTION, true);
  }
  set instructionPointer(value: bigint) {
    this.view.setBigUint64(this.offset + INSTRUCTION, value, true);
  }
  get dataPointer(): bigint {
    return this.view.getBigUint64(this.offset + DATA, true);
  }
  set dataPointer(value: bigint) {
    this.view.setBigUint64(this.offset + DATA, value, true);
  }

  get top(): number {
    return (this.statusWord >>> TOP_SHIFT) & 7;
  }
  set top(value: number) {
    this.statusWord = (this.statusWord & ~TOP) | ((value & 7) << TOP_SHIFT);
  }

  /** An unmasked exception waits for the next waiting instruction to raise #MF. */
  get pending(): boolean {
    return (this.statusWord & ES) !== 0;
  }

  /** Starts an instruction: C1 is clear unless something sets it. */
  begin(): Rounder {
    this.statusWord &= ~C1;
    return this.beginKeepingC1();
  }

  beginKeepingC1(): Rounder {
    this.rounder.begin(this.controlWord);
    return this.rounder;
  }

  /** Makes ES and B agree with the flags and masks, as loading either word does. */
  summarise(): void {
    const unmasked = this.statusWord & ~this.controlWord & EXCEPTIONS;
    this.statusWord = (this.statusWord & ~(ES | BUSY)) | (unmasked !== 0 ? ES | BUSY : 0);
  }

  /** Byte offset of ST(i). */
  address(index: number): number {
    return this.offset + (((this.top + index) & 7) << 4);
  }

  isEmpty(index: number): boolean {
    return ((this.tags >>> ((this.top + index) & 7)) & 1) === 0;
  }

  fill(index: number): void {
    this.tags |= 1 << ((this.top + index) & 7);
  }

  free(index: number): void {
    this.tags &= ~(1 << ((this.top + index) & 7));
  }

  /** Makes room: the caller has checked that ST(7) is empty or answered the fault. */
  push(): void {
    this.top = this.top - 1;
    this.fill(0);
  }

  pop(): void {
    this.free(0);
    this.top = this.top + 1;
  }

  read(index: number, operand: Operand): void {
    const address = this.address(index);
    operand.setExtended(
      this.view.getUint16(address + 8, true),
      this.view.getInt32(address + 4, true),
      this.view.getInt32(address, true),
    );
  }

  write(index: number, signExponent: number, high: number, low: number): void {
    const address = this.address(index);
    this.view.setInt32(address, low, true);
    this.view.setInt32(address + 4, high, true);
    this.view.setInt32(address + 8, signExponent, true);
    this.view.setInt32(address + 12, 0, true);
    this.fill(index);
  }

  writeResult(index: number): void {
    const { signExponent, high, low } = this.rounder;
    this.write(index, signExponent, high, low);
  }

  /** The real indefinite: the default response to an invalid operation. */
  writeIndefinite(index: number): void {
    this.write(index, 0xffff, 0xc000_0000, 0);
  }

  copy(from: number, to: number): void {
    const address = this.address(from);
    this.write(
      to,
      this.view.getUint16(address + 8, true),
      this.view.getInt32(address + 4, true),
      this.view.getInt32(address, true),
    );
  }

  /** Records exceptions; those that are not masked become pending and are returned. */
  raise(flags: number): number {
    if (flags === 0) return 0;
    const unmasked = flags & ~this.rounder.masks & EXCEPTIONS;
    this.statusWord |= unmasked !== 0 ? flags | ES | BUSY : flags;
    return unmasked;
  }

  /** A register was read that is empty; true when the masked response is to follow. */
  underflow(): boolean {
    this.statusWord &= ~C1;
    return this.raise(IE | SF) === 0;
  }

  /** A push found ST(7) in use; true when the masked response is to follow. */
  overflow(): boolean {
    this.statusWord |= C1;
    return this.raise(IE | SF) === 0;
  }

  /**
   * Records what the rounder raised. False when IE, DE or ZE is unmasked: these are found before
   * the computation, so nothing may be stored or popped.
   */
  settle(): boolean {
    const { flags, up } = this.rounder;
    if ((this.raise(flags) & (IE | DE | ZE)) !== 0) return false;
    if (up) this.statusWord |= C1;
    return true;
  }

  /** Ends an instruction whose result goes to ST(destination). */
  commit(destination: number): Status {
    if (!this.settle()) return WITHHELD;
    this.writeResult(destination);
    return DONE;
  }
}
