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
import { debugTrap } from '../exceptions.js';
import type { Kernel } from '../kernel.js';
import type { Syscall } from '../syscall.js';
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
  yield* debugTrap(kernel, context);
  context.registers.rip = rip;
  yield* tracedCall(kernel, context, BY_SYSCALL);
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
    context.flow = tracedCall(kernel, context, at);
    return;
  }
  const result = perform(kernel, context, at);
  if (typeof result === 'number') context.registers.setNumber(RAX, result);
  else context.flow = sleepingCall(kernel, context, result);
}

function* sleepingCall(kernel: Kernel, context: Context, call: Syscall<number>): Syscall<void> {
  let result: number;
  try {
    result = yield* call;
  } catch (error) {
    result = refusal(error);
  }
  context.registers.setNumber(RAX, result);
  const { tracing } = kernel.parts;
  if (context.traced && tracing.stopsAfterCall(undefined, false)) {
    yield* tracing.breakpoint(context, PTRACE_STOP_POST_SYSCALL);
  }
}

function* tracedCall(kernel: Kernel, context: Context, at: ArgumentRegisters): Syscall<void> {
  const { tracing } = kernel.parts;
  const word = yield* tracing.breakpoint(context, PTRACE_STOP_PRE_SYSCALL);
  const ignored = tracing.ignoresCall(context, word);
  if (!ignored) {
    const call = perform(kernel, context, at);
    const result = typeof call === 'number' ? call : yield* settled(call);
    context.registers.setNumber(RAX, result);
  }
  if (tracing.stopsAfterCall(word, ignored)) {
    yield* tracing.breakpoint(context, PTRACE_STOP_POST_SYSCALL);
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
    if (handler === undefined) return unknownCall(context, number, a, b, c);
    return handler(kernel, context, a, b, c, registers.signed(at[3]), registers.signed(at[4]));
  } catch (error) {
    return refusal(error);
  }
}

function* settled(call: Syscall<number>): Syscall<number> {
  try {
    return yield* call;
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
