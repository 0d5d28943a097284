// waitpid. Source: syscall/process.rs of 2019. -1 means process group 1 here, any child is 0; a
// pid that is nobody's child becomes the caller's ("hack for rustc"); ptrace stops never come this
// way.
import { ECHILD, WCONTINUED, WNOHANG, WUNTRACED, wifcontinued, wifstopped } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Kernel } from '../kernel.js';
import type { Handler, Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import type { Children, ChildStatus } from '../wait-map.js';

const STATUS_SIZE = 8;

/** waitpid(pid, status, flags); the address may be 0 */
export const waitpid: Handler = (kernel, caller, pid, statusAt, flags) => {
  const out = statusAt === 0 ? undefined : caller.memory.buffer(statusAt, STATUS_SIZE, true);
  return (flags & WNOHANG) === 0
    ? wait(kernel, caller, pid, out, flags)
    : look(kernel, caller, pid, out, flags);
};

function* wait(
  kernel: Kernel,
  caller: Context,
  pid: number,
  out: UserBuffer | undefined,
  flags: number,
): Syscall<number> {
  const children = which(pid);
  for (;;) {
    const change =
      adopt(kernel, caller, children) ?? (yield* caller.waitMap.receive(caller, children));
    if (isWanted(change.status, flags)) return tell(kernel, change, out);
  }
}

/** The same with WNOHANG. */
function look(
  kernel: Kernel,
  caller: Context,
  pid: number,
  out: UserBuffer | undefined,
  flags: number,
): number {
  const children = which(pid);
  for (;;) {
    const change = adopt(kernel, caller, children) ?? caller.waitMap.receiveNow(children);
    if (change === undefined) return 0;
    if (isWanted(change.status, flags)) return tell(kernel, change, out);
  }
}

function tell(kernel: Kernel, { pid, status }: ChildStatus, out: UserBuffer | undefined): number {
  out?.write(statusBytes(status));
  if (!wifcontinued(status) && !wifstopped(status)) reap(kernel, pid);
  return pid;
}

function which(pid: number): Children {
  if (pid === 0) return { kind: 'any' };
  return pid > 0 ? { kind: 'pid', pid } : { kind: 'group', pgid: -pid };
}

/** Looks whether there is anybody to wait for; the status of one who is made a child too late. */
function adopt(kernel: Kernel, caller: Context, children: Children): ChildStatus | undefined {
  const { contexts } = kernel;
  if (children.kind === 'any') {
    if (!contexts.hasChildren(caller.pid)) throw new SysError(ECHILD);
    return undefined;
  }
  if (children.kind === 'group') {
    if (!contexts.some(({ pgid }) => pgid === children.pgid)) throw new SysError(ECHILD);
    return undefined;
  }
  const child = contexts.get(children.pid);
  if (child === undefined) throw new SysError(ECHILD);
  if (child.ppid === caller.pid) return undefined;
  contexts.adopt(child, caller.pid);
  const { status, pid, pgid } = child;
  if (status.kind !== 'exited') return undefined;
  caller.waitMap.receiveNow(children);
  return { pid, pgid, status: status.status };
}

/** Other changes are lost, as nobody asked for them. */
function isWanted(status: number, flags: number): boolean {
  if (wifcontinued(status)) return (flags & WCONTINUED) !== 0;
  return !wifstopped(status) || (flags & WUNTRACED) !== 0;
}

function reap(kernel: Kernel, pid: number): void {
  const child = kernel.contexts.get(pid);
  if (child !== undefined) kernel.reap(child);
}

function statusBytes(status: number): Uint8Array {
  const bytes = new Uint8Array(STATUS_SIZE);
  new DataView(bytes.buffer).setUint32(0, status, true);
  return bytes;
}
