// Linux's calls on names of files, by relibc's functions for Redox.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import {
  EINVAL,
  ERANGE,
  MODE_DIR,
  MODE_TYPE,
  O_RDONLY,
  O_SYMLINK,
  SYS_LINK,
} from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import { bytesOf, decodeText } from '../../libc.js';
import * as tree from '../../pal/file-tree.js';
import * as files from '../../pal/files.js';
import type { CString } from '../../pal/path.js';
import { getdents64 } from '../directory.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { redoxOpenFlags } from '../open-flags.js';
import { localPath, pathArgument, pathArgumentAt, withPath, withPathAt } from '../paths.js';
import { storeStat, storeStatFs } from '../stat.js';

/** open and openat, whose flags and mode follow the path. */
function openAs(flags: number, mode: number) {
  return (call: LinuxCall, path: CString) => {
    const creates = (call.int(flags) & linux.O_CREAT) !== 0;
    const permissions = creates ? call.int(mode) & 0o777 : 0;
    return files.open(call.libc, path, redoxOpenFlags(call.int(flags)), permissions);
  };
}

function creat(call: LinuxCall, path: CString) {
  const flags = redoxOpenFlags(linux.O_CREAT | linux.O_WRONLY | linux.O_TRUNC);
  return files.open(call.libc, path, flags, call.int(1) & 0o777);
}

function stat(call: LinuxCall, path: CString) {
  return storeStat(call, call.value(1), (buffer) => tree.stat(call.libc, path, buffer));
}

function lstat(call: LinuxCall, path: CString) {
  return storeStat(call, call.value(1), (buffer) => tree.lstat(call.libc, path, buffer));
}

/** With AT_EMPTY_PATH and an empty path this is fstat, which is how glibc calls it. */
function* newfstatat(call: LinuxCall): SystemCalls<number> {
  const { libc, user } = call;
  const flags = call.int(3);
  const path = call.value(1);
  if ((flags & linux.AT_EMPTY_PATH) !== 0 && (path === 0 || user.memory.load8(path) === 0)) {
    return yield* storeStat(call, call.value(2), (buffer) =>
      files.fstat(libc, call.int(0), buffer),
    );
  }
  const named = yield* pathArgumentAt(call, 1);
  if (named === undefined) return -1;
  const fill = (flags & linux.AT_SYMLINK_NOFOLLOW) === 0 ? tree.stat : tree.lstat;
  return yield* storeStat(call, call.value(2), (buffer) => fill(libc, named, buffer));
}

/** The program's own path is known to its loader; anything else is asked of the file. */
function readlinkAs(buffer: number, size: number) {
  return function* (call: LinuxCall, path: CString): SystemCalls<number> {
    if (path === call.process.path) {
      const bytes = call.process.path.subarray(0, call.value(size));
      call.user.memory.write(call.value(buffer), bytes);
      return bytes.length;
    }
    return yield* tree.withFile(call.libc, path, O_RDONLY | O_SYMLINK, (fd) =>
      readTarget(call, fd, call.value(buffer), call.value(size)),
    );
  };
}

/** Of a directory, relibc read the list of its files; realpath() of other libraries expects EINVAL. */
function* readTarget(
  { libc }: LinuxCall,
  fd: number,
  buffer: number,
  size: number,
): SystemCalls<number> {
  const stat = yield* tree.readStat(libc, fd);
  if (stat === undefined) return -1;
  if ((stat.st_mode & MODE_TYPE) === MODE_DIR) return libc.fail(EINVAL);
  return yield* files.read(libc, fd, buffer, size);
}

/** The kernel answers "file:/home"; a program wants "/home", its NUL counted. */
function* getcwd(call: LinuxCall): SystemCalls<number> {
  const { user, libc } = call;
  const buffer = user.reserve(4096);
  const length = yield* tree.getcwd(libc, buffer, 4096);
  if (length === -1) return -1;
  const bytes = user.memory.read(buffer, length);
  const named = bytesOf(localPath(decodeText(bytes)) || '/');
  if (named.length + 1 > call.value(1)) return libc.fail(ERANGE);
  user.memory.write(call.value(0), named);
  user.memory.store8(call.value(0) + named.length, 0);
  return named.length + 1;
}

function* renameAt(call: LinuxCall): SystemCalls<number> {
  const from = yield* pathArgumentAt(call, 1);
  if (from === undefined) return -1;
  const to = yield* pathArgumentAt(call, 3);
  return to === undefined ? -1 : yield* tree.rename(call.libc, from, to);
}

function unlinkAt(call: LinuxCall, path: CString) {
  const remove = (call.int(2) & linux.AT_REMOVEDIR) === 0 ? tree.unlink : tree.rmdir;
  return remove(call.libc, path);
}

function chownAt(call: LinuxCall, path: CString) {
  const chown = (call.int(4) & linux.AT_SYMLINK_NOFOLLOW) === 0 ? tree.chown : tree.lchown;
  return chown(call.libc, path, call.int(2), call.int(3));
}

/** Redox's LINK takes two paths and is not implemented by its kernel. */
function link(call: LinuxCall) {
  return call.libc.invoke({ number: SYS_LINK, a: call.value(0), b: call.value(1) });
}

function* rename(call: LinuxCall): SystemCalls<number> {
  const from = pathArgument(call, 0);
  const to = pathArgument(call, 1);
  if (from === undefined || to === undefined) return -1;
  return yield* tree.rename(call.libc, from, to);
}

export const NAME_CALLS: Readonly<Record<string, Handler>> = {
  open: withPath(0, openAs(1, 2)),
  openat: withPathAt(1, openAs(2, 3)),
  creat: withPath(0, creat),
  stat: withPath(0, stat),
  lstat: withPath(0, lstat),
  newfstatat,
  statfs: withPath(0, (call, path) =>
    storeStatFs(call, call.value(1), (buffer) => tree.statvfs(call.libc, path, buffer)),
  ),
  access: withPath(0, (call, path) => tree.access(call.libc, path, call.int(1))),
  faccessat: withPathAt(1, (call, path) => tree.access(call.libc, path, call.int(2))),
  faccessat2: withPathAt(1, (call, path) => tree.access(call.libc, path, call.int(2))),
  readlink: withPath(0, readlinkAs(1, 2)),
  readlinkat: withPathAt(1, readlinkAs(2, 3)),
  getcwd,
  chdir: withPath(0, (call, path) => tree.chdir(call.libc, path)),
  fchdir: (call) => tree.fchdir(call.libc, call.int(0)),
  mkdir: withPath(0, (call, path) => tree.mkdir(call.libc, path, call.int(1))),
  mkdirat: withPathAt(1, (call, path) => tree.mkdir(call.libc, path, call.int(2))),
  rmdir: withPath(0, (call, path) => tree.rmdir(call.libc, path)),
  unlink: withPath(0, (call, path) => tree.unlink(call.libc, path)),
  unlinkat: withPathAt(1, unlinkAt),
  rename,
  renameat: renameAt,
  renameat2: renameAt,
  link,
  chmod: withPath(0, (call, path) => tree.chmod(call.libc, path, call.int(1))),
  fchmodat: withPathAt(1, (call, path) => tree.chmod(call.libc, path, call.int(2))),
  chown: withPath(0, (call, path) => tree.chown(call.libc, path, call.int(1), call.int(2))),
  lchown: withPath(0, (call, path) => tree.lchown(call.libc, path, call.int(1), call.int(2))),
  fchownat: withPathAt(1, chownAt),
  symlink: withPath(1, (call, path) => tree.symlink(call.libc, call.value(0), path)),
  symlinkat: withPathAt(2, (call, path) => tree.symlink(call.libc, call.value(0), path)),
  truncate: withPath(0, (call, path) => tree.truncate(call.libc, path, call.value(1))),
  umask: (call) => tree.umask(call.libc, call.int(0)),
  getdents64,
};
