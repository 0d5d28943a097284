// Exceptions of user mode. Source: interrupt/exception.rs of 2019: a fault ends the process at
// once, with a signal's number for its status but no signal; the trap flag and int3 ask the tracer
// first.
import {
  FLAG_TF,
  type Registers,
  RFLAGS,
  RIP,
  VECTOR_AC,
  VECTOR_DE,
  VECTOR_MC,
  VECTOR_MF,
  VECTOR_NM,
  VECTOR_OF,
  VECTOR_UD,
  VECTOR_XM,
} from '../cpu/index.js';
import {
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
import type { Syscall } from './syscall.js';

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
  context.frame = !kernel.profile.faults['KP-30'];
  yield* exit(kernel, context, signaledStatus(SIGNALS.get(vector) ?? SIGSEGV));
}

/** #DB: one step with the trap flag is done. Without a tracer to tell, the process dies of it. */
export function* debugTrap(kernel: Kernel, context: Context): Syscall<void> {
  context.frame = true;
  const stepping = (context.registers.number(RFLAGS) & FLAG_TF) !== 0;
  setTrapFlag(context.registers, false);
  if (context.traced) {
    const stop = kernel.parts.tracing.breakpoint(context, PTRACE_STOP_SINGLESTEP);
    if ((yield* stop) !== undefined) return;
  }
  setTrapFlag(context.registers, stepping);
  yield* exit(kernel, context, signaledStatus(SIGTRAP));
}

/** #BP, by int3. */
export function* breakpointTrap(kernel: Kernel, context: Context): Syscall<void> {
  context.frame = true;
  const { registers } = context;
  if (!kernel.profile.faults['KP-17']) registers.setNumber(RIP, registers.number(RIP) - 1);
  if (context.traced) {
    const stop = kernel.parts.tracing.breakpoint(context, PTRACE_STOP_BREAKPOINT);
    if ((yield* stop) !== undefined) return;
  }
  context.frame = !kernel.profile.faults['KP-30'];
  yield* exit(kernel, context, signaledStatus(SIGTRAP));
}

function setTrapFlag(registers: Registers, set: boolean): void {
  const flags = registers.number(RFLAGS);
  registers.setNumber(RFLAGS, set ? flags | FLAG_TF : flags & ~FLAG_TF);
}
