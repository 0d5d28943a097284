// epoll of Linux as relibc had it on Redox (src/platform/redox/epoll.rs): the descriptor is a queue
// of event:, a descriptor is added by writing to it, and waiting is reading from it. What Redox's
// queues tell is edge-triggered, whatever was asked.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import {
  EINVAL,
  EVENT_NONE,
  EVENT_READ,
  EVENT_WRITE,
  Event,
  O_CLOEXEC,
  O_RDWR,
  TimeSpec,
} from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import { close, open, read } from '../../pal/files.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { send, startTimer } from '../readiness.js';

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;
/** struct epoll_event is packed: an int, and 8 bytes of the program's own. */
const EPOLL_EVENT = 12;
const MOST_EVENTS = 64;
/** What marks the event of a timer, which threads that wait with one queue may take from each other. */
const TIMER = -1;
const TIMER_DATA = BigInt.asUintN(64, BigInt(TIMER));
const AT_ONCE = new Uint8Array(TimeSpec.size);

function create({ libc }: LinuxCall, flags: number): SystemCalls<number> {
  const closes = (flags & linux.O_CLOEXEC) === 0 ? 0 : O_CLOEXEC;
  return open(libc, 'event:', O_RDWR | closes);
}

function* control(call: LinuxCall): SystemCalls<number> {
  const [queue, operation, id, event] = [call.int(0), call.int(1), call.int(2), call.value(3)];
  const { libc, user } = call;
  let flags = EVENT_NONE;
  let data = 0n;
  if (operation === EPOLL_CTL_ADD || operation === EPOLL_CTL_MOD) {
    const wanted = user.memory.load32(event);
    if ((wanted & EPOLLIN) !== 0) flags |= EVENT_READ;
    if ((wanted & EPOLLOUT) !== 0) flags |= EVENT_WRITE;
    data = user.memory.load64(event + 4);
  } else if (operation !== EPOLL_CTL_DEL) {
    return libc.fail(EINVAL);
  }
  const sent = yield* send(libc, queue, Event.encode({ id, flags, data }));
  return sent === -1 ? -1 : 0;
}

/** epoll_wait and epoll_pwait; the mask of the latter is one that this kernel does not heed. */
function* wait(call: LinuxCall): SystemCalls<number> {
  const { libc, user } = call;
  const [queue, target, room, milliseconds] = [
    call.int(0),
    call.value(1),
    call.int(2),
    call.int(3),
  ];
  if (room <= 0) return libc.fail(EINVAL);
  const span = milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds * 1e6;
  const timer = yield* startTimer(libc, queue, TIMER, span);
  // one more than there is room for, as the timer's may be among them
  const size = Math.min(room + (timer === -1 ? 0 : 1), MOST_EVENTS) * Event.size;
  const buffer = user.reserve(size);
  const length = yield* read(libc, queue, buffer, size);
  const { errno } = libc;
  if (timer !== -1) yield* close(libc, timer);
  libc.errno = errno;
  if (length === -1) return -1;
  const bytes = user.memory.read(buffer, length);
  let count = 0;
  for (let offset = 0; offset < length && count < room; offset += Event.size) {
    const { id, flags, data } = Event.decode(bytes, offset);
    if (data === TIMER_DATA) {
      if (id !== timer) yield* send(libc, id, AT_ONCE); // so that its own thread hears of it, too
      continue;
    }
    const reading = (flags & EVENT_READ) === 0 ? 0 : EPOLLIN;
    const writing = (flags & EVENT_WRITE) === 0 ? 0 : EPOLLOUT;
    const place = target + count * EPOLL_EVENT;
    user.memory.store32(place, reading | writing);
    user.memory.store64(place + 4, data);
    count++;
  }
  return count;
}

export const EPOLL_CALLS: Readonly<Record<string, Handler>> = {
  epoll_create: (call) => create(call, 0),
  epoll_create1: (call) => create(call, call.int(0)),
  epoll_ctl: control,
  epoll_wait: wait,
  epoll_pwait: wait,
};
