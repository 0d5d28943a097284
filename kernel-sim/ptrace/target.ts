// How a tracer reaches its target: the context, if it lives, and its registers while it is stopped.
// Facts: with_context and try_stop_context of scheme/proc.rs, 2019-08 (P7).
import type { Registers } from '../../cpu/index.js';
import { ENOTRECOVERABLE, ESRCH } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Reply } from '../scheme/scheme.js';
import type { Services } from '../scheme/services.js';
import { RESCHEDULE, type Syscall } from '../syscall.js';

/** A context that has not ended. @throws SysError ESRCH */
export function living(contexts: Services['contexts'], pid: number): Context {
  const target = contexts.get(pid);
  if (target === undefined || target.exited) throw new SysError(ESRCH);
  return target;
}

/**
 * Stops a context for a moment and acts on its registers. Afterwards it may run, even if it was
 * stopped before (KP-31); a context that does this to itself never runs again (KP-50).
 * @throws SysError ENOTRECOVERABLE when the kernel has no frame with its registers
 */
export function whileStopped(
  target: Context,
  caller: Context,
  act: (frame: Registers) => number,
): Reply {
  if (target === caller) return freeze(caller);
  const frame = target.frameRegisters;
  if (target.ptraceStop) target.ptraceStop = false;
  if (frame === undefined) throw new SysError(ENOTRECOVERABLE);
  return act(frame);
}

function* freeze(caller: Context): Syscall<number> {
  caller.ptraceStop = true;
  for (;;) yield RESCHEDULE;
}
