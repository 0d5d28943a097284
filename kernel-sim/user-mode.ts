// A context in user mode: runs it until it enters the kernel, is preempted, or comes to the end of
// a step; and what the kernel's interrupt handlers do with what happened.
import {
  type Exit,
  FLAG_TF,
  OutOfMemoryError,
  RAX,
  RFLAGS,
  VECTOR_BP,
  VECTOR_DB,
  VECTOR_GP,
  VECTOR_PF,
  VECTOR_UD,
} from '../cpu/index.js';
import { SYS_EXIT, SYS_SIGRETURN } from './abi/index.js';
import { type Context, MACHINE, type UserCode } from './context.js';
import { SegmentationFault } from './error.js';
import { breakpointTrap, DebugTrap, fault } from './exceptions.js';
import { setCall } from './hosted/call.js';
import type { Kernel } from './kernel.js';
import { KernelPanic } from './panic.js';
import { enter, enterByInterrupt, enterTrapped } from './syscall/entry.js';
import { TRACE } from './trace-hash.js';

const SYSCALL_VECTOR = 0x80;
/** CS, as the cpu numbers segments, and what it holds. */
const CS = 1;
const USER_CODE = 0x23;
const KERNEL_CODE = 0x08;

export function runUser(kernel: Kernel, context: Context, user: UserCode): void {
  if (kernel.profile.faults['KP-26'] && !returnsToUser(kernel, context)) return;
  if (user.kind === 'machine') runMachine(kernel, context);
  else if (user.kind === 'steps') runStep(kernel, context, user);
}

/** What `iretq` makes of the code selector, which tracers could write. */
function returnsToUser(kernel: Kernel, context: Context): boolean {
  const { registers, pid, name } = context;
  const selector = registers.selector(CS);
  if (selector === USER_CODE) return true;
  const named = `0x${selector.toString(16)}`;
  if (selector === KERNEL_CODE) {
    const what = `pid ${pid} (${name}) runs with the kernel's privilege`;
    throw new KernelPanic(`${what}, as its tracer wrote ${named} to cs (KP-26)`, 'machine lost');
  }
  registers.setSelector(CS, USER_CODE);
  context.flow = fault(kernel, context, VECTOR_GP);
  return false;
}

function runMachine(kernel: Kernel, context: Context): void {
  const { cpu } = kernel;
  kernel.core.load(context);
  const before = cpu.retired;
  const exit = cpu.run(kernel.remaining);
  kernel.remaining -= cpu.retired - before;
  kernel.note(TRACE[exit.reason === 'unimplemented' ? 'exception' : exit.reason], context);
  switch (exit.reason) {
    case 'budget':
      return;
    case 'syscall':
      if (context.link !== undefined) callLink(kernel, context);
      else if (trapsInKernel(kernel, context)) enterTrapped(kernel, context);
      else enter(kernel, context);
      return;
    case 'interrupt':
      interrupt(kernel, context, exit);
      return;
    case 'exception':
      exception(kernel, context, exit);
      return;
    case 'unimplemented':
      kernel.tellUndefined({ ...exit, pid: context.pid, name: context.name });
      context.flow = fault(kernel, context, VECTOR_UD);
  }
}

function trapsInKernel({ profile }: Kernel, { registers }: Context): boolean {
  return profile.faults['KP-05'] && (registers.number(RFLAGS) & FLAG_TF) !== 0;
}

function callLink(kernel: Kernel, context: Context): void {
  const { link, userspace } = context;
  if (link === undefined || userspace === undefined) return;
  kernel.charge();
  context.user = { kind: 'steps', steps: link.call(userspace), after: 'machine' };
}

/** `int n`: gates 3 and 0x80 are open to programs, the others protect themselves. */
function interrupt(
  kernel: Kernel,
  context: Context,
  exit: Extract<Exit, { reason: 'interrupt' }>,
): void {
  if (exit.vector === SYSCALL_VECTOR) enterByInterrupt(kernel, context);
  else if (exit.vector === VECTOR_BP) int3(kernel, context, exit.instruction);
  else {
    context.registers.rip = exit.instruction;
    context.flow = fault(kernel, context, VECTOR_GP);
  }
}

/** Until 2019-07-07 (KP-48) gate 3 was closed, too. */
function int3(kernel: Kernel, context: Context, at: bigint): void {
  if (!kernel.profile.faults['KP-48']) {
    context.flow = breakpointTrap(kernel, context);
    return;
  }
  context.registers.rip = at;
  context.flow = fault(kernel, context, VECTOR_GP);
}

function exception(
  kernel: Kernel,
  context: Context,
  exit: Extract<Exit, { reason: 'exception' }>,
): void {
  switch (exit.vector) {
    case VECTOR_PF:
      if (resolvePageFault(context, Number(exit.address), exit.errorCode)) return;
      break;
    case VECTOR_DB:
      context.flow = new DebugTrap(kernel, context);
      return;
    case VECTOR_BP:
      int3(kernel, context, context.registers.rip - 1n);
      return;
  }
  context.flow = fault(kernel, context, exit.vector);
}

/** False when the program made a mistake, or no memory is left for it. */
function resolvePageFault(context: Context, address: number, errorCode: number): boolean {
  try {
    return context.memory.resolve(address, errorCode);
  } catch (error) {
    if (error instanceof OutOfMemoryError) return false;
    throw error;
  }
}

/** Resumes TypeScript with the result of its last call, up to the next one. */
function runStep(
  kernel: Kernel,
  context: Context,
  user: Extract<UserCode, { kind: 'steps' }>,
): void {
  kernel.charge();
  const { registers } = context;
  let step: ReturnType<typeof user.steps.next>;
  try {
    step = user.steps.next(registers.signed(RAX));
  } catch (error) {
    const faulted = error instanceof SegmentationFault || error instanceof OutOfMemoryError;
    if (!faulted) throw error;
    context.flow = fault(kernel, context, VECTOR_PF);
    return;
  }
  if (step.done === true) {
    leave(kernel, context, user.after, step.value);
  } else if (step.value === 'pause') {
    const trapped = user.after !== 'machine' && (registers.number(RFLAGS) & FLAG_TF) !== 0;
    if (trapped) context.flow = new DebugTrap(kernel, context);
  } else {
    setCall(registers, step.value);
    enter(kernel, context);
  }
}

function leave(
  kernel: Kernel,
  context: Context,
  after: Extract<UserCode, { kind: 'steps' }>['after'],
  value: unknown,
): void {
  if (after === 'machine') {
    context.user = MACHINE;
    return;
  }
  const exit = { number: SYS_EXIT, a: typeof value === 'number' ? value : 0 };
  setCall(context.registers, after === 'exit' ? exit : { number: SYS_SIGRETURN });
  enter(kernel, context);
}
