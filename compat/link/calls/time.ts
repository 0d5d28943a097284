// Linux's calls on clocks, sleeping, futexes and readiness, by relibc's functions for Redox.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import * as redox from '../../../kernel-sim/abi/index.js';
import { TimeSpec } from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import * as time from '../../pal/time.js';
import type { Handler, LinuxCall } from '../linux-call.js';

const NANOSECONDS = 1_000_000_000;
const FOREVER = Number.POSITIVE_INFINITY;

/** Redox has two clocks; processor time and the rest count on the monotonic one. */
function redoxClock(clock: number): number {
  const real =
    clock === linux.CLOCK_REALTIME ||
    clock === linux.CLOCK_REALTIME_COARSE ||
    clock === linux.CLOCK_TAI;
  return real ? redox.CLOCK_REALTIME : redox.CLOCK_MONOTONIC;
}

function clockGettime(call: LinuxCall) {
  return time.clockGettime(call.libc, redoxClock(call.int(0)), call.value(1));
}

/** One tick of Redox's timer. */
function* clockGetres(call: LinuxCall): SystemCalls<number> {
  const target = call.value(1);
  yield 'pause';
  if (target !== 0) {
    call.user.memory.write(target, TimeSpec.encode({ tv_sec: 0, tv_nsec: 2_250_286 }));
  }
  return 0;
}

function* gettimeofday(call: LinuxCall): SystemCalls<number> {
  const now = yield* time.readClock(call.libc, redox.CLOCK_REALTIME);
  if (now === undefined) return -1;
  const [target, zone] = [call.value(0), call.value(1)];
  const { memory } = call.user;
  if (target !== 0) {
    memory.storeNumber(target, now.tv_sec);
    memory.storeNumber(target + 8, Math.floor(now.tv_nsec / 1000));
  }
  if (zone !== 0) memory.storeNumber(zone, 0);
  return 0;
}

function* seconds(call: LinuxCall): SystemCalls<number> {
  const now = yield* time.readClock(call.libc, redox.CLOCK_REALTIME);
  if (now === undefined) return -1;
  const target = call.value(0);
  if (target !== 0) call.user.memory.storeNumber(target, now.tv_sec);
  return now.tv_sec;
}

function nanosleep(call: LinuxCall) {
  return time.nanosleep(call.libc, call.value(0), call.value(1));
}

function* clockNanosleep(call: LinuxCall): SystemCalls<number> {
  if ((call.int(1) & linux.TIMER_ABSTIME) === 0) {
    return yield* time.nanosleep(call.libc, call.value(2), call.value(3));
  }
  const until = yield* remaining(call, call.value(2), call.int(0));
  if (until === undefined) return -1;
  return until === 0 ? 0 : yield* sleep(call, until);
}

/** Nanoseconds from now to the absolute time at an address; 0 when it has passed. */
function* remaining(
  call: LinuxCall,
  address: number,
  clock: number,
): SystemCalls<number | undefined> {
  const now = yield* time.readClock(call.libc, redoxClock(clock));
  if (now === undefined) return undefined;
  const until = TimeSpec.decode(call.user.memory.read(address, TimeSpec.size));
  const difference = (until.tv_sec - now.tv_sec) * NANOSECONDS + (until.tv_nsec - now.tv_nsec);
  return Math.max(0, difference);
}

function timeSpecOf(nanoseconds: number): Uint8Array {
  const tv_sec = Math.floor(nanoseconds / NANOSECONDS);
  return TimeSpec.encode({ tv_sec, tv_nsec: nanoseconds - tv_sec * NANOSECONDS });
}

function sleep(call: LinuxCall, nanoseconds: number): SystemCalls<number> {
  if (nanoseconds === FOREVER) return untilSignal(call);
  return time.nanosleep(call.libc, call.libc.scratch(timeSpecOf(nanoseconds)), 0);
}

/** Nothing in Redox waits for a signal alone; a futex that nobody wakes ends by a signal. */
function* untilSignal({ libc }: LinuxCall): SystemCalls<number> {
  const word = libc.scratch(new Uint8Array(4));
  yield* time.futex(libc, word, redox.FUTEX_WAIT, 0);
  return libc.fail(redox.EINTR);
}

function* futex(call: LinuxCall): SystemCalls<number> {
  const { libc } = call;
  const [address, operation, value] = [call.value(0), call.int(1), call.int(2)];
  const command = operation & linux.FUTEX_COMMAND_MASK;
  switch (command) {
    case linux.FUTEX_WAIT:
      return yield* time.futex(libc, address, redox.FUTEX_WAIT, value, call.value(3));
    case linux.FUTEX_WAIT_BITSET:
      return yield* futexWaitUntil(call, address, value);
    case linux.FUTEX_WAKE:
    case linux.FUTEX_WAKE_BITSET:
      return yield* time.futex(libc, address, redox.FUTEX_WAKE, value);
    case linux.FUTEX_CMP_REQUEUE:
    case linux.FUTEX_REQUEUE: {
      const expected = call.value(5) | 0;
      const found = call.user.memory.load32(address) | 0;
      if (command === linux.FUTEX_CMP_REQUEUE && found !== expected) {
        return libc.fail(redox.EAGAIN);
      }
      const [most, other] = [call.value(3), call.value(4)];
      return yield* time.futex(libc, address, redox.FUTEX_REQUEUE, value, most, other);
    }
    default:
      call.report(`futex operation ${command}`);
      return libc.fail(redox.ENOSYS);
  }
}

/**
 * FUTEX_WAIT_BITSET's timeout is absolute, Redox's relative. Redox answers 0 to a wake-up and to a
 * timeout alike, so the clock is asked again to tell them apart.
 */
function* futexWaitUntil(call: LinuxCall, address: number, value: number): SystemCalls<number> {
  const { libc, user } = call;
  const deadline = call.value(3);
  if (deadline === 0) return yield* time.futex(libc, address, redox.FUTEX_WAIT, value);
  const realtime = (call.int(1) & linux.FUTEX_CLOCK_REALTIME) !== 0;
  const clock = realtime ? linux.CLOCK_REALTIME : 1;
  const left = yield* remaining(call, deadline, clock);
  if (left === undefined) return -1;
  if (left === 0) return libc.fail(redox.ETIMEDOUT);
  const timeout = libc.scratch(timeSpecOf(left));
  const result = yield* time.futex(libc, address, redox.FUTEX_WAIT, value, timeout);
  if (result !== 0 || (user.memory.load32(address) | 0) !== value) return result;
  return (yield* remaining(call, deadline, clock)) === 0 ? libc.fail(redox.ETIMEDOUT) : 0;
}

const POLLIN = 0x001;
const POLLOUT = 0x004;
const POLLFD = 8;

/** Every descriptor counts as ready at once; only a call without descriptors sleeps. */
function* pollFor(call: LinuxCall, nanoseconds: number): SystemCalls<number> {
  const { memory } = call.user;
  const count = call.int(1);
  if (count === 0) return yield* sleep(call, nanoseconds);
  let ready = 0;
  yield 'pause';
  for (let index = 0; index < count; index++) {
    const entry = call.value(0) + index * POLLFD;
    const opened = (memory.load32(entry) | 0) >= 0;
    const wanted = memory.load32(entry + 4) & 0xffff;
    const found = opened ? wanted & (POLLIN | POLLOUT) : 0;
    memory.store32(entry + 4, wanted | (found << 16));
    if (found !== 0) ready++;
  }
  return ready;
}

function poll(call: LinuxCall) {
  const milliseconds = call.int(2);
  return pollFor(call, milliseconds < 0 ? FOREVER : milliseconds * 1e6);
}

function ppoll(call: LinuxCall) {
  return pollFor(call, timeoutAt(call, call.value(2), 1));
}

/** The time in a timespec (unit 1) or timeval (unit 1000); none means for ever. */
function timeoutAt({ user }: LinuxCall, address: number, unit: number): number {
  if (address === 0) return FOREVER;
  const { memory } = user;
  return memory.loadNumber(address) * NANOSECONDS + memory.loadNumber(address + 8) * unit;
}

/** select and pselect6: sets stay as they are, but nothing is ever exceptional. */
function selectWith(unit: number): Handler {
  return function* (call) {
    const count = call.int(0);
    const bytes = Math.ceil(count / 8);
    if (bytes === 0) return yield* sleep(call, timeoutAt(call, call.value(4), unit));
    yield 'pause';
    const { memory } = call.user;
    let ready = 0;
    for (const set of [call.value(1), call.value(2)]) {
      if (set === 0) continue;
      for (const byte of memory.read(set, bytes)) ready += bitsOf(byte);
    }
    if (call.value(3) !== 0) memory.write(call.value(3), new Uint8Array(bytes));
    return ready;
  };
}

function bitsOf(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}

export const TIME_CALLS: Readonly<Record<string, Handler>> = {
  clock_gettime: clockGettime,
  clock_getres: clockGetres,
  gettimeofday,
  time: seconds,
  nanosleep,
  pause: untilSignal,
  rt_sigsuspend: untilSignal, // masks have no effect on this kernel anyway
  clock_nanosleep: clockNanosleep,
  futex,
  poll,
  ppoll,
  select: selectWith(1000),
  pselect6: selectWith(1),
};
