// One `syscall` instruction of a program built for Linux: its arguments, and the registers that
// Linux promises to preserve over it (all but rax, rcx and r11).
import type { SystemCalls, UserRegisters, Userspace } from '../../kernel-sim/abi/index.js';
import { EFAULT } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { R8, R9, R10, RDI, RDX, RSI } from './registers.js';
import type { ProcessState, ThreadState } from './state.js';

/** Whether a double that is an integer is the one that was meant. */
const exact = (value: number): boolean =>
  value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;

export class LinuxCall {
  readonly user: Userspace;
  /** The arguments as doubles: fields, as an array would cost more than the rest of a call. */
  private readonly a: number;
  private readonly b: number;
  private readonly c: number;
  private readonly d: number;
  private readonly e: number;
  private readonly f: number;
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
    this.a = registers.signed(RDI);
    this.b = registers.signed(RSI);
    this.c = registers.signed(RDX);
    this.d = registers.signed(R10);
    this.e = registers.signed(R8);
    this.f = registers.signed(R9);
    const small = exact(this.a) && exact(this.b) && exact(this.c);
    if (!(small && exact(this.d) && exact(this.e) && exact(this.f))) {
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
    switch (index) {
      case 0:
        return this.a;
      case 1:
        return this.b;
      case 2:
        return this.c;
      case 3:
        return this.d;
      case 4:
        return this.e;
      default:
        return this.f;
    }
  }

  word(index: number): bigint {
    return this.words?.[index] ?? BigInt(this.value(index));
  }

  /** Puts back the argument registers that Redox's calls use, as the program had them. */
  restore(registers: UserRegisters): void {
    if (this.words === undefined) {
      registers.setNumber(RDI, this.a);
      registers.setNumber(RSI, this.b);
      registers.setNumber(RDX, this.c);
      registers.setNumber(R10, this.d);
      registers.setNumber(R8, this.e);
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
