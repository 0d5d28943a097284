// What userspace written in TypeScript has of its process: memory, registers, scratch space on the
// stack.
import { RSP } from '../../cpu/index.js';
import type {
  HostedProgram,
  SystemCalls,
  UserMemory,
  UserRegisters,
  Userspace,
} from '../abi/index.js';
import type { Context } from '../context.js';
import type { Kernel } from '../kernel.js';
import { STACK_SIZE } from '../memory/layout.js';
import { HostedMemory } from './user-memory.js';
import { HostedRegisters } from './user-registers.js';

/** Bytes below the stack pointer that belong to the function that runs. System V ABI, x86-64. */
const RED_ZONE = 128;
const ALIGNMENT = 16;

export class ProcessUserspace implements Userspace {
  readonly memory: UserMemory;
  readonly registers: UserRegisters;
  readonly #kernel: Kernel;
  readonly #context: Context;
  /** The lowest byte in use as scratch; 0 when none is. */
  #lowest = 0;
  #child: HostedProgram | undefined;

  constructor(kernel: Kernel, context: Context) {
    this.#kernel = kernel;
    this.#context = context;
    this.memory = new HostedMemory(kernel.cpu, context);
    this.registers = new HostedRegisters(context);
  }

  reserve(length: number): number {
    const stack = this.#context.registers.number(RSP);
    // a signal handler runs on another stack than the code it interrupted
    const continues = this.#lowest <= stack && this.#lowest > stack - STACK_SIZE;
    const top = continues ? this.#lowest : stack - RED_ZONE;
    const start = top - length;
    this.#lowest = start - (start % ALIGNMENT);
    return this.#lowest;
  }

  mark(): number {
    return this.#lowest;
  }

  release(mark: number): void {
    this.#lowest = mark;
  }

  handlerAddress(handler: (signal: number) => SystemCalls<void>): number {
    return this.#kernel.handlerAddresses.addressOf(handler);
  }

  nextChild(program: HostedProgram): void {
    this.#child = program;
  }

  /** The program for the child of a clone, named by {@link nextChild}. */
  takeChild(): HostedProgram | undefined {
    const child = this.#child;
    this.#child = undefined;
    return child;
  }
}
