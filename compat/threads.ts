// Threads of a TypeScript program, as relibc made them (pte_clone of src/platform/redox): clones that
// share everything but their stack, each of them a process to the kernel.
import type { SystemCalls } from '../kernel-sim/abi/index.js';
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_SIGHAND,
  CLONE_STACK,
  CLONE_VM,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  SYS_WAITPID,
} from '../kernel-sim/abi/index.js';
import { Libc } from './libc.js';
import { mmapAnonymous } from './pal/memory.js';
import { clone } from './pal/processes.js';

const THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_STACK;
const STACK_SIZE = 0x1_0000;

/** Its pid, or -1. relibc's own state is shared, but for sessions that belong to threads. */
export function* startThread(
  libc: Libc,
  program: (thread: Libc) => SystemCalls<number>,
): SystemCalls<number> {
  const stack = yield* mmapAnonymous(libc, STACK_SIZE, MAP_PRIVATE | PROT_READ | PROT_WRITE);
  if (stack === -1) return -1;
  const { profile, state } = libc;
  const sessions = profile.ptrace.sessions === 'thread' ? new Map() : state.sessions;
  libc.user.nextChild((user) =>
    program(new Libc(user, profile, { statics: state.statics, sessions })),
  );
  return yield* clone(libc, THREAD, stack + STACK_SIZE);
}

/** Waits for a thread's end by the kernel alone: waitpid() would ask for ptrace sessions first. */
export function joinThread(libc: Libc, pid: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_WAITPID, a: pid, b: 0, c: 0 });
}
