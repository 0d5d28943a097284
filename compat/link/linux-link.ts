// Links a program built for Linux to relibc: each of its `syscall` instructions becomes a call of
// the C library in the program's own process, and that makes Redox's system calls. A tracer sees
// Redox's numbers and stops, as it would after a port.
import type { ImageInfo, Link, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import { CLONE_VM } from '../../kernel-sim/abi/index.js';
import * as linux from '../headers/linux.js';
import { bytesOf, Libc } from '../libc.js';
import { getpid } from '../pal/processes.js';
import type { LibcProfile } from '../profiles.js';
import { buildInitialStack } from './initial-stack.js';
import { LinkedCall } from './linked-call.js';
import type { LinkObserver } from './observer.js';
import { localPath } from './paths.js';
import { RAX, RSP } from './registers.js';
import { ProcessState, ThreadState } from './state.js';

export interface LinuxLinkOptions {
  /** Told once of every call that relibc has no function for; the program gets ENOSYS. */
  readonly unsupported: (name: string, number: number) => void;
  readonly observer?: LinkObserver;
}

export function linuxLink(profile: LibcProfile, options: LinuxLinkOptions): Link {
  const reported = new Set<string>();
  const report = (name: string, number: number) => {
    if (reported.has(name)) return;
    reported.add(name);
    options.unsupported(name, number);
  };
  const { observer } = options;
  const origin = { profile, report, ...(observer && { observer }) };
  return new LinuxLink(origin, new ProcessState(), new ThreadState());
}

/** What the links of a program and its threads share. */
interface Origin {
  readonly profile: LibcProfile;
  readonly report: (name: string, number: number) => void;
  readonly observer?: LinkObserver;
}

class LinuxLink implements Link {
  private libc: Libc | undefined;

  constructor(
    private readonly origin: Origin,
    private readonly process: ProcessState,
    private readonly thread: ThreadState,
  ) {}

  get threads(): object | undefined {
    const { threads } = this.process;
    return threads.several ? threads : undefined;
  }

  get waitsFor(): string | undefined {
    return this.thread.waitsForSignal ? 'a signal' : undefined;
  }

  *start(user: Userspace, image: ImageInfo): SystemCalls<void> {
    this.process.path = bytesOf(localPath(image.path));
    this.process.statics = yield* buildInitialStack(this.libcOf(user), image);
    this.libc = undefined; // made before it was known where its words are
    this.origin.observer?.loaded(image);
  }

  call(user: Userspace): SystemCalls<void> {
    const { process, thread, origin } = this;
    return new LinkedCall(this.libcOf(user), process, thread, origin.report, origin.observer);
  }

  fork(sharesMemory: boolean): Link {
    const thread = new ThreadState();
    thread.pendingClone = this.thread.pendingClone;
    const { profile, report } = this.origin;
    if (!sharesMemory) return new LinuxLink({ profile, report }, this.process.copy(), thread);
    thread.first = ((thread.pendingClone?.flags ?? 0) & linux.CLONE_THREAD) === 0;
    thread.borrows = thread.first;
    const shared = thread.first ? this.process.alone() : this.process;
    const { sessions } = profile.ptrace;
    const process = sessions === 'thread' ? shared.withSessions(new Map()) : shared;
    // nobody observes a process of its own, whatever memory it has until it executes
    const origin = thread.first ? { profile, report } : this.origin;
    return new LinuxLink(origin, process, thread);
  }

  *resumeChild(user: Userspace): SystemCalls<void> {
    const pending = this.thread.pendingClone;
    this.thread.pendingClone = undefined;
    if (pending === undefined) return;
    const { call, flags, stack, parentTid, childTid, tls, fsBase } = pending;
    const { registers, memory } = user;
    const setsTid = (flags & linux.CLONE_CHILD_SETTID) !== 0;
    const shared = (flags & CLONE_VM) !== 0 && parentTid !== 0;
    if (setsTid || shared) {
      const tid = yield* getpid(this.libcOf(user));
      this.thread.tid = tid;
      if (this.thread.first) this.process.threads.first = tid;
      if (setsTid) memory.store32(childTid, tid);
      // On Linux the parent's word is set before either runs. Here the child may be the first, and
      // may have cleared that same word before the parent comes to it.
      if (shared && !pending.parentTidStored) memory.store32(parentTid, tid);
      pending.parentTidStored = shared;
    }
    if ((flags & linux.CLONE_CHILD_CLEARTID) !== 0) this.thread.clearTid = childTid;
    call.restore(registers);
    registers.setNumber(RAX, 0);
    if (stack !== 0) registers.setNumber(RSP, stack);
    registers.fsBase = (flags & linux.CLONE_SETTLS) === 0 ? fsBase : BigInt(tls);
  }

  exec(): Link {
    return new LinuxLink(this.origin, new ProcessState(), new ThreadState());
  }

  private libcOf(user: Userspace): Libc {
    if (this.libc?.user !== user) this.libc = new Libc(user, this.origin.profile, this.process);
    return this.libc;
  }
}
