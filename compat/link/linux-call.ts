// One `syscall` instruction of a program built for Linux: its arguments, and the registers that
// Linux promises to preserve over it (all but rax, rcx and r11).
import type { SystemCalls, UserRegisters, Userspace } from '../../kernel-sim/abi/index.js';
import { EFAULT } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import type { ProcessState, ThreadState } from './state.js';

/** rdi, rsi, rdx, r10, r8, r9 in the processor's numbering. */
const RDI = 7;
const RSI = 6;
const RDX = 2;
const R10 = 10;
const R8 = 8;
const R9 = 9;

export class LinuxCall {
  readonly user: Userspace;
  private readonly values: readonly number[];
  /** The same as whole words, where one of them is more than a double can hold. */
  private readonly words: readonly bigint[] | undefined;

  constructor(
    readonly libc: Libc,
    readonly process: ProcessState,
    readonly thread: ThreadState,
    /** Linux's number of it. */
    readonly number: number,
    private readonly unsupported: (name: string, number: number) => void,
  ) {
    this.user = libc.user;
    const { registers } = libc.user;
    this.values = [
      registers.signed(RDI),
      registers.signed(RSI),
      registers.signed(RDX),
      registers.signed(R10),
      registers.signed(R8),
      registers.signed(R9),
    ];
    if (!this.values.every(Number.isSafeInteger)) {
      const { rdi, rsi, rdx, r10, r8, r9 } = registers;
      this.words = [rdi, rsi, rdx, r10, r8, r9];
    }
  }

  /** Says that relibc has nothing for this call, or for a form of it. */
  report(name: string): void {
    this.unsupported(name, this.number);
  }

  /** An argument of type int. */
  int(index: number): number {
    return this.value(index) | 0;
  }

  /** An argument of type long, off_t, size_t or an address. */
  value(index: number): number {
    return this.values[index] ?? 0;
  }

  word(index: number): bigint {
    return this.words?.[index] ?? BigInt(this.value(index));
  }

  /** Puts back the argument registers that Redox's calls use, as the program had them. */
  restore(registers: UserRegisters): void {
    if (this.words === undefined) {
      registers.setNumber(RDI, this.value(0));
      registers.setNumber(RSI, this.value(1));
      registers.setNumber(RDX, this.value(2));
      registers.setNumber(R10, this.value(3));
      registers.setNumber(R8, this.value(4));
    } else {
      registers.rdi = this.word(0);
      registers.rsi = this.word(1);
      registers.rdx = this.word(2);
      registers.r10 = this.word(3);
      registers.r8 = this.word(4);
    }
  }

  /** Fails with EFAULT where Linux would, unless the bytes are there. */
  writable(address: number, size: number): boolean {
    if (this.user.memory.accessible(address, size, true)) return true;
    this.libc.errno = EFAULT;
    return false;
  }
}

/** Answers one of Linux's calls; -1 is an error, whose number relibc's errno holds. */
export type Handler = (call: LinuxCall) => SystemCalls<number>;
