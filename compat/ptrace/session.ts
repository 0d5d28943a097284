// A tracer's sessions: relibc keeps, for each process it traces, four open files of the proc:
// scheme and whether it has resumed the process yet. src/platform/redox/ptrace.rs.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { ESRCH, O_CLOEXEC, O_RDWR } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { close, open } from '../pal/files.js';
import { tracemeOf } from '../traceme/strategy.js';

export interface Session {
  /** No request has resumed the tracee yet: it still sits in the call that stopped it. */
  first: boolean;
  readonly tracer: number;
  readonly mem: number;
  readonly regs: number;
  readonly fpregs: number;
  /** Lists of system calls that were made before, and may be made again. */
  readonly calls: SessionCalls;
}

/** A system call of a list; all of one shape, which is read fast. */
export interface ListedCall {
  readonly number: number;
  readonly a: number;
  readonly b: number;
  readonly c: number | undefined;
}

/** What the last resume and wait of a session asked of the kernel, and with which memory. */
export interface SessionCalls {
  resume: readonly ListedCall[];
  resumeAt: number;
  wordSize: number;
  wait: readonly ListedCall[];
  waitAt: number;
  waitFlags: number;
}

function noCalls(): SessionCalls {
  return { resume: [], resumeAt: 0, wordSize: 0, wait: [], waitAt: 0, waitFlags: 0 };
}

/** Keyed by pid; sessions are never removed, as in relibc. */
export type Sessions = Map<number, Session>;

export function copySessions(sessions: Sessions): Sessions {
  return new Map([...sessions].map(([pid, session]) => [pid, { ...session, calls: noCalls() }]));
}

/** Locks the table of sessions, if that takes no more than a step; else {@link lockSessions} must. */
export function lockAtOnce(libc: Libc): boolean {
  if (libc.profile.ptrace.sessions === 'thread') return true;
  libc.hasSessions ||= libc.sessionsOnce.done;
  return libc.hasSessions && libc.sessionsLock.lockAtOnce();
}

/** The same for {@link unlockSessions}. */
export function unlockAtOnce(libc: Libc): boolean {
  return libc.profile.ptrace.sessions === 'thread' || libc.sessionsLock.unlockAtOnce();
}

/** The table of sessions is initialised on first use, and locked while it is used. */
export function* lockSessions(libc: Libc): SystemCalls<void> {
  if (libc.profile.ptrace.sessions === 'thread') return;
  yield* libc.sessionsOnce.callOnce();
  yield* libc.sessionsLock.manualLock();
}

export function* unlockSessions(libc: Libc): SystemCalls<void> {
  if (libc.profile.ptrace.sessions === 'process') yield* libc.sessionsLock.manualUnlock();
}

/** The session of a pid, opened if need be; undefined with errno set if there can be none. */
export function* sessionOf(libc: Libc, pid: number): SystemCalls<Session | undefined> {
  const { sessions } = libc.state;
  const known = sessions.get(pid);
  if (known !== undefined) return known;
  if (!(yield* tracemeOf(libc).isTraced(libc, pid))) {
    libc.errno = ESRCH;
    return undefined;
  }
  const session = yield* openSession(libc, pid);
  if (session !== undefined) sessions.set(pid, session);
  return session;
}

function* openSession(libc: Libc, pid: number): SystemCalls<Session | undefined> {
  const flags = O_RDWR | O_CLOEXEC;
  const files: number[] = [];
  for (const [name, extra] of [
    ['trace', libc.profile.ptrace.tracerFlags],
    ['mem', 0],
    ['regs/int', 0],
    ['regs/float', 0],
  ] as const) {
    const file = yield* open(libc, `proc:${pid}/${name}`, flags | extra);
    if (file === -1) {
      for (const opened of files.reverse()) yield* close(libc, opened);
      return undefined;
    }
    files.push(file);
  }
  const [tracer = -1, mem = -1, regs = -1, fpregs = -1] = files;
  return { first: true, tracer, mem, regs, fpregs, calls: noCalls() };
}
