// The system calls of signals. Source: syscall/process.rs of 2019. The mask is stored, and heeded
// by nobody.
import {
  EINVAL,
  EPERM,
  ESRCH,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGCONT,
  SIGKILL,
  SIGNAL_LIMIT,
  SigAction,
} from '../abi/index.js';
import { BLOCKED, type Context } from '../context.js';
import { SysError } from '../error.js';
import type { Kernel } from '../kernel.js';
import { GiveWay, type Handler, type Syscall } from '../syscall.js';
import { sigreturn } from './delivery.js';
import { signalIdle } from './idle.js';

const MASK_SIZE = 16;

/** kill(pid, signal) */
export const kill: Handler = (kernel, caller, pid, signal) => sendTo(kernel, caller, pid, signal);

/** @throws SysError EINVAL, ESRCH, EPERM */
export function sendTo(
  kernel: Kernel,
  caller: Context,
  pid: number,
  signal: number,
): Syscall<number> {
  if (!(signal >= 0 && signal < SIGNAL_LIMIT)) throw new SysError(EINVAL);
  if (pid > 0) {
    sendToOne(kernel, caller, pid, signal);
    return new GiveWay();
  }
  let found = 0;
  let permitted = 0;
  for (const target of targets(kernel, caller, pid)) {
    found++;
    if (!mayKill(caller, target)) continue;
    permitted++;
    if (signal !== 0) send(kernel, target, signal);
  }
  if (found === 0) throw new SysError(ESRCH);
  if (permitted === 0) throw new SysError(EPERM);
  return new GiveWay();
}

/** What most calls are for. @throws SysError ESRCH, EPERM */
function sendToOne(kernel: Kernel, caller: Context, pid: number, signal: number): void {
  const target = kernel.contexts.get(pid);
  if (target === undefined) throw new SysError(ESRCH);
  if (!mayKill(caller, target)) throw new SysError(EPERM);
  if (signal !== 0) send(kernel, target, signal);
}

/** Queues a signal; it is delivered when its process is switched to. */
export function send(kernel: Kernel, target: Context, signal: number): void {
  if (target.pid <= kernel.processors.length) {
    signalIdle(target, signal);
    return;
  }
  target.pending.push(signal);
  if (!target.exited) kernel.signaled.add(target);
  const wakes = signal === SIGCONT || (signal === SIGKILL && !kernel.profile.faults['KP-44']);
  if (wakes && target.status.kind === 'stopped') target.status = BLOCKED;
}

/** Those of a group, or all, for a pid that names no process. */
function targets(kernel: Kernel, caller: Context, pid: number): Context[] {
  if (pid === -1) return [...kernel.contexts].filter((context) => context.pid > 2);
  const group = pid === 0 ? caller.pgid : -pid;
  return [...kernel.contexts].filter(({ pgid }) => pgid === group);
}

function mayKill({ euid, ruid }: Context, target: Context): boolean {
  return euid === 0 || euid === target.ruid || ruid === target.ruid;
}

/** sigaction(signal, act, oldact, restorer); either address may be 0 */
export const sigaction: Handler = (_, caller, signal, act, oldact, restorer) => {
  if (!(signal > 0 && signal <= SIGNAL_LIMIT)) throw new SysError(EINVAL);
  const out = oldact === 0 ? undefined : caller.memory.buffer(oldact, SigAction.size, true);
  const bytes = act === 0 ? undefined : caller.memory.read(act, SigAction.size);
  if (out !== undefined) {
    const { handler, maskLow, maskHigh, flags } = caller.action(signal);
    const old = { sa_handler: handler, sa_mask_low: maskLow, sa_mask_high: maskHigh };
    out.write(SigAction.encode({ ...old, sa_flags: flags }));
  }
  if (bytes !== undefined) {
    const { sa_handler, sa_mask_low, sa_mask_high, sa_flags } = SigAction.decode(bytes);
    caller.actions.set(signal, {
      handler: sa_handler,
      maskLow: sa_mask_low,
      maskHigh: sa_mask_high,
      flags: sa_flags,
      restorer,
    });
  }
  return 0;
};

/** sigprocmask(how, mask, oldmask); either address may be 0 */
export const sigprocmask: Handler = (_, caller, how, mask, oldmask) => {
  const out = oldmask === 0 ? undefined : caller.memory.buffer(oldmask, MASK_SIZE, true);
  const bits = mask === 0 ? undefined : caller.memory.read(mask, MASK_SIZE);
  out?.write(caller.signalMask);
  if (bits === undefined) return 0;
  const old = caller.signalMask;
  switch (how) {
    case SIG_BLOCK:
      caller.signalMask = old.map((byte, i) => byte | bits[i]);
      return 0;
    case SIG_UNBLOCK:
      caller.signalMask = old.map((byte, i) => byte & ~bits[i]);
      return 0;
    case SIG_SETMASK:
      caller.signalMask = bits.slice();
      return 0;
    default:
      throw new SysError(EINVAL);
  }
};

/** sigreturn() */
export const sigreturnCall: Handler = (kernel, caller) => sigreturn(kernel, caller);
