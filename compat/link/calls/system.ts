// Linux's calls about the system and its limits, as relibc for Redox answers them.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import { CLOCK_MONOTONIC, EINVAL, ENOSYS, ENOTSOCK } from '../../../kernel-sim/abi/index.js';
import { LinuxSysInfo, RUSAGE_SIZE } from '../../headers/linux.js';
import { encodeText } from '../../libc.js';
import { statvfs } from '../../pal/file-tree.js';
import { getrandom, readClock } from '../../pal/time.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { readStatVfs } from '../stat.js';
import { NANOSECONDS } from '../timespec.js';

const TMS_SIZE = 32;
const TICKS = 100;
const UTSNAME_FIELD = 65;
/** sysname, nodename, release, version, machine, domainname: those of Redox in 2019. */
const UTSNAME = ['Redox', 'redox', '0.5.0', '', 'x86_64', ''];

function* uname(call: LinuxCall): SystemCalls<number> {
  const bytes = new Uint8Array(UTSNAME_FIELD * UTSNAME.length);
  for (const [index, text] of UTSNAME.entries()) {
    bytes.set(encodeText(text), index * UTSNAME_FIELD);
  }
  yield 'pause';
  call.user.memory.write(call.value(0), bytes);
  return 0;
}

/** relibc: no resource has a limit. */
function limitAt(index: number): Handler {
  return function* (call) {
    const target = call.value(index);
    yield 'pause';
    if (target !== 0) call.user.memory.write(target, new Uint8Array(16).fill(0xff));
    return 0;
  };
}

/** Redox accounts nobody's processor time: all of struct rusage is zero. */
function* getrusage(call: LinuxCall): SystemCalls<number> {
  yield 'pause';
  call.user.memory.write(call.value(1), new Uint8Array(RUSAGE_SIZE));
  return 0;
}

/** Nor is there any in struct tms; the result is a clock of 100 ticks a second. */
function* times(call: LinuxCall): SystemCalls<number> {
  const now = yield* readClock(call.libc, CLOCK_MONOTONIC);
  if (now === undefined) return -1;
  if (call.value(0) !== 0) call.user.memory.write(call.value(0), new Uint8Array(TMS_SIZE));
  return now.tv_sec * TICKS + Math.floor((now.tv_nsec * TICKS) / NANOSECONDS);
}

/** Memory is what memory: tells of itself, as Redox's free(1) asks it. */
function* sysinfo(call: LinuxCall): SystemCalls<number> {
  const { libc, user } = call;
  const now = yield* readClock(libc, CLOCK_MONOTONIC);
  const memory = yield* readStatVfs(call, (buffer) => statvfs(libc, 'memory:', buffer));
  if (now === undefined || memory === undefined) return -1;
  const { f_bsize, f_blocks, f_bfree } = memory;
  const info = LinuxSysInfo.encode({
    uptime: now.tv_sec,
    totalram: f_blocks,
    freeram: f_bfree,
    procs: 1,
    mem_unit: f_bsize,
  });
  user.memory.write(call.value(0), info);
  return 0;
}

/** One processor. */
function* getaffinity(call: LinuxCall): SystemCalls<number> {
  yield 'pause';
  call.user.memory.store64(call.value(2), 1n);
  return 8;
}

const PR_SET_NAME = 15;

function* prctl(call: LinuxCall): SystemCalls<number> {
  yield 'pause';
  return call.int(0) === PR_SET_NAME ? 0 : call.libc.fail(EINVAL);
}

/** Calls that C libraries try first and do well without. */
function* absent(call: LinuxCall): SystemCalls<number> {
  yield 'pause';
  return call.libc.fail(ENOSYS);
}

/** There is no network, and so no descriptor is a socket. */
function* notSocket(call: LinuxCall): SystemCalls<number> {
  yield 'pause';
  return call.libc.fail(ENOTSOCK);
}

function* accepted(): SystemCalls<number> {
  yield 'pause';
  return 0;
}

export const SYSTEM_CALLS: Readonly<Record<string, Handler>> = {
  uname,
  getrusage,
  times,
  sysinfo,
  sched_getaffinity: getaffinity,
  prlimit64: limitAt(3),
  getrlimit: limitAt(1),
  getrandom: (call) => getrandom(call.libc, call.value(0), call.value(1)),
  prctl,
  rseq: absent,
  clone3: absent,
  statx: absent,
  getpeername: notSocket,
  getsockname: notSocket,
  getsockopt: notSocket,
  setsockopt: notSocket,
  set_robust_list: accepted,
  fadvise64: accepted,
  getgroups: accepted, // how many there are: Redox has no supplementary groups
  flock: accepted,
  mlock: accepted,
  munlock: accepted,
};
