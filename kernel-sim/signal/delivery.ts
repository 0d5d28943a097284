// How a signal reaches its process. Source: context/switch.rs and context/signal.rs of 2019: a
// switch pops one signal and diverts the context into the kernel's handler, with everything it was
// doing kept aside; sigreturn brings that back, at a switch of somebody else's.
import { FLAG_TF, RDI, Registers, RFLAGS, RIP, RSP } from '../../cpu/index.js';
import {
  CONTINUED_STATUS,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  signaledStatus,
  signalName,
  stoppedStatus,
} from '../abi/index.js';
import { type Context, MACHINE, RUNNABLE } from '../context.js';
import type { Kernel } from '../kernel.js';
import { SIGNAL_STACK, SIGNAL_STACK_SIZE } from '../memory/layout.js';
import { KernelPanic } from '../panic.js';
import { exit } from '../process/exit.js';
import { asleep, type Sleep, Steps, type Syscall } from '../syscall.js';
import type { SignalAction, SignalBackup } from './state.js';

/** Kept free at the top of the signal stack. */
const HEADROOM = 256;
const INTERRUPTS_ON = 0x202;

const RETURNING: Sleep = { describe: () => 'its sigreturn', interruptible: false };
const ASLEEP_RETURNING = asleep(RETURNING);

/** Diverts a context that is about to run into the handling of its next signal. */
export function deliver(kernel: Kernel, context: Context): void {
  const signal = context.pending.shift();
  if (context.pending.length === 0) kernel.signaled.delete(context);
  if (signal === undefined) return;
  const { registers, frame, flow, user } = context;
  if (passesBy(kernel, context, signal)) {
    context.backup = { signal, registers: context.saved, frame, flow, user, untouched: true };
    context.flow = new Pass(kernel, context, signal);
    return;
  }
  const kept = context.spare ?? new Registers();
  context.spare = undefined;
  registers.copyTo(kept);
  context.backup = { signal, registers: kept, frame, flow, user, untouched: false };
  context.flow = handle(kernel, context, signal);
}

/**
 * Whether a signal comes and goes without a stop or a handler: then the registers that it interrupts
 * can stay where they are, as they are the ones that tracers see. Every request of relibc's ptrace()
 * sends such a SIGCONT.
 */
function passesBy(kernel: Kernel, context: Context, signal: number): boolean {
  const { handler } = context.action(signal);
  const quiet =
    handler === SIG_DFL ? signal === SIGCONT || signal === SIGCHLD : handler === SIG_IGN;
  if (!quiet) return false;
  if (context.traced && kernel.parts.tracing.hears(context)) return false;
  const { faults } = kernel.profile;
  return !faults['KP-04'] && (context.frame || faults['KP-65']);
}

/** What a signal does that passes by: its sigreturn takes the place of all this. */
class Pass extends Steps<void> {
  readonly #kernel: Kernel;
  readonly #context: Context;
  readonly #signal: number;

  constructor(kernel: Kernel, context: Context, signal: number) {
    super();
    this.#kernel = kernel;
    this.#context = context;
    this.#signal = signal;
  }

  override next(): IteratorResult<Sleep, void> {
    const kernel = this.#kernel;
    const context = this.#context;
    if (this.#signal === SIGCONT && context.action(SIGCONT).handler === SIG_DFL) {
      context.status = RUNNABLE;
      post(kernel, context, CONTINUED_STATUS);
    }
    kernel.restoring.add(context);
    context.block();
    return ASLEEP_RETURNING;
  }
}

/** Part of each switch: a context cannot finish its own sigreturn, as it still runs. */
export function finishSigreturns(kernel: Kernel): void {
  const { restoring } = kernel;
  for (let index = 0; index < restoring.size; ) {
    const context = restoring.at(index);
    if (context.running) {
      index++;
    } else {
      restoring.delete(context);
      restore(kernel, context);
    }
  }
}

/** Part of each switch: signals end sleeps, even if a handler that runs keeps them out. */
export function wakeSignaled({ signaled }: Kernel): void {
  for (let index = 0; index < signaled.size; index++) {
    const context = signaled.at(index);
    if (context.status.kind !== 'blocked') continue;
    const { sleep, pending } = context;
    if (sleep?.holdsSignals && !pending.includes(SIGKILL)) continue;
    if (context.backup === undefined || sleep?.interruptible === true) context.unblock();
  }
}

function restore(kernel: Kernel, context: Context): void {
  const { backup } = context;
  if (backup === undefined) throw new Error(`pid ${context.pid} has no signal to return from`);
  if (!backup.untouched) restoreRegisters(kernel, context, backup);
  context.frame = backup.frame;
  context.flow = backup.flow;
  context.user = backup.user;
  context.backup = undefined;
  context.unblock();
}

function restoreRegisters(kernel: Kernel, context: Context, backup: SignalBackup): void {
  // as a tracer sees it now, which of signals that the kernel acts on is what they interrupted
  const trap = (context.frameRegisters?.number(RFLAGS) ?? 0) & FLAG_TF;
  backup.registers.copyTo(context.registers);
  if (!kernel.profile.faults['KP-65']) setTrap(context.registers, trap);
  context.spare = backup.registers;
}

/** SYS_SIGRETURN, and the end of every signal whose action is the kernel's own. */
export function* sigreturn(kernel: Kernel, context: Context): Syscall<never> {
  if (context.backup === undefined) {
    throw new KernelPanic(`sigreturn of pid ${context.pid} (${context.name}) outside of a signal`);
  }
  kernel.restoring.add(context);
  context.block();
  yield RETURNING;
  throw new Error('sigreturn returned');
}

function* handle(kernel: Kernel, context: Context, signal: number): Syscall<void> {
  const action = context.action(signal);
  if (context.traced) {
    const ignored = yield* kernel.parts.tracing.signaled(context, signal, action.handler);
    if (ignored && signal !== SIGKILL) yield* sigreturn(kernel, context);
  }
  if (action.handler === SIG_DFL) yield* defaultAction(kernel, context, signal);
  if (action.handler === SIG_DFL || action.handler === SIG_IGN) yield* sigreturn(kernel, context);
  enterHandler(kernel, context, signal, action);
}

function* defaultAction(kernel: Kernel, context: Context, signal: number): Syscall<void> {
  switch (signal) {
    case SIGCHLD:
      return;
    case SIGCONT:
      context.status = RUNNABLE;
      post(kernel, context, CONTINUED_STATUS);
      return;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      context.status = { kind: 'stopped', signal };
      post(kernel, context, stoppedStatus(signal));
      yield {
        describe: () => `SIGCONT, as ${signalName(signal)} stopped it`,
        interruptible: true,
      };
      return;
    default:
      yield* exit(kernel, context, signaledStatus(signal));
  }
}

function post(kernel: Kernel, { ppid, pid, pgid }: Context, status: number): void {
  kernel.contexts.get(ppid)?.waitMap.post({ pid, pgid, status });
}

/** Leaves for the handler in user mode, on the signal stack, where the restorer's address lies. */
function enterHandler(
  kernel: Kernel,
  context: Context,
  signal: number,
  { handler, restorer }: SignalAction,
): void {
  const { registers, memory } = context;
  const trap = registers.number(RFLAGS) & FLAG_TF;
  const { fsBase, gsBase } = registers;
  registers.reset();
  registers.fsBase = fsBase;
  registers.gsBase = gsBase;
  registers.setNumber(RFLAGS, INTERRUPTS_ON);
  if (!kernel.profile.faults['KP-65']) setTrap(registers, trap);
  registers.setNumber(RDI, signal);
  registers.setNumber(RIP, handler);
  const top = SIGNAL_STACK + SIGNAL_STACK_SIZE - HEADROOM;
  const stack = top - (top % 16) - 8;
  const word = new Uint8Array(8);
  new DataView(word.buffer).setBigUint64(0, BigInt(restorer), true);
  memory.copyIn(stack, word, 'write');
  registers.setNumber(RSP, stack);
  const hosted = kernel.handlerAddresses.get(handler);
  context.user =
    hosted === undefined ? MACHINE : { kind: 'steps', steps: hosted(signal), after: 'sigreturn' };
}

function setTrap(registers: Registers, trap: number): void {
  registers.setNumber(RFLAGS, (registers.number(RFLAGS) & ~FLAG_TF) | trap);
}
