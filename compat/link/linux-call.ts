// One `syscall` instruction of a program built for Linux: its arguments, and the registers that
// Linux promises to preserve over it (all but rax, rcx and r11).
import type { SystemCalls, UserRegisters, Userspace } from '../../kernel-sim/abi/index.js';
import { EFAULT } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import type { ProcessState, ThreadState } from './state.js';

/** rdi, rsi, rdx, r10, r8, r9 in the processor's numbering. */
const ARGUMENTS = [7, 6, 2, 10, 8, 9] as const;
const NAMES = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;

/** Redox's calls use the first five of these for their own arguments. */
const CLOBBERED = 5;

export class LinuxCall {
  readonly user: Userspace;
  private readonly values: readonly number[];
  /** Whole words where a double cannot hold one. */
  private readonly words: readonly (bigint | undefined)[];

  constructor(
    readonly libc: Libc,
    readonly process: ProcessState,
    readonly thread: ThreadState,
    readonly report: (name: string) => void,
  ) {
    this.user = libc.user;
    const { registers } = libc.user;
    this.values = ARGUMENTS.map((register) => registers.signed(register));
    this.words = this.values.map((value, index) =>
      Number.isSafeInteger(value) ? undefined : registers[NAMES[index] ?? 'rdi'],
    );
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
    return this.words[index] ?? BigInt(this.value(index));
  }

  /** Puts the argument registers back as the program had them. */
  restore(registers: UserRegisters): void {
    for (let index = 0; index < CLOBBERED; index++) {
      const word = this.words[index];
      const name = NAMES[index];
      if (word !== undefined && name !== undefined) registers[name] = word;
      else registers.setNumber(ARGUMENTS[index] ?? 7, this.value(index));
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
