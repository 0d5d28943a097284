// Linux's calls on clocks, sleeping and futexes, by relibc's functions for Redox.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import * as redox from '../../../kernel-sim/abi/index.js';
import { ITimerSpec, TimeSpec } from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import * as time from '../../pal/time.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { NANOSECONDS, timeSpecOf } from '../timespec.js';
import { sleep } from './ready.js';

const WORD = 8;
const MICROSECONDS = 1_000_000;

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

/** A struct itimerval is two struct timeval, which count microseconds. */
const ITIMERVAL_WORDS = 4;

/** Sets ITIMER_REAL to the struct itimerval at `next` unless that is 0; the same for `old`. */
function* itimer(call: LinuxCall, next: number, old: number): SystemCalls<number> {
  const { user, libc } = call;
  const { memory } = user;
  const [spec, found] = [0, 1].map(() => user.reserve(ITimerSpec.size)) as [number, number];
  const scale = (index: number) => (index % 2 === 1 ? NANOSECONDS / MICROSECONDS : 1);
  for (let i = 0; next !== 0 && i < ITIMERVAL_WORDS; i++) {
    memory.storeNumber(spec + i * WORD, memory.loadNumber(next + i * WORD) * scale(i));
  }
  const wanted = next === 0 ? 0 : spec;
  if ((yield* time.setitimer(libc, call.int(0), wanted, found)) === -1) return -1;
  for (let i = 0; old !== 0 && i < ITIMERVAL_WORDS; i++) {
    memory.storeNumber(old + i * WORD, memory.loadNumber(found + i * WORD) / scale(i));
  }
  return 0;
}

/** Seconds that were left of the alarm before: none, as the kernel keeps no timer. */
function* alarm(call: LinuxCall): SystemCalls<number> {
  const { user, libc } = call;
  const [spec, found] = [0, 1].map(() => user.reserve(ITimerSpec.size)) as [number, number];
  user.memory.write(spec, new Uint8Array(ITimerSpec.size));
  user.memory.storeNumber(spec + TimeSpec.size, call.value(0));
  yield* time.setitimer(libc, linux.ITIMER_REAL, spec, found);
  return 0;
}

export const TIME_CALLS: Readonly<Record<string, Handler>> = {
  clock_gettime: clockGettime,
  clock_getres: clockGetres,
  gettimeofday,
  time: seconds,
  nanosleep,
  clock_nanosleep: clockNanosleep,
  alarm,
  getitimer: (call) => itimer(call, 0, call.value(1)),
  setitimer: (call) => itimer(call, call.value(1), call.value(2)),
  futex,
};
