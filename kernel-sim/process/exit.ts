// The end of a context. Source: exit of 2019 (syscall/process.rs), in its order.
import { exitedStatus, PTRACE_STOP_EXIT } from '../abi/index.js';
import type { Context } from '../context.js';
import { IDLE_PID } from '../contexts.js';
import type { Kernel } from '../kernel.js';
import type { Handler, Sleep, Syscall } from '../syscall.js';
import { TRACE } from '../trace-hash.js';

const GONE: Sleep = { describe: () => 'its parent to ask for its status', interruptible: false };

/** SYS_EXIT. */
export const exitCall: Handler = (kernel, caller, code) => exit(kernel, caller, exitedStatus(code));

/** Ends a context with a wait status. Never returns. */
export function* exit(kernel: Kernel, context: Context, status: number): Syscall<never> {
  const { tracing } = kernel.parts;
  if (context.traced) yield* tracing.breakpoint(context, PTRACE_STOP_EXIT, { a: status });
  const tellsEarly = kernel.profile.faults['KP-08'];
  if (context.traced && tellsEarly) tracing.exited(context);
  yield* context.files.leave(context);
  adoptChildren(kernel, context);
  wakeVforkParent(kernel, context);
  kernel.core.unload(context);
  context.memory.release();
  context.status = { kind: 'exited', status };
  kernel.note(TRACE.exited, context, status);
  if (!context.driven) kernel.contexts.living--;
  kernel.signaled.delete(context);
  postStatuses(kernel, context, status);
  if (context.traced && !tellsEarly) tracing.exited(context);
  yield GONE;
  throw new Error(`pid ${context.pid} runs after its end`);
}

/** Lets a parent that waits for exec or exit of this clone go on. */
export function wakeVforkParent(kernel: Kernel, context: Context): void {
  if (!context.vfork) return;
  context.vfork = false;
  kernel.contexts.get(context.ppid)?.unblock();
}

/** Children go to the grandparent, not to init. */
function adoptChildren(kernel: Kernel, context: Context): void {
  for (const child of kernel.contexts.orphan(context.pid)) {
    kernel.contexts.adopt(child, context.ppid);
    child.vfork = false;
  }
}

function postStatuses(kernel: Kernel, context: Context, status: number): void {
  const children = context.waitMap.takeAll();
  const parent = kernel.contexts.get(context.ppid);
  if (parent === undefined || parent.pid === IDLE_PID) return; // nobody will ask
  for (const child of children) parent.waitMap.post(child);
  parent.waitMap.post({ pid: context.pid, pgid: context.pgid, status });
}
