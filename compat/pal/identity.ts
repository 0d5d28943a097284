// relibc's Pal for Redox, 2019-08: users and process groups.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  SYS_GETEGID,
  SYS_GETEUID,
  SYS_GETGID,
  SYS_GETPGID,
  SYS_GETPPID,
  SYS_GETUID,
  SYS_SETPGID,
  SYS_SETREGID,
  SYS_SETREUID,
} from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';

export function getuid(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETUID });
}

export function geteuid(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETEUID });
}

export function getgid(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETGID });
}

export function getegid(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETEGID });
}

export function getppid(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETPPID });
}

export function getpgid(libc: Libc, pid: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETPGID, a: pid });
}

export function setpgid(libc: Libc, pid: number, pgid: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_SETPGID, a: pid, b: pgid });
}

/** -1 leaves an id as it is. */
export function setreuid(libc: Libc, ruid: number, euid: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_SETREUID, a: ruid, b: euid });
}

export function setregid(libc: Libc, rgid: number, egid: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_SETREGID, a: rgid, b: egid });
}
