// The flags of open(2), Linux's and Redox's. On Redox the access mode is two bits (read, write),
// and a path-only descriptor (O_PATH, O_STAT) has neither.
import * as redox from '../../kernel-sim/abi/index.js';
import * as linux from '../headers/linux.js';

/** Flags with one counterpart; what is in neither list (O_NOCTTY, O_LARGEFILE) has no meaning. */
const PAIRS: readonly (readonly [linuxFlag: number, redoxFlag: number])[] = [
  [linux.O_CREAT, redox.O_CREAT],
  [linux.O_EXCL, redox.O_EXCL],
  [linux.O_TRUNC, redox.O_TRUNC],
  [linux.O_APPEND, redox.O_APPEND],
  [linux.O_NONBLOCK, redox.O_NONBLOCK],
  [linux.O_DSYNC, redox.O_FSYNC],
  [linux.O_DIRECTORY, redox.O_DIRECTORY],
  [linux.O_NOFOLLOW, redox.O_NOFOLLOW],
  [linux.O_CLOEXEC, redox.O_CLOEXEC],
  [linux.O_PATH, redox.O_STAT],
];

const ACCESS = [redox.O_RDONLY, redox.O_WRONLY, redox.O_RDWR, redox.O_RDWR];

export function redoxOpenFlags(flags: number): number {
  const path = (flags & linux.O_PATH) !== 0;
  let result = path ? 0 : (ACCESS[flags & linux.O_ACCMODE] ?? 0);
  for (const [linuxFlag, redoxFlag] of PAIRS) {
    if ((flags & linuxFlag) !== 0) result |= redoxFlag;
  }
  return result >>> 0;
}

export function linuxOpenFlags(flags: number): number {
  const access = ACCESS.indexOf(flags & redox.O_ACCMODE);
  let result = Math.max(access, 0);
  for (const [linuxFlag, redoxFlag] of PAIRS) {
    if ((flags & redoxFlag) !== 0) result |= linuxFlag;
  }
  return result;
}
