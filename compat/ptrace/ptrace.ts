// ptrace() of relibc: src/platform/redox/ptrace.rs, in the revision of the profile.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { numberedRequest } from '../headers/ptrace-names.js';
import { PTRACE_TRACEME } from '../headers/sys-ptrace.js';
import type { Libc } from '../libc.js';
import { tracemeOf } from '../traceme/strategy.js';
import { REQUESTS } from './requests.js';
import { lockAtOnce, lockSessions, sessionOf, unlockAtOnce, unlockSessions } from './session.js';

/** Returns 0, or -1 with errno set. `addr` and `data` are addresses or ignored. */
export function* ptrace(
  libc: Libc,
  request: number,
  pid = 0,
  addr = 0,
  data = 0,
): SystemCalls<number> {
  if (request === PTRACE_TRACEME) return yield* traceMe(libc);
  const { elsewhere } = tracemeOf(libc);
  if (elsewhere !== undefined) return yield* elsewhere.ptrace(libc, request, pid, data);
  if (!lockAtOnce(libc)) yield* lockSessions(libc);
  const session = libc.state.sessions.get(pid) ?? (yield* sessionOf(libc, pid));
  let result = -1;
  if (session !== undefined) {
    const run = REQUESTS[request];
    if (run === undefined) return yield* unimplemented(libc, request);
    result = yield* run(libc, { pid, session }, addr, data);
  }
  if (!unlockAtOnce(libc)) yield* unlockSessions(libc);
  return result;
}

/** relibc looked for its table of sessions first, which it initialised where there was none. */
function* traceMe(libc: Libc): SystemCalls<number> {
  if (libc.profile.ptrace.sessions === 'process') yield* libc.sessionsOnce.callOnce();
  return yield* tracemeOf(libc).traceMe(libc);
}

/** relibc named neither; a message that does not is of no use to whoever ports a tracer. */
export function unimplemented(libc: Libc, request: number): SystemCalls<never> {
  const what = `${numberedRequest(request)} in relibc ${libc.profile.revision}`;
  return libc.panic(`panicked at 'not yet implemented: ${what}', src/platform/redox/ptrace.rs`);
}
