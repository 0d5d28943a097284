// Linux's calls on processes, threads and users, by relibc's functions for Redox. A thread of
// Redox is a process of its own that shares what the flags of its clone name.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import * as redox from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import { PAGE_SIZE } from '../../headers/sys-user.js';
import { execve } from '../../pal/execve.js';
import * as identity from '../../pal/identity.js';
import { mmapAnonymous, munmap } from '../../pal/memory.js';
import type { CString } from '../../pal/path.js';
import * as processes from '../../pal/processes.js';
import { futex, nanosleep } from '../../pal/time.js';
import { ptrace } from '../../ptrace/ptrace.js';
import { waitpid } from '../../wait.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { withPath } from '../paths.js';
import { RSP } from '../registers.js';
import { timeSpecOf } from '../timespec.js';

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
  const threads = (flags & linux.CLONE_THREAD) === 0 ? undefined : process.threads;
  if (threads !== undefined) threads.several = true;
  const redoxFlags = flags & (REDOX_CLONE_FLAGS | redox.CLONE_STACK);
  const pid = yield* processes.clone(libc, redoxFlags, pending.stack);
  thread.pendingClone = undefined;
  if (pid !== -1) threads?.started(pid);
  if (pid !== -1 && parentTid !== 0 && !pending.parentTidStored) {
    user.memory.store32(parentTid, pid);
    pending.parentTidStored = true;
  }
  return pid;
}

/** exit of one thread. Whoever joins it waits for the word at `clearTid` to become zero. */
function* exitThread(call: LinuxCall): SystemCalls<never> {
  const { libc, thread, process, user } = call;
  const { threads } = process;
  if (threads.several) {
    if (!thread.first) threads.ended(yield* ownTid(call));
    if (thread.clearTid !== 0) {
      user.memory.store32(thread.clearTid, 0);
      yield* futex(libc, thread.clearTid, redox.FUTEX_WAKE, 1);
    }
    if (thread.first) yield* awaitOthers(call);
    else if (threads.firstLeft && threads.others.length === 0) {
      yield* processes.kill(libc, threads.first, redox.SIGCONT);
    }
  }
  return yield* processes.exit(libc, threads.ending ?? call.int(0));
}

function* ownTid({ libc, thread }: LinuxCall): SystemCalls<number> {
  thread.tid ??= yield* processes.getpid(libc);
  return thread.tid;
}

/** Who waits for a process is told of its end when the last thread has ended. */
function* awaitOthers({ libc, process }: LinuxCall): SystemCalls<void> {
  const { threads } = process;
  threads.firstLeft = true;
  const word = libc.scratch(new Uint8Array(4));
  while (threads.others.length > 0 && threads.ending === undefined) {
    yield* futex(libc, word, redox.FUTEX_WAIT, 0);
  }
}

/** Nanoseconds that the first thread is given to end by itself. */
const PATIENCE = 10_000_000;

/**
 * exit_group: Redox's exit ends only who calls it, so the others are killed. The first is asked to
 * end, for its status is the one that a parent sees: a signal that does nothing takes it out of
 * what it waits for.
 */
function* exitGroup(call: LinuxCall): SystemCalls<never> {
  const { libc, process, thread } = call;
  const { threads } = process;
  const status = call.int(0);
  if (!threads.several || threads.ending !== undefined) return yield* processes.exit(libc, status);
  threads.ending = status;
  const self = yield* ownTid(call);
  for (const tid of threads.others) {
    if (tid !== self) yield* processes.kill(libc, tid, redox.SIGKILL);
  }
  if (!thread.first && threads.first !== 0) {
    yield* processes.kill(libc, threads.first, redox.SIGCONT);
    yield* nanosleep(libc, libc.scratch(timeSpecOf(PATIENCE)), 0);
    yield* processes.kill(libc, threads.first, redox.SIGKILL);
  }
  return yield* processes.exit(libc, status);
}

/** Scratch that execve needs beside its lists, and 16 bytes for each entry of those. */
const EXECVE_SCRATCH = 0x6000;

/**
 * What a child that borrows its parent's memory writes on its stack may lie in the midst of the
 * parent's (musl's posix_spawn), so execve gets memory of its own; relibc used the heap.
 */
function* execveFrom(call: LinuxCall, path: CString): SystemCalls<number> {
  const { libc, thread, user } = call;
  const [argv, envp] = [call.value(1), call.value(2)];
  if (!thread.borrows) return yield* execve(libc, path, argv, envp);
  const entries = lengthOf(call, argv) + lengthOf(call, envp);
  const size = EXECVE_SCRATCH + Math.ceil((entries * 16) / PAGE_SIZE) * PAGE_SIZE;
  const flags = redox.PROT_READ | redox.PROT_WRITE | redox.MAP_PRIVATE;
  const scratch = yield* mmapAnonymous(libc, size, flags);
  if (scratch === -1) return -1;
  const stack = user.registers.number(RSP);
  user.registers.setNumber(RSP, scratch + size);
  yield* execve(libc, path, argv, envp);
  user.registers.setNumber(RSP, stack);
  const { errno } = libc;
  yield* munmap(libc, scratch);
  return libc.fail(errno);
}

/** How many pointers a list has before its null pointer. */
function lengthOf({ user }: LinuxCall, list: number): number {
  let length = 0;
  if (list !== 0) while (user.memory.loadNumber(list + length * 8) !== 0) length++;
  return length;
}

function* wait4(call: LinuxCall): SystemCalls<number> {
  const pid = yield* waitpid(call.libc, call.int(0), call.value(1), call.int(2));
  const usage = call.value(3);
  if (pid > 0 && usage !== 0) call.user.memory.write(usage, new Uint8Array(linux.RUSAGE_SIZE));
  return pid;
}

/** What a C library asks in each of its threads, so that we learn of it, too. */
function* gettid({ libc, process, thread }: LinuxCall): SystemCalls<number> {
  const tid = yield* processes.getpid(libc);
  thread.tid = tid;
  if (thread.first) process.threads.first = tid;
  return tid;
}

function setTidAddress(call: LinuxCall): SystemCalls<number> {
  call.thread.clearTid = call.value(0);
  return gettid(call);
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
  execve: withPath(0, execveFrom),
  exit: exitThread,
  exit_group: exitGroup,
  wait4,
  ptrace: ptraceCall,
  arch_prctl: archPrctl,
  set_tid_address: setTidAddress,
  getpid: (call) => processes.getpid(call.libc),
  gettid,
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
