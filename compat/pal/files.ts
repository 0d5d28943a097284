// relibc's Pal for Redox, 2019-08: descriptors and what is read and written through them.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  SEEK_CUR,
  SEEK_SET,
  StatVfs,
  SYS_CLOSE,
  SYS_DUP,
  SYS_DUP2,
  SYS_FCHMOD,
  SYS_FCHOWN,
  SYS_FCNTL,
  SYS_FPATH,
  SYS_FSTAT,
  SYS_FSTATVFS,
  SYS_FSYNC,
  SYS_FTRUNCATE,
  SYS_FUTIMENS,
  SYS_LSEEK,
  SYS_OPEN,
  SYS_PIPE2,
  SYS_READ,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { encodeText } from '../libc.js';
import type { CString } from './path.js';
import { invokeWithPath } from './path.js';

/** `flags` are Redox's O_*; the mode of a new file shares their word. */
export function open(libc: Libc, path: CString, flags: number, mode = 0): SystemCalls<number> {
  const word = (flags | mode) >>> 0;
  return invokeWithPath(libc, path, (address, length) => ({
    number: SYS_OPEN,
    a: address,
    b: length,
    c: word,
  }));
}

export function close(libc: Libc, fd: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_CLOSE, a: fd });
}

export function read(libc: Libc, fd: number, buffer: number, size: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_READ, a: fd, b: buffer, c: size });
}

export function write(libc: Libc, fd: number, buffer: number, size: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_WRITE, a: fd, b: buffer, c: size });
}

export function lseek(libc: Libc, fd: number, offset: number, whence: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_LSEEK, a: fd, b: offset, c: whence });
}

/** Redox has no positioned read: the offset is moved there and back, which threads can see. */
export function* pread(
  libc: Libc,
  fd: number,
  buffer: number,
  size: number,
  offset: number,
): SystemCalls<number> {
  return yield* positioned(libc, fd, offset, () => read(libc, fd, buffer, size));
}

export function* pwrite(
  libc: Libc,
  fd: number,
  buffer: number,
  size: number,
  offset: number,
): SystemCalls<number> {
  return yield* positioned(libc, fd, offset, () => write(libc, fd, buffer, size));
}

function* positioned(
  libc: Libc,
  fd: number,
  offset: number,
  transfer: () => SystemCalls<number>,
): SystemCalls<number> {
  const previous = yield* lseek(libc, fd, 0, SEEK_CUR);
  if (previous === -1) return -1;
  if ((yield* lseek(libc, fd, offset, SEEK_SET)) === -1) return -1;
  const result = yield* transfer();
  if (result === -1) return -1;
  return (yield* lseek(libc, fd, previous, SEEK_SET)) === -1 ? -1 : result;
}

export function dup(libc: Libc, fd: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_DUP, a: fd, b: 0, c: 0 });
}

/** Asks the scheme behind a descriptor for another view of it, such as "termios" of a terminal. */
export function* dupNamed(libc: Libc, fd: number, name: string): SystemCalls<number> {
  const mark = libc.user.mark();
  const bytes = encodeText(name);
  const result = yield* libc.invoke({
    number: SYS_DUP,
    a: fd,
    b: libc.scratch(bytes),
    c: bytes.length,
  });
  libc.user.release(mark);
  return result;
}

export function dup2(libc: Libc, from: number, to: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_DUP2, a: from, b: to, c: 0, d: 0 });
}

/** Stores two ints at `fds`. */
export function* pipe2(libc: Libc, fds: number, flags: number): SystemCalls<number> {
  const { user } = libc;
  const mark = user.mark();
  const pair = user.reserve(16); // two of Redox's usize
  const result = yield* libc.invoke({ number: SYS_PIPE2, a: pair, b: flags });
  const [readEnd, writeEnd] = [user.memory.load32(pair), user.memory.load32(pair + 8)];
  user.release(mark);
  if (result === -1) return -1;
  user.memory.store32(fds, readEnd);
  user.memory.store32(fds + 4, writeEnd);
  return 0;
}

export function fcntl(libc: Libc, fd: number, command: number, arg: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FCNTL, a: fd, b: command, c: arg });
}

/** Fills Redox's struct stat. */
export function fstat(libc: Libc, fd: number, buffer: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FSTAT, a: fd, b: buffer, c: 104 });
}

export function fstatvfs(libc: Libc, fd: number, buffer: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FSTATVFS, a: fd, b: buffer, c: StatVfs.size });
}

/** The path by which a descriptor was opened, scheme included; returns its length. */
export function fpath(libc: Libc, fd: number, buffer: number, size: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FPATH, a: fd, b: buffer, c: size });
}

export function fsync(libc: Libc, fd: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FSYNC, a: fd });
}

export function ftruncate(libc: Libc, fd: number, length: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FTRUNCATE, a: fd, b: length });
}

export function fchmod(libc: Libc, fd: number, mode: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FCHMOD, a: fd, b: mode });
}

export function fchown(libc: Libc, fd: number, uid: number, gid: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FCHOWN, a: fd, b: uid, c: gid });
}

/** `times`: two struct timespec, access and modification. */
export function futimens(libc: Libc, fd: number, times: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FUTIMENS, a: fd, b: times, c: 32 });
}
