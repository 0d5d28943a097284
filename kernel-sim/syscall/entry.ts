// The way into the kernel and back. Source: the wrapper of 2019: remember the frame, stop before
// the call, perform it unless the tracer says otherwise, store the result, stop after it.
import {
  OutOfMemoryError,
  R8,
  R10,
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  type Registers,
  RSI,
} from '../../cpu/index.js';
import { ENOMEM, PTRACE_STOP_POST_SYSCALL, PTRACE_STOP_PRE_SYSCALL } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { DebugTrap } from '../exceptions.js';
import type { Kernel } from '../kernel.js';
import { DONE, ended, type Sleep, Steps, type Syscall } from '../syscall.js';
import { unknownCall } from './unknown.js';

/** Registers that hold the arguments, by the instruction that made the call. */
type ArgumentRegisters = readonly [number, number, number, number, number];

/** Where the kernel's code begins: the handler of `syscall` is somewhere above. */
const KERNEL_CODE = 0xffff_ff00_0010_0000n;

const BY_SYSCALL: ArgumentRegisters = [RDI, RSI, RDX, R10, R8];
const BY_INTERRUPT: ArgumentRegisters = [RBX, RCX, RDX, RSI, RDI];

/** The call that the registers hold, made by `syscall`. */
export function enter(kernel: Kernel, context: Context): void {
  enterBy(kernel, context, BY_SYSCALL);
}

/**
 * With FMASK 0x200 (KP-05) the trap flag of a single-stepped `syscall` is still set in the kernel,
 * whose first instruction traps: the step ends there, and the call comes after it.
 */
export function enterTrapped(kernel: Kernel, context: Context): void {
  context.flow = trappedCall(kernel, context);
}

function* trappedCall(kernel: Kernel, context: Context): Syscall<void> {
  const { registers } = context;
  const { rip } = registers;
  registers.rip = KERNEL_CODE;
  yield* new DebugTrap(kernel, context);
  context.registers.rip = rip;
  yield* new TracedCall(kernel, context, BY_SYSCALL);
}

/** The same, made by `int 0x80`. */
export function enterByInterrupt(kernel: Kernel, context: Context): void {
  enterBy(kernel, context, BY_INTERRUPT);
}

function enterBy(kernel: Kernel, context: Context, at: ArgumentRegisters): void {
  kernel.counts.systemCalls++;
  kernel.charge();
  if (kernel.scheduler.endsWithCall) kernel.endTurn();
  context.frame = true;
  if (context.traced) {
    context.flow = new TracedCall(kernel, context, at);
    return;
  }
  const result = perform(kernel, context, at);
  if (typeof result === 'number') context.registers.setNumber(RAX, result);
  else context.flow = new SleepingCall(kernel, context, result);
}

/** A call that sleeps; a tracer that asked for it hears of its end. */
class SleepingCall extends Steps<void> {
  readonly #kernel: Kernel;
  readonly #context: Context;
  readonly #call: Syscall<number>;
  #stop: Syscall<unknown> | undefined;

  constructor(kernel: Kernel, context: Context, call: Syscall<number>) {
    super();
    this.#kernel = kernel;
    this.#context = context;
    this.#call = call;
  }

  override next(notified: boolean): IteratorResult<Sleep, void> {
    if (this.#stop === undefined) {
      const step = goOn(this.#call, notified);
      if (step.done !== true) return step;
      const context = this.#context;
      context.registers.setNumber(RAX, step.value);
      const { tracing } = this.#kernel.parts;
      if (!context.traced || !tracing.stopsAfterCall(undefined, false)) return DONE;
      this.#stop = tracing.breakpoint(context, PTRACE_STOP_POST_SYSCALL);
    }
    return goOnStopped(this.#stop, notified);
  }
}

/** A call of a tracee: a stop before it, the call unless the tracer says otherwise, a stop after it. */
class TracedCall extends Steps<void> {
  readonly #kernel: Kernel;
  readonly #context: Context;
  readonly #at: ArgumentRegisters;
  #before: Syscall<number | undefined> | undefined;
  #call: Syscall<number> | undefined;
  #after: Syscall<unknown> | undefined;
  /** What the stop before it gave. */
  #word: number | undefined;

  constructor(kernel: Kernel, context: Context, at: ArgumentRegisters) {
    super();
    this.#kernel = kernel;
    this.#context = context;
    this.#at = at;
    this.#before = kernel.parts.tracing.breakpoint(context, PTRACE_STOP_PRE_SYSCALL);
  }

  override next(notified: boolean): IteratorResult<Sleep, void> {
    if (this.#after !== undefined) return goOnStopped(this.#after, notified);
    if (this.#before !== undefined) {
      const step = this.#before.next(notified);
      if (step.done !== true) return step;
      this.#before = undefined;
      this.#word = step.value;
      if (this.#kernel.parts.tracing.ignoresCall(this.#context, step.value)) return this.#end(true);
      const result = perform(this.#kernel, this.#context, this.#at);
      if (typeof result === 'number') return this.#return(result);
      this.#call = result;
    }
    if (this.#call === undefined) return DONE;
    const step = goOn(this.#call, notified);
    return step.done === true ? this.#return(step.value) : step;
  }

  #return(result: number): IteratorResult<Sleep, void> {
    this.#context.registers.setNumber(RAX, result);
    return this.#end(false);
  }

  #end(ignored: boolean): IteratorResult<Sleep, void> {
    const { tracing } = this.#kernel.parts;
    if (!tracing.stopsAfterCall(this.#word, ignored)) return DONE;
    this.#after = tracing.breakpoint(this.#context, PTRACE_STOP_POST_SYSCALL);
    return goOnStopped(this.#after, true);
  }
}

/** Goes on with the stop after a call, which ends it. */
function goOnStopped(stop: Syscall<unknown>, notified: boolean): IteratorResult<Sleep, void> {
  const step = stop.next(notified);
  return step.done === true ? DONE : step;
}

/** Goes on with a call: to its next sleep, or to its result, errors included. */
function goOn(call: Syscall<number>, notified: boolean): IteratorResult<Sleep, number> {
  try {
    return call.next(notified);
  } catch (error) {
    return ended(refusal(error));
  }
}

/** Does what the registers say: the result, errors included, or the code that finds it. */
function perform(
  kernel: Kernel,
  context: Context,
  at: ArgumentRegisters,
): number | Syscall<number> {
  const registers: Registers = context.registers;
  const number = registers.number(RAX);
  const handler = kernel.calls.get(number);
  try {
    const a = registers.signed(at[0]);
    const b = registers.signed(at[1]);
    const c = registers.signed(at[2]);
    if (handler === undefined) {
      kernel.unknownCalls++;
      return unknownCall(context, number, a, b, c);
    }
    return handler(kernel, context, a, b, c, registers.signed(at[3]), registers.signed(at[4]));
  } catch (error) {
    return refusal(error);
  }
}

/** The result that stands for an error; mistakes of ours travel on. */
function refusal(error: unknown): number {
  if (error instanceof SysError) return -error.errno;
  if (error instanceof OutOfMemoryError) return -ENOMEM;
  throw error;
}
