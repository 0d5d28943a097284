// relibc's Pal for Redox, 2019-08: clocks, sleeping, futexes and random bytes. Redox's timespec has
// a 32-bit tv_nsec and padding where Linux's has 64 bits, so the same bytes serve both.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  EINVAL,
  ITimerSpec,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
  SYS_CLOCK_GETTIME,
  SYS_FUTEX,
  SYS_NANOSLEEP,
  TimeSpec,
} from '../../kernel-sim/abi/index.js';
import { ITIMER_REAL } from '../headers/linux.js';
import type { Libc } from '../libc.js';
import { close, open, read, write } from './files.js';

/** Stores a struct timespec at `time`. */
export function clockGettime(libc: Libc, clock: number, time: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_CLOCK_GETTIME, a: clock, b: time });
}

export function* readClock(libc: Libc, clock: number): SystemCalls<TimeSpec | undefined> {
  const { user } = libc;
  const mark = user.mark();
  const buffer = user.reserve(TimeSpec.size);
  const result = yield* clockGettime(libc, clock, buffer);
  const bytes = user.memory.read(buffer, TimeSpec.size);
  user.release(mark);
  return result === -1 ? undefined : TimeSpec.decode(bytes);
}

/** `remaining` may be 0. */
export function* nanosleep(libc: Libc, request: number, remaining: number): SystemCalls<number> {
  const { user } = libc;
  const mark = user.mark();
  const rest = remaining === 0 ? user.reserve(TimeSpec.size) : remaining;
  const result = yield* libc.invoke({ number: SYS_NANOSLEEP, a: request, b: rest });
  user.release(mark);
  return result;
}

/** For FUTEX_WAIT, `value2` is the address of a relative timeout or 0. */
export function futex(
  libc: Libc,
  address: number,
  operation: number,
  value: number,
  value2 = 0,
  address2 = 0,
): SystemCalls<number> {
  return libc.invoke({
    number: SYS_FUTEX,
    a: address,
    b: operation,
    c: value,
    d: value2,
    e: address2,
  });
}

/** The only timer that there is a file for, by the clock it counts on. */
const ITIMER = 'itimer:1';

/**
 * Gives the timer at `old` and takes the one at `next`, if that is not 0. The kernel's is zero
 * whatever it was given, and never sends SIGALRM.
 */
export function* setitimer(
  libc: Libc,
  which: number,
  next: number,
  old: number,
): SystemCalls<number> {
  if (which !== ITIMER_REAL) return libc.fail(EINVAL);
  const fd = yield* open(libc, ITIMER, O_RDWR | O_CLOEXEC);
  if (fd === -1) return -1;
  let count = yield* read(libc, fd, old, ITimerSpec.size);
  if (count !== -1 && next !== 0) count = yield* write(libc, fd, next, ITimerSpec.size);
  yield* close(libc, fd);
  return count === -1 ? -1 : 0;
}

export function* getrandom(libc: Libc, buffer: number, size: number): SystemCalls<number> {
  const fd = yield* open(libc, 'rand:', O_RDONLY | O_CLOEXEC);
  if (fd === -1) return -1;
  const result = yield* read(libc, fd, buffer, size);
  yield* close(libc, fd);
  return result;
}
