// Linux's calls on processes, threads and users, by relibc's functions for Redox. A thread of
// Redox is a process of its own that shares what the flags of its clone name.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import * as redox from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import { execve } from '../../pal/execve.js';
import * as identity from '../../pal/identity.js';
import * as processes from '../../pal/processes.js';
import { futex } from '../../pal/time.js';
import { ptrace } from '../../ptrace/ptrace.js';
import { waitpid } from '../../wait.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { withPath } from '../paths.js';

const REDOX_CLONE_FLAGS =
  redox.CLONE_VM |
  redox.CLONE_FS |
  redox.CLONE_FILES |
  redox.CLONE_SIGHAND |
  redox.CLONE_VFORK |
  redox.CLONE_THREAD; // the same bits on Linux

/** clone(flags, stack, parent_tid, child_tid, tls): forks as well as threads. */
function clone(call: LinuxCall): SystemCalls<number> {
  const [flags, stack] = [call.value(0), call.value(1)];
  // A child on its parent's own stack cannot share memory here: Redox would give it a new stack.
  const shared = stack === 0 ? flags & ~linux.CLONE_VM : flags | redox.CLONE_STACK;
  return cloneWith(call, shared);
}

function* cloneWith(call: LinuxCall, flags: number): SystemCalls<number> {
  const { libc, thread, process, user } = call;
  const parentTid = (flags & linux.CLONE_PARENT_SETTID) === 0 ? 0 : call.value(2);
  const pending = {
    call,
    flags,
    stack: (flags & redox.CLONE_STACK) === 0 ? 0 : call.value(1),
    parentTid,
    parentTidStored: false,
    childTid: call.value(3),
    tls: call.value(4),
    fsBase: user.registers.fsBase,
  };
  thread.pendingClone = pending;
  if ((flags & linux.CLONE_THREAD) !== 0) process.threaded = true;
  const redoxFlags = flags & (REDOX_CLONE_FLAGS | redox.CLONE_STACK);
  const pid = yield* processes.clone(libc, redoxFlags, pending.stack);
  thread.pendingClone = undefined;
  if (pid !== -1 && parentTid !== 0 && !pending.parentTidStored) {
    user.memory.store32(parentTid, pid);
    pending.parentTidStored = true;
  }
  return pid;
}

/** exit of one thread. Whoever joins it waits for the word at `clearTid` to become zero. */
function* exitThread(call: LinuxCall): SystemCalls<never> {
  const { libc, thread, process, user } = call;
  if (process.threaded && thread.clearTid !== 0) {
    user.memory.store32(thread.clearTid, 0);
    yield* futex(libc, thread.clearTid, redox.FUTEX_WAKE, 1);
  }
  return yield* processes.exit(libc, call.int(0));
}

function* wait4(call: LinuxCall): SystemCalls<number> {
  const pid = yield* waitpid(call.libc, call.int(0), call.value(1), call.int(2));
  const usage = call.value(3);
  if (pid > 0 && usage !== 0) call.user.memory.write(usage, new Uint8Array(linux.RUSAGE_SIZE));
  return pid;
}

function* setTidAddress(call: LinuxCall): SystemCalls<number> {
  call.thread.clearTid = call.value(0);
  return yield* processes.getpid(call.libc);
}

/** Stores the real, effective and (Redox has none) saved id. */
function storeIds(
  real: (libc: LinuxCall['libc']) => SystemCalls<number>,
  effective: (libc: LinuxCall['libc']) => SystemCalls<number>,
): Handler {
  return function* (call) {
    const [r, e] = [yield* real(call.libc), yield* effective(call.libc)];
    for (const [index, id] of [r, e, e].entries()) {
      call.user.memory.store32(call.value(index), id);
    }
    return 0;
  };
}

function* archPrctl(call: LinuxCall): SystemCalls<number> {
  const { registers, memory } = call.user;
  const address = call.word(1);
  yield 'pause';
  switch (call.int(0)) {
    case linux.ARCH_SET_FS:
      registers.fsBase = address;
      return 0;
    case linux.ARCH_SET_GS:
      registers.gsBase = address;
      return 0;
    case linux.ARCH_GET_FS:
      memory.store64(call.value(1), registers.fsBase);
      return 0;
    case linux.ARCH_GET_GS:
      memory.store64(call.value(1), registers.gsBase);
      return 0;
    default:
      return call.libc.fail(redox.EINVAL);
  }
}

function ptraceCall(call: LinuxCall) {
  return ptrace(call.libc, call.int(0), call.int(1), call.value(2), call.value(3));
}

export const PROCESS_CALLS: Readonly<Record<string, Handler>> = {
  clone,
  fork: (call) => cloneWith(call, 0),
  vfork: (call) => cloneWith(call, redox.CLONE_VFORK),
  execve: withPath(0, (call, path) => execve(call.libc, path, call.value(1), call.value(2))),
  exit: exitThread,
  exit_group: (call) => processes.exit(call.libc, call.int(0)),
  wait4,
  ptrace: ptraceCall,
  arch_prctl: archPrctl,
  set_tid_address: setTidAddress,
  getpid: (call) => processes.getpid(call.libc),
  gettid: (call) => processes.getpid(call.libc),
  getppid: (call) => identity.getppid(call.libc),
  getpgid: (call) => identity.getpgid(call.libc, call.int(0)),
  getpgrp: (call) => identity.getpgid(call.libc, 0),
  setpgid: (call) => identity.setpgid(call.libc, call.int(0), call.int(1)),
  getuid: (call) => identity.getuid(call.libc),
  geteuid: (call) => identity.geteuid(call.libc),
  getgid: (call) => identity.getgid(call.libc),
  getegid: (call) => identity.getegid(call.libc),
  setuid: (call) => identity.setreuid(call.libc, call.int(0), call.int(0)),
  setgid: (call) => identity.setregid(call.libc, call.int(0), call.int(0)),
  setreuid: (call) => identity.setreuid(call.libc, call.int(0), call.int(1)),
  setregid: (call) => identity.setregid(call.libc, call.int(0), call.int(1)),
  setresuid: (call) => identity.setreuid(call.libc, call.int(0), call.int(1)),
  setresgid: (call) => identity.setregid(call.libc, call.int(0), call.int(1)),
  getresuid: storeIds(identity.getuid, identity.geteuid),
  getresgid: storeIds(identity.getgid, identity.getegid),
  sched_yield: (call) => processes.schedYield(call.libc),
};
