// ptrace() of relibc: src/platform/redox/ptrace.rs, in the revision of the profile.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { O_CREAT, O_EXCL, O_STAT } from '../../kernel-sim/abi/index.js';
import { ptraceRequestName } from '../headers/ptrace-names.js';
import { PTRACE_TRACEME } from '../headers/sys-ptrace.js';
import type { Libc } from '../libc.js';
import { open } from '../pal/files.js';
import { getpid } from '../pal/processes.js';
import { REQUESTS } from './requests.js';
import { lockSessions, markerPath, sessionOf, unlockSessions } from './session.js';

/** Returns 0, or -1 with errno set. `addr` and `data` are addresses or ignored. */
export function* ptrace(
  libc: Libc,
  request: number,
  pid = 0,
  addr = 0,
  data = 0,
): SystemCalls<number> {
  if (request === PTRACE_TRACEME) return yield* traceMe(libc);
  yield* lockSessions(libc);
  const result = yield* requestOf(libc, request, pid, addr, data);
  yield* unlockSessions(libc);
  return result;
}

function* requestOf(
  libc: Libc,
  request: number,
  pid: number,
  addr: number,
  data: number,
): SystemCalls<number> {
  const session = libc.state.sessions.get(pid) ?? (yield* sessionOf(libc, pid));
  if (session === undefined) return -1;
  const run = REQUESTS[request];
  if (run === undefined) return yield* unimplemented(libc, request);
  return yield* run(libc, { pid, session }, addr, data);
}

/**
 * A fork's memory is private, so the tracer cannot be told in memory: the tracee makes a file of
 * the chan: scheme whose name says so. Its descriptor stays open until the process ends.
 */
function* traceMe(libc: Libc): SystemCalls<number> {
  if (libc.profile.ptrace.sessions === 'process') yield* libc.sessionsOnce.callOnce();
  if (libc.profile.ptrace.traceme === 'nothing') return 0;
  const pid = yield* getpid(libc);
  const marker = yield* open(libc, markerPath(pid), O_CREAT | O_STAT | O_EXCL);
  return marker === -1 ? -1 : 0;
}

/** relibc named neither; a message that does not is of no use to whoever ports a tracer. */
function unimplemented(libc: Libc, request: number): SystemCalls<never> {
  const what = `${ptraceRequestName(request)} (${request}) in relibc ${libc.profile.revision}`;
  return libc.panic(`panicked at 'not yet implemented: ${what}', src/platform/redox/ptrace.rs`);
}
