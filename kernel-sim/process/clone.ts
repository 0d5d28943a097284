// clone. Source: syscall/process.rs of 2019. The child leaves the kernel by a way of its own, so
// no stop after the call is seen in it; CLONE_THREAD changes nothing.
import { RAX, type Registers, RSP } from '../../cpu/index.js';
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_SIGHAND,
  CLONE_STACK,
  CLONE_VFORK,
  CLONE_VM,
  ESRCH,
} from '../abi/index.js';
import { type Context, MACHINE, RUNNABLE, type UserCode } from '../context.js';
import { cloneTls } from '../exec/tls.js';
import { ProcessUserspace } from '../hosted/userspace.js';
import type { Kernel } from '../kernel.js';
import { clearTrapFlag } from '../ptrace/trap-flag.js';
import { SignalActions } from '../signal/state.js';
import { type Handler, RESCHEDULE, type Sleep, type Syscall } from '../syscall.js';

/** clone(flags, stack) */
export const clone: Handler = (kernel, caller, flags, stack) =>
  cloneAndSwitch(kernel, caller, flags, stack);

function* cloneAndSwitch(
  kernel: Kernel,
  parent: Context,
  flags: number,
  stack: number,
): Syscall<number> {
  const child = makeChild(kernel, parent, flags, stack);
  if (parent.traced) kernel.parts.tracing.cloned(parent, child);
  kernel.contexts.living++;
  child.status = RUNNABLE;
  if (child.vfork) {
    parent.block();
    yield vforkSleep(child);
  } else {
    yield RESCHEDULE;
  }
  return child.pid;
}

const vforkSleep = ({ pid }: Context): Sleep => ({
  describe: () => `exec or exit of pid ${pid} (vfork)`,
  interruptible: true,
});

function makeChild(kernel: Kernel, parent: Context, flags: number, stack: number): Context {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const sharesMemory = has(CLONE_VM);
  const memory = parent.memory.clone({ memory: sharesMemory, stack: has(CLONE_STACK) });
  const child = kernel.createContext(parent.name, parent.files, memory);
  kernel.contexts.adopt(child, parent.pid);
  copyIdentity(parent, child);
  if (has(CLONE_FS)) child.directory = parent.directory;
  else child.directory = { ...parent.directory };
  child.actions = has(CLONE_SIGHAND) ? parent.actions : new SignalActions(parent.actions);
  child.vfork = has(CLONE_VFORK);
  parent.registers.copyTo(child.saved);
  finishFrame(kernel, child.saved);
  child.frame = !kernel.profile.faults['KP-40'];
  if (has(CLONE_STACK)) child.saved.setNumber(RSP, stack);
  try {
    cloneTls(parent, child, sharesMemory);
    startChild(kernel, parent, child, sharesMemory);
  } catch (error) {
    memory.release();
    kernel.contexts.remove(child);
    throw error;
  }
  // last, as no way leads back from here
  child.files = has(CLONE_FILES) ? parent.files.share() : parent.files.copy();
  return child;
}

/** What the child finds in its registers when it leaves the kernel. */
function finishFrame({ profile }: Kernel, registers: Registers): void {
  // with KP-07 it left by a frame that was none, and everything failed
  registers.setNumber(RAX, profile.faults['KP-07'] ? -ESRCH : 0);
  if (!profile.faults['KP-42']) clearTrapFlag(registers);
}

function copyIdentity(parent: Context, child: Context): void {
  child.pgid = parent.pgid;
  child.ruid = parent.ruid;
  child.euid = parent.euid;
  child.rgid = parent.rgid;
  child.egid = parent.egid;
  child.rns = parent.rns;
  child.ens = parent.ens;
  child.umask = parent.umask;
  child.signalMask = parent.signalMask;
}

/** What the child does first in user mode. */
function startChild(kernel: Kernel, parent: Context, child: Context, sharesMemory: boolean): void {
  child.link = parent.link?.fork(sharesMemory);
  if (parent.userspace === undefined) return;
  const userspace = new ProcessUserspace(kernel, child);
  child.userspace = userspace;
  child.user = childCode(parent, child, userspace);
}

function childCode(parent: Context, child: Context, userspace: ProcessUserspace): UserCode {
  if (parent.user.kind === 'machine') return MACHINE;
  if (child.link !== undefined) {
    return { kind: 'steps', steps: child.link.resumeChild(userspace), after: 'machine' };
  }
  const program = parent.userspace?.takeChild();
  if (program === undefined) {
    throw new Error(`pid ${parent.pid} (${parent.name}) cloned itself without nextChild`);
  }
  return { kind: 'steps', steps: program(userspace, [parent.name]), after: 'exit' };
}
