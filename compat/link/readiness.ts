// Waiting until one of several descriptors is ready, as relibc of 2019 does it for poll and select:
// an event: queue that each descriptor is subscribed to, and a time: file for the timeout.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  CLOCK_MONOTONIC,
  EBADF,
  EVENT_READ,
  EVENT_WRITE,
  Event,
  F_GETFL,
  O_CLOEXEC,
  O_RDWR,
  TimeSpec,
} from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { close, fcntl, open, read, write } from '../pal/files.js';
import { timeSpecAfter } from './timespec.js';

export interface Wanted {
  readonly fd: number;
  /** EVENT_READ and EVENT_WRITE, or-ed. */
  readonly events: number;
}

/** What a descriptor is ready for; `closed` if there is no such descriptor. */
export type Ready = number | 'closed';

const MOST_EVENTS = 32;

/** Waits at most so many nanoseconds (or for ever); undefined with errno set if that fails. */
export function* waitUntilReady(
  libc: Libc,
  wanted: readonly Wanted[],
  nanoseconds: number,
): SystemCalls<readonly Ready[] | undefined> {
  const queue = yield* open(libc, 'event:', O_RDWR | O_CLOEXEC);
  if (queue === -1) return undefined;
  const ready: Ready[] = [];
  for (const [index, one] of wanted.entries()) {
    ready.push(yield* subscribe(libc, queue, one, index));
  }
  const now = ready.some((found) => found !== 0);
  const timer = yield* startTimer(libc, queue, wanted.length, now ? 0 : nanoseconds);
  const received = yield* receive(libc, queue, ready);
  const { errno } = libc;
  if (timer !== -1) yield* close(libc, timer);
  yield* close(libc, queue);
  libc.errno = errno;
  return received ? ready : undefined;
}

/** Files that know no events (those of file:) are ready for everything. */
function* subscribe(
  libc: Libc,
  queue: number,
  { fd, events }: Wanted,
  index: number,
): SystemCalls<Ready> {
  if (events === 0) {
    return (yield* fcntl(libc, fd, F_GETFL, 0)) === -1 && libc.errno === EBADF ? 'closed' : 0;
  }
  const event = { id: fd, flags: events, data: BigInt(index) };
  if ((yield* send(libc, queue, Event.encode(event))) !== -1) return 0;
  const opened = (yield* fcntl(libc, fd, F_GETFL, 0)) !== -1;
  return opened ? events : 'closed';
}

/**
 * A file that the queue tells of when the time is up, its event numbered `index`; returns the file
 * to close, or -1 for an endless wait.
 */
export function* startTimer(
  libc: Libc,
  queue: number,
  index: number,
  nanoseconds: number,
): SystemCalls<number> {
  if (nanoseconds === Number.POSITIVE_INFINITY) return -1;
  const timer = yield* open(libc, `time:${CLOCK_MONOTONIC}`, O_RDWR | O_CLOEXEC);
  if (timer === -1) return -1;
  yield* send(libc, queue, Event.encode({ id: timer, flags: EVENT_READ, data: BigInt(index) }));
  const { user } = libc;
  const mark = user.mark();
  const time = user.reserve(TimeSpec.size);
  yield* read(libc, timer, time, TimeSpec.size);
  const now = TimeSpec.decode(user.memory.read(time, TimeSpec.size));
  user.release(mark);
  yield* send(libc, timer, timeSpecAfter(now, nanoseconds));
  return timer;
}

/** Adds what has happened to `ready`. False if a signal came instead. */
function* receive(libc: Libc, queue: number, ready: Ready[]): SystemCalls<boolean> {
  const { user } = libc;
  const mark = user.mark();
  const size = MOST_EVENTS * Event.size;
  const buffer = user.reserve(size);
  const length = yield* read(libc, queue, buffer, size);
  const bytes = user.memory.read(buffer, Math.max(length, 0));
  user.release(mark);
  for (let offset = 0; offset < bytes.length; offset += Event.size) {
    const { flags, data } = Event.decode(bytes, offset);
    const before = ready[Number(data)];
    const happened = flags & (EVENT_READ | EVENT_WRITE);
    if (typeof before === 'number') ready[Number(data)] = before | happened;
  }
  return length !== -1;
}

export function* send(libc: Libc, fd: number, bytes: Uint8Array): SystemCalls<number> {
  const mark = libc.user.mark();
  const result = yield* write(libc, fd, libc.scratch(bytes), bytes.length);
  libc.user.release(mark);
  return result;
}
