// relibc as a TypeScript program sees it: the functions of one process's C library, each a
// generator over system calls that returns what the C function returns.
import type { HostedProgram, SystemCalls, Userspace } from '../kernel-sim/abi/index.js';
import { PTRACE_GETREGS, PTRACE_SETREGS } from './headers/sys-ptrace.js';
import { user_regs_struct } from './headers/sys-user.js';
import type { LibcState } from './libc.js';
import { Libc, STATICS_SIZE } from './libc.js';
import { execve } from './pal/execve.js';
import * as fileTree from './pal/file-tree.js';
import * as files from './pal/files.js';
import * as identity from './pal/identity.js';
import * as memory from './pal/memory.js';
import * as processes from './pal/processes.js';
import * as time from './pal/time.js';
import type { LibcProfile } from './profiles.js';
import { libcProfile } from './profiles.js';
import { type DirectCall, ptraceDirectly, waitpidDirectly } from './ptrace/direct.js';
import { ptrace } from './ptrace/ptrace.js';
import { copySessions } from './ptrace/session.js';
import { joinThread, startThread } from './threads.js';
import type { Waited } from './traceme/strategy.js';
import { termsig, waitpid } from './wait.js';

/** What the child of a fork runs, with a library that has the parent's sessions and descriptors. */
export type ForkedProgram = (libc: Relibc) => SystemCalls<number>;

const FUNCTIONS = {
  ...files,
  ...fileTree,
  ...identity,
  ...memory,
  ...processes,
  ...time,
  execve,
  ptrace,
  waitpid,
  wait: waitForStatus,
  WTERMSIG: termsig,
  joinThread,
  startThread: threadWith,
  getRegisters,
  setRegisters,
  fork: forkWith(processes.fork),
  vfork: forkWith(processes.vfork),
};

type WithoutLibc<F> = F extends (libc: Libc, ...rest: infer A) => infer R
  ? (...rest: A) => R
  : never;

/** Every function of the library, without its first parameter. */
export type RelibcFunctions = {
  readonly [K in keyof typeof FUNCTIONS]: WithoutLibc<(typeof FUNCTIONS)[K]>;
};

export interface Relibc extends RelibcFunctions {
  readonly user: Userspace;
  /** What the last function that failed left behind: one of Redox's numbers. */
  readonly errno: number;
  /** ptrace() and waitpid() for who makes system calls as functions, where they are that simple. */
  ptraceDirectly(call: DirectCall, request: number, pid: number): number | undefined;
  waitpidDirectly(call: DirectCall, pid: number, options: number): Waited | undefined;
  /** What it said when it ended the program, if it did. */
  readonly lastWords: string | undefined;
}

/** The library of a process that starts with `user`; the words of its locks lie on the stack. */
export function relibc(user: Userspace, profile: LibcProfile = libcProfile()): Relibc {
  const statics = user.reserve(STATICS_SIZE);
  user.memory.write(statics, new Uint8Array(STATICS_SIZE));
  return bind(new Libc(user, profile, { statics, sessions: new Map() }));
}

type AnyFunction = (libc: Libc, ...rest: unknown[]) => unknown;

/** The types of so many functions at once are beyond the checker; RelibcFunctions restores them. */
function bind(libc: Libc): Relibc {
  const functions = Object.entries(FUNCTIONS as unknown as Record<string, AnyFunction>).map(
    ([name, run]) => [name, run.bind(undefined, libc)],
  );
  const bound = Object.fromEntries(functions) as RelibcFunctions;
  return {
    ...bound,
    user: libc.user,
    ptraceDirectly: (call, request, pid) => ptraceDirectly(libc, call, request, pid),
    waitpidDirectly: (call, pid, options) => waitpidDirectly(libc, call, pid, options),
    get errno() {
      return libc.errno;
    },
    get lastWords() {
      return libc.lastWords;
    },
  };
}

function forkWith(fork: (libc: Libc, child: HostedProgram) => SystemCalls<number>) {
  return (libc: Libc, child: ForkedProgram): SystemCalls<number> => {
    const { statics } = libc.state;
    const sessions = copySessions(libc.state.sessions);
    return fork(libc, (user) => {
      // Scratch memory starts afresh in the child, so the words are set aside again.
      const words = user.memory.read(statics, STATICS_SIZE);
      const state: LibcState = { statics: user.reserve(STATICS_SIZE), sessions };
      user.memory.write(state.statics, words);
      return child(bind(new Libc(user, libc.profile, state)));
    });
  };
}

/** A thread of this process; the number is its pid, by which {@link joinThread} waits for it. */
function threadWith(libc: Libc, program: ForkedProgram): SystemCalls<number> {
  return startThread(libc, (thread) => program(bind(thread)));
}

/** waitpid() whose status is returned instead of stored; `pid` is its result. */
function* waitForStatus(
  libc: Libc,
  pid: number,
  options = 0,
): SystemCalls<{ pid: number; status: number }> {
  const { user } = libc;
  const mark = user.mark();
  const address = user.reserve(8);
  const result = yield* waitpid(libc, pid, address, options);
  const status = user.memory.load32(address);
  user.release(mark);
  return { pid: result, status };
}

/** PTRACE_GETREGS; undefined when ptrace() returns -1. */
function* getRegisters(libc: Libc, pid: number): SystemCalls<user_regs_struct | undefined> {
  const { user } = libc;
  const mark = user.mark();
  const address = user.reserve(user_regs_struct.size);
  const result = yield* ptrace(libc, PTRACE_GETREGS, pid, 0, address);
  const bytes = user.memory.read(address, user_regs_struct.size);
  user.release(mark);
  return result === -1 ? undefined : user_regs_struct.decode(bytes);
}

/** PTRACE_SETREGS. */
function* setRegisters(libc: Libc, pid: number, registers: user_regs_struct): SystemCalls<number> {
  const { user } = libc;
  const mark = user.mark();
  const address = libc.scratch(user_regs_struct.encode(registers));
  const result = yield* ptrace(libc, PTRACE_SETREGS, pid, 0, address);
  user.release(mark);
  return result;
}
