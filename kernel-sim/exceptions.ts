// Exceptions of user mode. Source: interrupt/exception.rs of 2019: a fault ends the process at
// once, with a signal's number for its status but no signal, and sends one since July 2020; the
// trap flag and int3 ask the tracer first.
import {
  FLAG_TF,
  RFLAGS,
  RIP,
  VECTOR_AC,
  VECTOR_BP,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_MC,
  VECTOR_MF,
  VECTOR_NM,
  VECTOR_OF,
  VECTOR_UD,
  VECTOR_XM,
} from '../cpu/index.js';
import {
  PTRACE_FLAG_IGNORE,
  PTRACE_STOP_BREAKPOINT,
  PTRACE_STOP_SINGLESTEP,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  signaledStatus,
} from './abi/index.js';
import type { Context } from './context.js';
import type { Kernel } from './kernel.js';
import { exit } from './process/exit.js';
import { addTrapFlag, clearTrapFlag } from './ptrace/trap-flag.js';
import { send } from './signal/calls.js';
import { DONE, RESCHEDULE, type Sleep, Steps, type Syscall } from './syscall.js';

/** Every other vector is a SIGSEGV. */
const SIGNALS: ReadonlyMap<number, number> = new Map([
  [VECTOR_DE, SIGFPE],
  [VECTOR_OF, SIGFPE],
  [VECTOR_MF, SIGFPE],
  [VECTOR_XM, SIGFPE],
  [VECTOR_UD, SIGILL],
  [VECTOR_NM, SIGILL],
  [VECTOR_AC, SIGBUS],
  [VECTOR_MC, SIGBUS],
]);

/** A fault that the kernel cannot settle. */
export function* fault(kernel: Kernel, context: Context, vector: number): Syscall<void> {
  yield* die(kernel, context, vector, SIGNALS.get(vector) ?? SIGSEGV);
}

/** Until July 2020 (KP-16) a fault ended its process; then it sent a signal to it. */
function* die(kernel: Kernel, context: Context, vector: number, signal: number): Syscall<void> {
  const { faults } = kernel.profile;
  kernel.tellException(context.pid, vector);
  context.frame = !faults['KP-30'];
  if (faults['KP-16']) yield* exit(kernel, context, signaledStatus(signal));
  send(kernel, context, signal);
  // delivered when the context is switched to
  yield RESCHEDULE;
}

/** #DB: one step with the trap flag is done. Without a tracer to tell, the process dies of it. */
export class DebugTrap extends Steps<void> {
  readonly #kernel: Kernel;
  readonly #context: Context;
  #stepping = false;
  #stop: Syscall<number | undefined> | undefined;
  #death: Syscall<void> | undefined;

  constructor(kernel: Kernel, context: Context) {
    super();
    this.#kernel = kernel;
    this.#context = context;
  }

  override next(notified: boolean): IteratorResult<Sleep, void> {
    if (this.#death !== undefined) return this.#death.next(notified);
    const context = this.#context;
    if (this.#stop === undefined) {
      context.frame = true;
      this.#stepping = (context.registers.number(RFLAGS) & FLAG_TF) !== 0;
      clearTrapFlag(context.registers);
      if (!context.traced) return this.#die();
      this.#stop = this.#kernel.parts.tracing.breakpoint(context, PTRACE_STOP_SINGLESTEP);
    }
    const step = this.#stop.next(notified);
    if (step.done !== true) return step;
    return step.value === undefined ? this.#die() : DONE;
  }

  #die(): IteratorResult<Sleep, void> {
    const context = this.#context;
    if (this.#stepping) addTrapFlag(context.registers);
    this.#death = die(this.#kernel, context, VECTOR_DB, SIGTRAP);
    return this.#death.next(true);
  }
}

/** #BP, by int3. */
export function* breakpointTrap(kernel: Kernel, context: Context): Syscall<void> {
  const { faults } = kernel.profile;
  context.frame = true;
  const { registers } = context;
  if (!faults['KP-17']) registers.setNumber(RIP, registers.number(RIP) - 1);
  if (context.traced) {
    const stop = kernel.parts.tracing.breakpoint(context, PTRACE_STOP_BREAKPOINT);
    const word = yield* stop;
    const taken = faults['KP-52'] || ((word ?? 0) & PTRACE_FLAG_IGNORE) !== 0;
    if (word !== undefined && taken) return;
  }
  yield* die(kernel, context, VECTOR_BP, SIGTRAP);
}
