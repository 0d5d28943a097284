// relibc's Pal for Redox, 2019-08: names of files. Most are made of open, a call on the
// descriptor, and close, as relibc had them.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  EINVAL,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_STAT,
  O_SYMLINK,
  O_WRONLY,
  Stat,
  SYS_CHDIR,
  SYS_FRENAME,
  SYS_GETCWD,
  SYS_RMDIR,
  SYS_UMASK,
  SYS_UNLINK,
} from '../../kernel-sim/abi/index.js';
import { F_OK } from '../headers/unistd.js';
import type { Libc } from '../libc.js';
import {
  close,
  fchmod,
  fchown,
  fpath,
  fstat,
  fstatvfs,
  ftruncate,
  futimens,
  open,
  read,
  write,
} from './files.js';
import { getgid, getuid } from './identity.js';
import type { CString } from './path.js';
import { invokeWithPath } from './path.js';

/** Opens a file for what is to be done with it, and closes it again. */
export function* withFile(
  libc: Libc,
  path: CString,
  flags: number,
  use: (fd: number) => SystemCalls<number>,
): SystemCalls<number> {
  const fd = yield* open(libc, path, flags | O_CLOEXEC);
  if (fd === -1) return -1;
  const result = yield* use(fd);
  yield* close(libc, fd);
  return result;
}

/** Whether the real user may; EINVAL where other systems say EACCES. */
export function access(libc: Libc, path: CString, mode: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT, function* (fd) {
    if (mode === F_OK) return 0;
    const stat = yield* readStat(libc, fd);
    if (stat === undefined) return -1;
    const uid = yield* getuid(libc);
    const gid = yield* getgid(libc);
    let allowed = stat.st_mode & 0o7;
    if (stat.st_uid === uid) allowed = (stat.st_mode >> 6) & 0o7;
    else if (stat.st_gid === gid) allowed = (stat.st_mode >> 3) & 0o7;
    return (mode & allowed) === mode ? 0 : libc.fail(EINVAL);
  });
}

export function* readStat(libc: Libc, fd: number): SystemCalls<Stat | undefined> {
  const { user } = libc;
  const mark = user.mark();
  const buffer = user.reserve(Stat.size);
  const result = yield* fstat(libc, fd, buffer);
  const bytes = user.memory.read(buffer, Stat.size);
  user.release(mark);
  return result === -1 ? undefined : Stat.decode(bytes);
}

/** Fills Redox's struct stat at `buffer`. */
export function stat(libc: Libc, path: CString, buffer: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT, (fd) => fstat(libc, fd, buffer));
}

export function statvfs(libc: Libc, path: CString, buffer: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT, (fd) => fstatvfs(libc, fd, buffer));
}

export function lstat(libc: Libc, path: CString, buffer: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT | O_NOFOLLOW, (fd) => fstat(libc, fd, buffer));
}

export function chmod(libc: Libc, path: CString, mode: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT, (fd) => fchmod(libc, fd, mode));
}

export function chown(libc: Libc, path: CString, uid: number, gid: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT, (fd) => fchown(libc, fd, uid, gid));
}

/** Unlike chown, never follows a link. */
export function lchown(libc: Libc, path: CString, uid: number, gid: number): SystemCalls<number> {
  return withFile(libc, path, O_NOFOLLOW, (fd) => fchown(libc, fd, uid, gid));
}

/** `target`: the address of a C string, which becomes what the link holds. */
export function* symlink(libc: Libc, target: number, path: CString): SystemCalls<number> {
  const fd = yield* open(libc, path, O_WRONLY | O_CREAT | O_SYMLINK | O_CLOEXEC, 0o777);
  if (fd === -1) return -1;
  const result = yield* write(libc, fd, target, libc.user.memory.string(target).length);
  const { errno } = libc;
  yield* close(libc, fd);
  libc.errno = errno;
  return result === -1 ? -1 : 0;
}

export function truncate(libc: Libc, path: CString, length: number): SystemCalls<number> {
  return withFile(libc, path, O_WRONLY, (fd) => ftruncate(libc, fd, length));
}

export function utimens(libc: Libc, path: CString, times: number): SystemCalls<number> {
  return withFile(libc, path, O_STAT, (fd) => futimens(libc, fd, times));
}

export function* mkdir(libc: Libc, path: CString, mode: number): SystemCalls<number> {
  const flags = O_CREAT | O_DIRECTORY | O_EXCL | O_CLOEXEC;
  const fd = yield* open(libc, path, flags, mode & 0o777);
  if (fd === -1) return -1;
  yield* close(libc, fd);
  return 0;
}

export function rename(libc: Libc, from: CString, to: CString): SystemCalls<number> {
  return withFile(libc, from, O_STAT, (fd) =>
    invokeWithPath(libc, to, (address, length) => ({
      number: SYS_FRENAME,
      a: fd,
      b: address,
      c: length,
    })),
  );
}

export function readlink(
  libc: Libc,
  path: CString,
  buffer: number,
  size: number,
): SystemCalls<number> {
  return withFile(libc, path, O_RDONLY | O_SYMLINK, (fd) => read(libc, fd, buffer, size));
}

export function unlink(libc: Libc, path: CString): SystemCalls<number> {
  return invokeWithPath(libc, path, (a, b) => ({ number: SYS_UNLINK, a, b }));
}

export function rmdir(libc: Libc, path: CString): SystemCalls<number> {
  return invokeWithPath(libc, path, (a, b) => ({ number: SYS_RMDIR, a, b }));
}

export function chdir(libc: Libc, path: CString): SystemCalls<number> {
  return invokeWithPath(libc, path, (a, b) => ({ number: SYS_CHDIR, a, b }));
}

/** Goes where the descriptor says it was opened. */
export function* fchdir(libc: Libc, fd: number): SystemCalls<number> {
  const { user } = libc;
  const mark = user.mark();
  const path = user.reserve(4096);
  const length = yield* fpath(libc, fd, path, 4096);
  const result = length === -1 ? -1 : yield* libc.invoke({ number: SYS_CHDIR, a: path, b: length });
  user.release(mark);
  return result;
}

/** The kernel's own form of the working directory, "file:/home"; returns its length. */
export function getcwd(libc: Libc, buffer: number, size: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETCWD, a: buffer, b: size });
}

export function umask(libc: Libc, mask: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_UMASK, a: mask });
}
