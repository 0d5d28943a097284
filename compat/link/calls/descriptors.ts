// Linux's calls on open descriptors, by relibc's functions for Redox.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import * as redox from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import * as files from '../../pal/files.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { linuxOpenFlags, redoxOpenFlags } from '../open-flags.js';
import { storeStat, storeStatFs } from '../stat.js';

/** struct iovec: an address and a length. */
const IOVEC = 16;
const IOV_MAX = 1024;
/** Gathered bytes lie on the stack; more than this many are a short write. */
const GATHER_MAX = 0x1_0000;

function read(call: LinuxCall) {
  return files.read(call.libc, call.int(0), call.value(1), call.value(2));
}

function write(call: LinuxCall) {
  return files.write(call.libc, call.int(0), call.value(1), call.value(2));
}

interface Piece {
  readonly address: number;
  readonly length: number;
}

/** The pieces of an iovec array that have any bytes; undefined for a bad count. */
function piecesOf(call: LinuxCall): Piece[] | undefined {
  const count = call.int(2);
  if (count < 0 || count > IOV_MAX) return undefined;
  const { memory } = call.user;
  const pieces: Piece[] = [];
  for (let place = call.value(1); pieces.length < count; place += IOVEC) {
    const address = memory.loadNumber(place);
    pieces.push({ address, length: memory.loadNumber(place + 8) });
  }
  return pieces.filter(({ length }) => length > 0);
}

/**
 * relibc's writev gathers all pieces into one buffer and makes one write, and so do we: a tracer
 * sees a line of printf as one SYS_WRITE. A single piece is written from where it lies.
 */
function* writev(call: LinuxCall): SystemCalls<number> {
  const pieces = piecesOf(call);
  if (pieces === undefined) return call.libc.fail(redox.EINVAL);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) {
    return yield* files.write(call.libc, call.int(0), only.address, only.length);
  }
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const size = Math.min(total, GATHER_MAX);
  const buffer = call.user.reserve(size);
  let filled = 0;
  for (const { address, length } of pieces) {
    const part = call.user.memory.read(address, Math.min(length, size - filled));
    call.user.memory.write(buffer + filled, part);
    filled += part.length;
  }
  return yield* files.write(call.libc, call.int(0), buffer, size);
}

/** One read, scattered over the pieces. */
function* readv(call: LinuxCall): SystemCalls<number> {
  const pieces = piecesOf(call);
  if (pieces === undefined) return call.libc.fail(redox.EINVAL);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) {
    return yield* files.read(call.libc, call.int(0), only.address, only.length);
  }
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const buffer = call.user.reserve(Math.min(total, GATHER_MAX));
  const result = yield* files.read(call.libc, call.int(0), buffer, Math.min(total, GATHER_MAX));
  let taken = 0;
  for (const { address, length } of pieces) {
    if (taken >= result) break;
    const part = call.user.memory.read(buffer + taken, Math.min(length, result - taken));
    call.user.memory.write(address, part);
    taken += part.length;
  }
  return result;
}

function pread(call: LinuxCall) {
  return files.pread(call.libc, call.int(0), call.value(1), call.value(2), call.value(3));
}

function pwrite(call: LinuxCall) {
  return files.pwrite(call.libc, call.int(0), call.value(1), call.value(2), call.value(3));
}

function lseek(call: LinuxCall) {
  return files.lseek(call.libc, call.int(0), call.value(1), call.int(2));
}

function* fstat(call: LinuxCall): SystemCalls<number> {
  return yield* storeStat(call, call.value(1), (buffer) =>
    files.fstat(call.libc, call.int(0), buffer),
  );
}

function dup(call: LinuxCall) {
  return files.dup(call.libc, call.int(0));
}

function dup2(call: LinuxCall) {
  return files.dup2(call.libc, call.int(0), call.int(1));
}

function* dup3(call: LinuxCall): SystemCalls<number> {
  const [from, to] = [call.int(0), call.int(1)];
  if (from === to) return call.libc.fail(redox.EINVAL);
  const fd = yield* files.dup2(call.libc, from, to);
  return (call.int(2) & linux.O_CLOEXEC) === 0 ? fd : yield* closingOnExec(call, fd);
}

function pipe(call: LinuxCall) {
  return files.pipe2(call.libc, call.value(0), 0);
}

function pipe2(call: LinuxCall) {
  return files.pipe2(call.libc, call.value(0), redoxOpenFlags(call.int(1)) & ~redox.O_ACCMODE);
}

function* fcntl(call: LinuxCall): SystemCalls<number> {
  const { libc } = call;
  const [fd, command, arg] = [call.int(0), call.int(1), call.int(2)];
  switch (command) {
    case linux.F_DUPFD:
      return yield* files.fcntl(libc, fd, redox.F_DUPFD, arg);
    case linux.F_DUPFD_CLOEXEC:
      return yield* closingOnExec(call, yield* files.fcntl(libc, fd, redox.F_DUPFD, arg));
    case linux.F_GETFD: {
      const flags = yield* files.fcntl(libc, fd, redox.F_GETFD, 0);
      if (flags === -1) return -1;
      return (flags & redox.O_CLOEXEC) === 0 ? 0 : linux.FD_CLOEXEC;
    }
    case linux.F_SETFD: {
      const flags = (arg & linux.FD_CLOEXEC) === 0 ? 0 : redox.O_CLOEXEC;
      return yield* files.fcntl(libc, fd, redox.F_SETFD, flags);
    }
    case linux.F_GETFL: {
      const flags = yield* files.fcntl(libc, fd, redox.F_GETFL, 0);
      return flags === -1 ? -1 : linuxOpenFlags(flags);
    }
    case linux.F_SETFL:
      return yield* files.fcntl(libc, fd, redox.F_SETFL, redoxOpenFlags(arg));
    default:
      // Locks: Redox has none yet, and relibc's flock says yes to everything.
      if (command >= linux.F_GETLK && command <= linux.F_SETLKW) return 0;
      return libc.fail(redox.EINVAL);
  }
}

function* closingOnExec({ libc }: LinuxCall, fd: number): SystemCalls<number> {
  if (fd === -1) return -1;
  return (yield* files.fcntl(libc, fd, redox.F_SETFD, redox.O_CLOEXEC)) === -1 ? -1 : fd;
}

/** A descriptor is a terminal if its scheme has a "termios" view of it. */
function* ioctl(call: LinuxCall): SystemCalls<number> {
  const [fd, request, argument] = [call.int(0), call.value(1), call.value(2)];
  switch (request) {
    case linux.TCGETS:
      return yield* fromTerminal(call, fd, 'termios', (bytes) => {
        const termios = new Uint8Array(36);
        termios.set(bytes.subarray(0, 16)); // the four flag words; control characters differ
        call.user.memory.write(argument, termios);
      });
    case linux.TIOCGWINSZ:
      return yield* fromTerminal(call, fd, 'winsize', (bytes) => {
        const winsize = new Uint8Array(8);
        winsize.set(bytes.subarray(0, 4)); // rows and columns
        call.user.memory.write(argument, winsize);
      });
    default:
      return call.libc.fail(redox.ENOTTY);
  }
}

function* fromTerminal(
  { libc, user }: LinuxCall,
  fd: number,
  view: string,
  store: (bytes: Uint8Array) => void,
): SystemCalls<number> {
  const terminal = yield* files.dupNamed(libc, fd, view);
  if (terminal === -1) return libc.fail(redox.ENOTTY);
  const size = 64;
  const buffer = user.reserve(size);
  const length = yield* files.read(libc, terminal, buffer, size);
  yield* files.close(libc, terminal);
  if (length === -1) return libc.fail(redox.ENOTTY);
  store(user.memory.read(buffer, length));
  return 0;
}

export const DESCRIPTOR_CALLS: Readonly<Record<string, Handler>> = {
  read,
  write,
  readv,
  writev,
  pread64: pread,
  pwrite64: pwrite,
  lseek,
  close: (call) => files.close(call.libc, call.int(0)),
  fstat,
  fstatfs: (call) =>
    storeStatFs(call, call.value(1), (buffer) => files.fstatvfs(call.libc, call.int(0), buffer)),
  dup,
  dup2,
  dup3,
  pipe,
  pipe2,
  fcntl,
  ioctl,
  fsync: (call) => files.fsync(call.libc, call.int(0)),
  fdatasync: (call) => files.fsync(call.libc, call.int(0)),
  ftruncate: (call) => files.ftruncate(call.libc, call.int(0), call.value(1)),
  fchmod: (call) => files.fchmod(call.libc, call.int(0), call.int(1)),
  fchown: (call) => files.fchown(call.libc, call.int(0), call.int(1), call.int(2)),
};
