// A process's registers for userspace written in TypeScript: always the current ones, whether the
// CPU holds them or the kernel does.
import type { UserRegisters } from '../abi/index.js';
import type { Context } from '../context.js';

export class HostedRegisters implements UserRegisters {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  number(index: number): number {
    return this.#context.registers.number(index);
  }
  signed(index: number): number {
    return this.#context.registers.signed(index);
  }
  setNumber(index: number, value: number): void {
    this.#context.registers.setNumber(index, value);
  }

  get rax(): bigint {
    return this.#context.registers.rax;
  }
  set rax(value: bigint) {
    this.#context.registers.rax = value;
  }

  get rcx(): bigint {
    return this.#context.registers.rcx;
  }
  set rcx(value: bigint) {
    this.#context.registers.rcx = value;
  }

  get rdx(): bigint {
    return this.#context.registers.rdx;
  }
  set rdx(value: bigint) {
    this.#context.registers.rdx = value;
  }

  get rbx(): bigint {
    return this.#context.registers.rbx;
  }
  set rbx(value: bigint) {
    this.#context.registers.rbx = value;
  }

  get rsp(): bigint {
    return this.#context.registers.rsp;
  }
  set rsp(value: bigint) {
    this.#context.registers.rsp = value;
  }

  get rbp(): bigint {
    return this.#context.registers.rbp;
  }
  set rbp(value: bigint) {
    this.#context.registers.rbp = value;
  }

  get rsi(): bigint {
    return this.#context.registers.rsi;
  }
  set rsi(value: bigint) {
    this.#context.registers.rsi = value;
  }

  get rdi(): bigint {
    return this.#context.registers.rdi;
  }
  set rdi(value: bigint) {
    this.#context.registers.rdi = value;
  }

  get r8(): bigint {
    return this.#context.registers.r8;
  }
  set r8(value: bigint) {
    this.#context.registers.r8 = value;
  }

  get r9(): bigint {
    return this.#context.registers.r9;
  }
  set r9(value: bigint) {
    this.#context.registers.r9 = value;
  }

  get r10(): bigint {
    return this.#context.registers.r10;
  }
  set r10(value: bigint) {
    this.#context.registers.r10 = value;
  }

  get r11(): bigint {
    return this.#context.registers.r11;
  }
  set r11(value: bigint) {
    this.#context.registers.r11 = value;
  }

  get r12(): bigint {
    return this.#context.registers.r12;
  }
  set r12(value: bigint) {
    this.#context.registers.r12 = value;
  }

  get r13(): bigint {
    return this.#context.registers.r13;
  }
  set r13(value: bigint) {
    this.#context.registers.r13 = value;
  }

  get r14(): bigint {
    return this.#context.registers.r14;
  }
  set r14(value: bigint) {
    this.#context.registers.r14 = value;
  }

  get r15(): bigint {
    return this.#context.registers.r15;
  }
  set r15(value: bigint) {
    this.#context.registers.r15 = value;
  }

  get rip(): bigint {
    return this.#context.registers.rip;
  }
  set rip(value: bigint) {
    this.#context.registers.rip = value;
  }

  get rflags(): bigint {
    return this.#context.registers.rflags;
  }
  set rflags(value: bigint) {
    this.#context.registers.rflags = value;
  }

  get fsBase(): bigint {
    return this.#context.registers.fsBase;
  }
  set fsBase(value: bigint) {
    this.#context.registers.fsBase = value;
  }

  get gsBase(): bigint {
    return this.#context.registers.gsBase;
  }
  set gsBase(value: bigint) {
    this.#context.registers.gsBase = value;
  }
}
