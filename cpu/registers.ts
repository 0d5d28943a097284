// The register file as bytes: the live one at address 0 of the CPU's memory, or a saved copy.
// Layout in layout.ts; FXSAVE64 image as in Intel SDM vol. 1, 10.5.1.
import {
  DEBUG_REGISTERS,
  DR6,
  DR7,
  FCW,
  FS_BASE,
  GS_BASE,
  MXCSR,
  REGISTERS_SIZE,
  RFLAGS as RFLAGS_OFFSET,
  RIP as RIP_OFFSET,
  SELECTORS,
  X87,
  XMM,
} from './layout.js';
import { loadFxsave, storeFxsave } from './x87/environment.js';
import { X87State } from './x87/state.js';

/** Indices of {@link Registers.get}: the general registers in encoding order, then RIP and RFLAGS. */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
export const R14 = 14;
export const R15 = 15;
export const RIP = 16;
export const RFLAGS = 17;

/** Bits of RFLAGS. Intel SDM vol. 1, 3.4.3. */
export const FLAG_CF = 0x1;
export const FLAG_PF = 0x4;
export const FLAG_AF = 0x10;
export const FLAG_ZF = 0x40;
export const FLAG_SF = 0x80;
export const FLAG_TF = 0x100;
export const FLAG_IF = 0x200;
export const FLAG_DF = 0x400;
export const FLAG_OF = 0x800;
export const FLAG_RF = 0x1_0000;
export const FLAG_AC = 0x4_0000;
export const FLAG_ID = 0x20_0000;

/** Bits of DR6 and DR7 that can be changed, and those that read as ones. Intel SDM vol. 3B, 18.2. */
const DR6_CHANGES = 0xe00fn;
const DR6_ONES = 0xffff_0ff0n;
const DR7_CHANGES = 0xffff_23ffn;
const DR7_ONES = 0x400n;

const TWO_32 = 0x1_0000_0000;
const MXCSR_MASK = 0xffff;
/** User selectors, as a 64-bit kernel of this kind sets them: ES CS SS DS FS GS. */
const INITIAL_SELECTORS = [0x2b, 0x23, 0x2b, 0x2b, 0x33, 0x2b];

/** DR4 and DR5 are other names of DR6 and DR7. */
export type DebugRegister = 0 | 1 | 2 | 3 | 6 | 7;

function debugOffset(index: DebugRegister): number {
  if (index === 6) return DR6;
  return index === 7 ? DR7 : DEBUG_REGISTERS + index * 8;
}

export class Registers {
  /** Bytes of a register file. */
  static readonly SIZE = REGISTERS_SIZE;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;
  /** Made when first needed. */
  #x87: X87State | undefined;

  constructor(buffer: ArrayBufferLike = new ArrayBuffer(REGISTERS_SIZE), byteOffset = 0) {
    this.view = new DataView(buffer, byteOffset, REGISTERS_SIZE);
    this.#words = new Uint32Array(buffer, byteOffset, REGISTERS_SIZE / 4);
    this.bytes = new Uint8Array(buffer, byteOffset, REGISTERS_SIZE);
  }

  /** Register 0-17 as an unsigned 64-bit word. */
  get(index: number): bigint {
    return this.view.getBigUint64(index * 8, true);
  }

  set(index: number, value: bigint): void {
    this.view.setBigUint64(index * 8, BigInt.asUintN(64, value), true);
  }

  /** Register 0-17 as an unsigned double: exact below 2^53. */
  number(index: number): number {
    const words = this.#words;
    return words[index * 2 + 1] * TWO_32 + words[index * 2];
  }

  /** Register 0-17 as a signed double: exact within 2^53. */
  signed(index: number): number {
    const words = this.#words;
    return (words[index * 2 + 1] | 0) * TWO_32 + words[index * 2];
  }

  /** Sets register 0-17 to an integer, negative ones in two's complement. */
  setNumber(index: number, value: number): void {
    const words = this.#words;
    words[index * 2] = value; // modulo 2^32, by itself
    const small = value >= 0 && value < TWO_32; // most are, and a division is slow
    words[index * 2 + 1] = small ? 0 : Math.floor(value / TWO_32);
  }

  /** Sets one of the registers 0-17 to another. */
  copy(from: number, to: number): void {
    const words = this.#words;
    words[to * 2] = words[from * 2];
    words[to * 2 + 1] = words[from * 2 + 1];
  }

  get rax(): bigint {
    return this.get(RAX);
  }
  set rax(value: bigint) {
    this.set(RAX, value);
  }
  get rcx(): bigint {
    return this.get(RCX);
  }
  set rcx(value: bigint) {
    this.set(RCX, value);
  }
  get rdx(): bigint {
    return this.get(RDX);
  }
  set rdx(value: bigint) {
    this.set(RDX, value);
  }
  get rbx(): bigint {
    return this.get(RBX);
  }
  set rbx(value: bigint) {
    this.set(RBX, value);
  }
  get rsp(): bigint {
    return this.get(RSP);
  }
  set rsp(value: bigint) {
    this.set(RSP, value);
  }
  get rbp(): bigint {
    return this.get(RBP);
  }
  set rbp(value: bigint) {
    this.set(RBP, value);
  }
  get rsi(): bigint {
    return this.get(RSI);
  }
  set rsi(value: bigint) {
    this.set(RSI, value);
  }
  get rdi(): bigint {
    return this.get(RDI);
  }
  set rdi(value: bigint) {
    this.set(RDI, value);
  }
  get r8(): bigint {
    return this.get(R8);
  }
  set r8(value: bigint) {
    this.set(R8, value);
  }
  get r9(): bigint {
    return this.get(R9);
  }
  set r9(value: bigint) {
    this.set(R9, value);
  }
  get r10(): bigint {
    return this.get(R10);
  }
  set r10(value: bigint) {
    this.set(R10, value);
  }
  get r11(): bigint {
    return this.get(R11);
  }
  set r11(value: bigint) {
    this.set(R11, value);
  }
  get r12(): bigint {
    return this.get(R12);
  }
  set r12(value: bigint) {
    this.set(R12, value);
  }
  get r13(): bigint {
    return this.get(R13);
  }
  set r13(value: bigint) {
    this.set(R13, value);
  }
  get r14(): bigint {
    return this.get(R14);
  }
  set r14(value: bigint) {
    this.set(R14, value);
  }
  get r15(): bigint {
    return this.get(R15);
  }
  set r15(value: bigint) {
    this.set(R15, value);
  }
  get rip(): bigint {
    return this.get(RIP);
  }
  set rip(value: bigint) {
    this.set(RIP, value);
  }
  get rflags(): bigint {
    return this.get(RFLAGS);
  }
  set rflags(value: bigint) {
    this.set(RFLAGS, value);
  }
  get fsBase(): bigint {
    return this.view.getBigUint64(FS_BASE, true);
  }
  set fsBase(value: bigint) {
    this.view.setBigUint64(FS_BASE, BigInt.asUintN(64, value), true);
  }
  get gsBase(): bigint {
    return this.view.getBigUint64(GS_BASE, true);
  }
  set gsBase(value: bigint) {
    this.view.setBigUint64(GS_BASE, BigInt.asUintN(64, value), true);
  }

  /** A segment selector, 0-5: ES CS SS DS FS GS. */
  selector(segment: number): number {
    return this.view.getUint16(SELECTORS + segment * 2, true);
  }

  setSelector(segment: number, value: number): void {
    this.view.setUint16(SELECTORS + segment * 2, value, true);
  }

  /** The 16 bytes of an XMM register, not copied. */
  xmm(index: number): Uint8Array {
    return this.bytes.subarray(XMM + index * 16, XMM + index * 16 + 16);
  }

  get mxcsr(): number {
    return this.view.getUint32(MXCSR, true);
  }
  set mxcsr(value: number) {
    this.view.setUint32(MXCSR, value, true);
  }

  /** Debug register 0-3, 6 or 7. */
  dr(index: DebugRegister): bigint {
    const value = this.view.getBigUint64(debugOffset(index), true);
    if (index === 6) return (value & DR6_CHANGES) | DR6_ONES;
    return index === 7 ? (value & DR7_CHANGES) | DR7_ONES : value;
  }

  /** Sets a debug register; bits of DR6 and DR7 that are fixed stay as they are. */
  setDr(index: DebugRegister, value: bigint): void {
    this.view.setBigUint64(debugOffset(index), BigInt.asUintN(64, value), true);
    if (index >= 6) this.view.setBigUint64(debugOffset(index), this.dr(index), true);
  }

  copyTo(other: Registers): void {
    other.bytes.set(this.bytes);
  }

  /** The state a program starts in: all zero, interrupts on, FPU and MXCSR as after FNINIT. */
  reset(): void {
    this.bytes.fill(0);
    this.setNumber(RFLAGS_OFFSET / 8, 0x202);
    this.view.setUint16(FCW, 0x37f, true);
    this.mxcsr = 0x1f80;
    INITIAL_SELECTORS.forEach((selector, segment) => {
      this.setSelector(segment, selector);
    });
    this.setNumber(RIP_OFFSET / 8, 0);
    this.setDr(6, 0n);
    this.setDr(7, 0n);
  }

  /** Stores the 512-byte FXSAVE64 image. */
  fxsave(target: Uint8Array): void {
    const image = new DataView(target.buffer, target.byteOffset, target.byteLength);
    target.fill(0, 0, 416);
    storeFxsave(this.#x87State(), image, 0);
    image.setUint32(24, this.mxcsr, true);
    image.setUint32(28, MXCSR_MASK, true);
    target.set(this.bytes.subarray(XMM, XMM + 256), 160);
  }

  /** Loads a 512-byte FXSAVE64 image. */
  fxrstor(source: Uint8Array): void {
    const image = new DataView(source.buffer, source.byteOffset, source.byteLength);
    loadFxsave(this.#x87State(), image, 0);
    this.mxcsr = image.getUint32(24, true) & MXCSR_MASK;
    this.bytes.set(source.subarray(160, 416), XMM);
  }

  #x87State(): X87State {
    this.#x87 ??= new X87State(this.view, X87, 0);
    return this.#x87;
  }
}
