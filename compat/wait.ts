// waitpid() of relibc: src/platform/redox/mod.rs. The kernel's waitpid never reports a ptrace stop
// (it is no stop of a process), so relibc asks the trace file first and pretends a SIGSTOP.
import type { SystemCalls } from '../kernel-sim/abi/index.js';
import { SYS_WAITPID, wifstopped } from '../kernel-sim/abi/index.js';
import type { WaitStatus } from './headers/sys-wait.js';
import { WNOHANG, WTERMSIG, WUNTRACED } from './headers/sys-wait.js';
import type { Libc } from './libc.js';
import { refusesOptions, waitCalls, waitedFor } from './ptrace/direct.js';
import type { Session } from './ptrace/session.js';
import {
  lockAtOnce,
  lockSessions,
  sessionOf,
  unlockAtOnce,
  unlockSessions,
} from './ptrace/session.js';
import { tracemeOf, type Waited } from './traceme/strategy.js';

/**
 * The pid, 0 with WNOHANG, or -1. `status` is where the status goes (an int), or 0. errno is left
 * at ESRCH even on success when the pid has no session.
 */
export function* waitpid(
  libc: Libc,
  pid: number,
  status: number,
  options: number,
): SystemCalls<number> {
  const who = pid === -1 ? 0 : pid;
  let waited: Waited;
  if (tracemeOf(libc).elsewhere !== undefined) {
    waited = yield* waitElsewhere(libc, who, options);
  } else {
    // The table of sessions stays locked while this waits.
    if (!lockAtOnce(libc)) yield* lockSessions(libc);
    const session = libc.state.sessions.get(who);
    waited =
      session === undefined || (options & WNOHANG) !== 0
        ? yield* waitForAny(libc, who, options)
        : yield* waitForTracee(libc, who, session, options);
    if (!unlockAtOnce(libc)) yield* unlockSessions(libc);
  }
  if (status !== 0) libc.user.memory.store32(status, waited.status);
  return waited.result;
}

function* waitElsewhere(libc: Libc, pid: number, options: number): SystemCalls<Waited> {
  const { elsewhere } = tracemeOf(libc);
  const waited = elsewhere && (yield* elsewhere.waitpid(libc, pid, options));
  return waited ?? (yield* waitForRealStop(libc, pid, options));
}

/** Who has no session yet, or is not to be waited for. */
function* waitForAny(libc: Libc, pid: number, options: number): SystemCalls<Waited> {
  if (!libc.profile.ptrace.alwaysUntraced) return yield* kernelWait(libc, pid, options);
  const session = yield* sessionOf(libc, pid);
  if (session !== undefined && (options & WNOHANG) === 0) {
    return yield* waitForTracee(libc, pid, session, options);
  }
  const real = libc.profile.ptrace.stoppedBy === 'status-unasked';
  return yield* (real ? waitForRealStop : waitForOther)(libc, pid, options);
}

/** Waits for the tracee to stop or end, then asks the kernel which of the two it was. */
function* waitForTracee(
  libc: Libc,
  pid: number,
  session: Session,
  options: number,
): SystemCalls<Waited> {
  const mark = libc.user.mark();
  let result = 0;
  const calls = waitCalls(libc, pid, session, options);
  for (const [index, call] of calls.entries()) {
    if (index === calls.length - 1) yield* checkOptions(libc, options);
    result = libc.returned(yield call);
  }
  const waited = waitedFor(libc, pid, session, result);
  libc.user.release(mark);
  return waited;
}

/**
 * Waits with WUNTRACED and means to hide the stops of processes that are not traced. Until 2023
 * what was tested was the pid that was returned, not the status.
 */
function* waitForOther(libc: Libc, pid: number, options: number): SystemCalls<Waited> {
  const byResult = libc.profile.ptrace.stoppedBy === 'result';
  for (;;) {
    const waited = yield* kernelWait(libc, pid, options | WUNTRACED);
    const stopped = wifstopped(byResult ? waited.result : waited.status);
    if (!stopped || (yield* tracemeOf(libc).isTraced(libc, pid))) return waited;
  }
}

/** Stops of the process itself; those of a process that is not traced only if they are asked for. */
function* waitForRealStop(libc: Libc, pid: number, options: number): SystemCalls<Waited> {
  for (;;) {
    const waited = yield* kernelWait(libc, pid, options | WUNTRACED);
    if (!wifstopped(waited.status) || (options & WUNTRACED) !== 0) return waited;
    if (yield* tracemeOf(libc).isTraced(libc, waited.result)) return waited;
  }
}

function* kernelWait(libc: Libc, pid: number, options: number): SystemCalls<Waited> {
  yield* checkOptions(libc, options);
  const { user } = libc;
  const mark = user.mark();
  const status = user.reserve(8); // a usize
  user.memory.storeNumber(status, 0);
  const result = libc.returned(yield { number: SYS_WAITPID, a: pid, b: status, c: options });
  const value = user.memory.load32(status);
  user.release(mark);
  return { result, status: value };
}

function* checkOptions(libc: Libc, options: number): SystemCalls<void> {
  if (!refusesOptions(libc, options)) return;
  const what = `options 0x${(options >>> 0).toString(16)} in relibc ${libc.profile.revision}`;
  yield* libc.panic(`panicked at 'waitpid: invalid bit pattern: ${what}'`);
}

/** WTERMSIG of relibc's sys/wait.h: until 2025 only whether a signal ended the process (KP-25). */
export function termsig(libc: Libc, status: WaitStatus): number {
  const signal = WTERMSIG(status);
  return libc.profile.termsig === 'signal' ? signal : Number(signal !== 0);
}
