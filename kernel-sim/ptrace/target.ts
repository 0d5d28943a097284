// How a tracer reaches its target: the context, if it lives, and its registers while it is stopped.
// Facts: with_context and try_stop_context of scheme/proc.rs, and what was in their place before.
import type { Registers } from '../../cpu/index.js';
import { ENOTRECOVERABLE, ESRCH } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Reply } from '../scheme/scheme.js';
import type { Services } from '../scheme/services.js';
import { RESCHEDULE, type Syscall } from '../syscall.js';

/** A context that was not reaped. @throws SysError ESRCH */
export function present(contexts: Services['contexts'], pid: number): Context {
  const target = contexts.get(pid);
  if (target === undefined) throw new SysError(ESRCH);
  return target;
}

/** A context that has not ended. @throws SysError ESRCH */
export function living(contexts: Services['contexts'], pid: number): Context {
  const target = contexts.get(pid);
  if (target === undefined || target.exited) throw new SysError(ESRCH);
  return target;
}

/**
 * Stops a context for a moment and acts on its registers. Until June 2020 it could run afterwards,
 * even if it was stopped before (KP-31); a context that does this to itself never runs again
 * (KP-50).
 * @throws SysError ENOTRECOVERABLE when the kernel has no frame with its registers
 */
export function whileStopped(
  target: Context,
  caller: Context,
  services: Services,
  act: (frame: Registers) => number,
): Reply {
  const { faults } = services.profile;
  if (target === caller) {
    if (faults['KP-50']) return freeze(caller);
  } else if (target.running) {
    return onceItStands(target, services, act);
  }
  const frame = target.frameRegisters;
  if (target.ptraceStop && faults['KP-31']) target.ptraceStop = false;
  if (frame === undefined) throw new SysError(ENOTRECOVERABLE);
  return act(frame);
}

/** A target that another CPU runs is frozen until that has noticed. */
function* onceItStands(
  target: Context,
  { contexts, profile }: Services,
  act: (frame: Registers) => number,
): Syscall<number> {
  const wasFrozen = target.ptraceStop && !profile.faults['KP-31'];
  target.ptraceStop = true;
  while (target.running) yield RESCHEDULE;
  living(contexts, target.pid);
  target.ptraceStop = wasFrozen;
  const frame = target.frameRegisters;
  if (frame === undefined) throw new SysError(ENOTRECOVERABLE);
  return act(frame);
}

/** The frame of a context, for which kernels of July 2019 went on looking. */
export function* onceThereIsFrame(
  target: Context,
  caller: Context,
  { contexts, demandHope }: Services,
): Syscall<Registers> {
  for (;;) {
    const frame = target.frameRegisters;
    if (frame !== undefined) return frame;
    demandHope(caller, `the registers of pid ${target.pid}, which it has not`);
    yield RESCHEDULE;
    if (contexts.get(target.pid) !== target) throw new SysError(ESRCH);
  }
}

function* freeze(caller: Context): Syscall<number> {
  caller.ptraceStop = true;
  for (;;) yield RESCHEDULE;
}
