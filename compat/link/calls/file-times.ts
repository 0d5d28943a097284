// Linux's ways to set a file's times, by relibc's futimens: on a descriptor, as relibc's utimens
// opened the path and went on with that.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import { CLOCK_REALTIME, O_STAT, TimeSpec } from '../../../kernel-sim/abi/index.js';
import { readStat, withFile } from '../../pal/file-tree.js';
import { futimens } from '../../pal/files.js';
import type { CString } from '../../pal/path.js';
import { readClock } from '../../pal/time.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { pathArgumentAt, withPath, withPathAt } from '../paths.js';

const UTIME_NOW = 0x3fff_ffff;
const UTIME_OMIT = 0x3fff_fffe;

/** Access and modification, each perhaps with a tv_nsec that stands for another time. */
type Times = readonly [TimeSpec, TimeSpec];

const NOW: TimeSpec = { tv_sec: 0, tv_nsec: UTIME_NOW };

/** Two times at an address, each of two words, the second in so many nanoseconds; none: now. */
function timesAt({ user: { memory } }: LinuxCall, address: number, unit: number): Times {
  if (address === 0) return [NOW, NOW];
  const at = (place: number): TimeSpec => ({
    tv_sec: memory.loadNumber(place),
    tv_nsec: memory.loadNumber(place + 8) * unit,
  });
  return [at(address), at(address + 16)];
}

/** struct utimbuf: two words of seconds. */
function secondsAt({ user: { memory } }: LinuxCall, address: number): Times {
  if (address === 0) return [NOW, NOW];
  const at = (place: number) => ({ tv_sec: memory.loadNumber(place), tv_nsec: 0 });
  return [at(address), at(address + 8)];
}

function* setTimes({ libc }: LinuxCall, fd: number, times: Times): SystemCalls<number> {
  const now = yield* readClock(libc, CLOCK_REALTIME);
  const stat = yield* readStat(libc, fd);
  if (now === undefined || stat === undefined) return -1;
  const before: Times = [
    { tv_sec: stat.st_atime, tv_nsec: stat.st_atime_nsec },
    { tv_sec: stat.st_mtime, tv_nsec: stat.st_mtime_nsec },
  ];
  const bytes = new Uint8Array(2 * TimeSpec.size);
  for (const [index, time] of times.entries()) {
    let chosen = time;
    if (time.tv_nsec === UTIME_NOW) chosen = now;
    if (time.tv_nsec === UTIME_OMIT) chosen = before[index] ?? time;
    bytes.set(TimeSpec.encode(chosen), index * TimeSpec.size);
  }
  return yield* futimens(libc, fd, libc.scratch(bytes));
}

function setTimesOf(call: LinuxCall, path: CString, times: Times): SystemCalls<number> {
  return withFile(call.libc, path, O_STAT, (fd) => setTimes(call, fd, times));
}

/** Without a path it is futimens, of the descriptor. */
function* utimensat(call: LinuxCall): SystemCalls<number> {
  const times = timesAt(call, call.value(2), 1);
  if (call.value(1) === 0) return yield* setTimes(call, call.int(0), times);
  const path = yield* pathArgumentAt(call, 1);
  return path === undefined ? -1 : yield* setTimesOf(call, path, times);
}

export const FILE_TIME_CALLS: Readonly<Record<string, Handler>> = {
  utimensat,
  utime: withPath(0, (call, path) => setTimesOf(call, path, secondsAt(call, call.value(1)))),
  utimes: withPath(0, (call, path) => setTimesOf(call, path, timesAt(call, call.value(1), 1000))),
  futimesat: withPathAt(1, (call, path) =>
    setTimesOf(call, path, timesAt(call, call.value(2), 1000)),
  ),
};
