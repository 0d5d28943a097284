// A process driven from outside: whoever owns the machine makes its system calls, one at a time,
// and the machine runs until each of them has returned. Between two calls it is in user mode,
// where the machine stands still.
import { RAX } from '../../cpu/index.js';
import { SYS_EXIT, type SystemCall, type SystemCalls, type Userspace } from '../abi/index.js';
import { type Context, OUTSIDE, RUNNABLE } from '../context.js';
import { prepareHosted } from '../exec/boot.js';
import type { Kernel } from '../kernel.js';
import { enter } from '../syscall/entry.js';
import { setCall, setDirectCall } from './call.js';

/** A call was made for a process that has ended, or ended by it. */
export class ProcessEnded extends Error {
  readonly pid: number;
  /** As waitpid gives it. */
  readonly status: number;

  constructor(pid: number, status: number) {
    super(`the driven process ${pid} has ended with status 0x${status.toString(16)}`);
    this.name = 'ProcessEnded';
    this.pid = pid;
    this.status = status;
  }
}

export class DrivenProcess {
  readonly context: Context;
  readonly user: Userspace;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, context: Context, openConsole: boolean) {
    this.#kernel = kernel;
    this.context = context;
    prepareHosted(kernel, context, openConsole);
    if (context.userspace === undefined) throw new Error('a driven process has no userspace');
    this.user = context.userspace;
    context.user = OUTSIDE;
    context.driven = true;
    context.parked = true;
    context.status = RUNNABLE;
  }

  get pid(): number {
    return this.context.pid;
  }

  /**
   * Makes a system call; gives rax as a signed number, in which errors are -131 to -1.
   * @throws DeadlockError when it can never return
   * @throws ProcessEnded when the process ends instead
   */
  call(call: SystemCall): number {
    this.#begin();
    setCall(this.context.registers, call);
    return this.#finish(call.number);
  }

  /** The same for a call of at most three small arguments. */
  callDirectly(number: number, a: number, b: number, c: number | undefined): number {
    this.#begin();
    setDirectCall(this.context.registers, number, a, b, c);
    return this.#finish(number);
  }

  #begin(): void {
    const { context } = this;
    const kernel = this.#kernel;
    this.#check();
    if (context.parked) context.parked = false;
    if (kernel.current !== context || context.pending.length > 0) {
      kernel.resume(context);
      // handlers of signals run first, whose time has come only now
      this.#untilOutside();
    }
  }

  #finish(number: number): number {
    const { context } = this;
    const kernel = this.#kernel;
    enter(kernel, context);
    // most calls have returned by now, with time left to go on
    if (context.flow === undefined && kernel.remaining > 0) return context.registers.signed(RAX);
    this.#untilOutside();
    if (number === SYS_EXIT && context.exited) return 0;
    this.#check();
    return context.registers.signed(RAX);
  }

  /** Runs userspace code as this process. */
  run<T>(code: SystemCalls<T>): T {
    let step = code.next(0);
    while (step.done !== true) {
      step = code.next(step.value === 'pause' ? 0 : this.call(step.value));
    }
    return step.value;
  }

  #untilOutside(): void {
    const kernel = this.#kernel;
    for (;;) {
      const outside = kernel.slice();
      if (outside && kernel.current === this.context) return;
      if (this.context.exited) return;
      if (outside) kernel.current.parked = true; // nobody drives it now
      kernel.schedule();
    }
  }

  #check(): void {
    const { context } = this;
    if (context.status.kind === 'exited') throw new ProcessEnded(this.pid, context.status.status);
    if (context.flow !== undefined || context.user.kind !== 'outside') {
      throw new Error(`the last call of the driven process ${this.pid} has not returned`);
    }
  }
}
