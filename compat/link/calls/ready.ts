// poll and select of Linux, over the event queues of Redox.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import { EINTR, EVENT_READ, EVENT_WRITE, FUTEX_WAIT } from '../../../kernel-sim/abi/index.js';
import { futex, nanosleep } from '../../pal/time.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import type { Ready, Wanted } from '../readiness.js';
import { waitUntilReady } from '../readiness.js';
import { NANOSECONDS, timeSpecOf } from '../timespec.js';

const FOREVER = Number.POSITIVE_INFINITY;
const POLLIN = 0x001;
const POLLOUT = 0x004;
const POLLNVAL = 0x020;
/** struct pollfd: an int, and two shorts for what is wanted and what was found. */
const POLLFD = 8;

export function sleep(call: LinuxCall, nanoseconds: number): SystemCalls<number> {
  if (nanoseconds === FOREVER) return untilSignal(call);
  return nanosleep(call.libc, call.libc.scratch(timeSpecOf(nanoseconds)), 0);
}

/** Nothing in Redox waits for a signal alone; a futex that nobody wakes ends by a signal. */
function* untilSignal({ libc, thread }: LinuxCall): SystemCalls<number> {
  const word = libc.scratch(new Uint8Array(4));
  thread.waitsForSignal = true;
  yield* futex(libc, word, FUTEX_WAIT, 0);
  thread.waitsForSignal = false;
  return libc.fail(EINTR);
}

/** The time in a timespec (unit 1) or timeval (unit 1000); none means for ever. */
function timeoutAt({ user }: LinuxCall, address: number, unit: number): number {
  if (address === 0) return FOREVER;
  const { memory } = user;
  return memory.loadNumber(address) * NANOSECONDS + memory.loadNumber(address + 8) * unit;
}

function* pollFor(call: LinuxCall, nanoseconds: number): SystemCalls<number> {
  const { memory } = call.user;
  const entries = Array.from({ length: call.int(1) }, (_, i) => call.value(0) + i * POLLFD);
  const asked = entries.filter((entry) => (memory.load32(entry) | 0) >= 0);
  for (const entry of entries) memory.store32(entry + 4, memory.load32(entry + 4) & 0xffff);
  if (asked.length === 0) return yield* sleep(call, nanoseconds);
  const ready = yield* waitUntilReady(
    call.libc,
    asked.map((entry) => ({
      fd: memory.load32(entry),
      events: eventsOf(memory.load32(entry + 4)),
    })),
    nanoseconds,
  );
  if (ready === undefined) return -1;
  let count = 0;
  for (const [index, entry] of asked.entries()) {
    const found = pollFlagsOf(ready[index] ?? 0);
    memory.store32(entry + 4, (memory.load32(entry + 4) & 0xffff) | (found << 16));
    if (found !== 0) count++;
  }
  return count;
}

function eventsOf(flags: number): number {
  return ((flags & POLLIN) === 0 ? 0 : EVENT_READ) | ((flags & POLLOUT) === 0 ? 0 : EVENT_WRITE);
}

function pollFlagsOf(ready: Ready): number {
  if (ready === 'closed') return POLLNVAL;
  return ((ready & EVENT_READ) === 0 ? 0 : POLLIN) | ((ready & EVENT_WRITE) === 0 ? 0 : POLLOUT);
}

function poll(call: LinuxCall) {
  const milliseconds = call.int(2);
  return pollFor(call, milliseconds < 0 ? FOREVER : milliseconds * 1e6);
}

function ppoll(call: LinuxCall) {
  return pollFor(call, timeoutAt(call, call.value(2), 1));
}

/** select and pselect6: bit sets of descriptors for reading, writing, and exceptions (none here). */
function selectWith(unit: number): Handler {
  return function* (call) {
    const size = Math.ceil(call.int(0) / 8);
    const places = [call.value(1), call.value(2), call.value(3)];
    const { memory } = call.user;
    const sets = places.map((place) =>
      place === 0 ? new Uint8Array(size) : memory.read(place, size),
    );
    const [reading = sets[0], writing = sets[1]] = sets;
    const wanted = wantedOf(call.int(0), reading, writing);
    const timeout = timeoutAt(call, call.value(4), unit);
    if (wanted.length === 0) return yield* sleep(call, timeout);
    const ready = yield* waitUntilReady(call.libc, wanted, timeout);
    if (ready === undefined) return -1;
    for (const set of sets) set.fill(0);
    let count = 0;
    for (const [index, { fd }] of wanted.entries()) {
      const found = ready[index];
      if (typeof found !== 'number') continue;
      if ((found & EVENT_READ) !== 0) count += include(reading, fd);
      if ((found & EVENT_WRITE) !== 0) count += include(writing, fd);
    }
    for (const [index, place] of places.entries()) {
      if (place !== 0) memory.write(place, sets[index] ?? new Uint8Array(size));
    }
    return count;
  };
}

function wantedOf(limit: number, reading: Uint8Array, writing: Uint8Array): Wanted[] {
  const wanted: Wanted[] = [];
  for (let fd = 0; fd < limit; fd++) {
    const events = (has(reading, fd) ? EVENT_READ : 0) | (has(writing, fd) ? EVENT_WRITE : 0);
    if (events !== 0) wanted.push({ fd, events });
  }
  return wanted;
}

function has(set: Uint8Array, fd: number): boolean {
  return ((set[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0;
}

function include(set: Uint8Array, fd: number): 1 {
  set[fd >> 3] = (set[fd >> 3] ?? 0) | (1 << (fd & 7));
  return 1;
}

export const READY_CALLS: Readonly<Record<string, Handler>> = {
  poll,
  ppoll,
  select: selectWith(1000),
  pselect6: selectWith(1),
  pause: untilSignal,
  rt_sigsuspend: untilSignal, // the kernel of these years does not heed masks
};
