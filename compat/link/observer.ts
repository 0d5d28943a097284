// A look at the system calls of a linked program from outside: what it asked for, what it got. The
// program cannot tell; nothing is changed.
import type { ImageInfo, Userspace } from '../../kernel-sim/abi/index.js';

/** One call, by Linux's number and arguments. */
export interface ObservedCall {
  readonly number: number;
  /** The process, its memory as the program sees it. */
  readonly user: Userspace;
  /** An argument, 0 to 5, as a whole word; above 2^63 it may come as a negative number. */
  word(index: number): bigint;
}

/** Told of the calls of one program and its threads, not of those of processes it forks. */
export interface LinkObserver {
  /** The program is loaded and about to run. */
  loaded(image: ImageInfo): void;
  entered(call: ObservedCall): void;
  /** `result` is what Linux's kernel would return: -1 to -4095 are errors. */
  returned(call: ObservedCall, result: number): void;
}
