// Every system call by its number.
import {
  SYS_BRK,
  SYS_CLOCK_GETTIME,
  SYS_CLONE,
  SYS_EXIT,
  SYS_FEXEC,
  SYS_FUTEX,
  SYS_GETEGID,
  SYS_GETEUID,
  SYS_GETGID,
  SYS_GETPGID,
  SYS_GETPID,
  SYS_GETPPID,
  SYS_GETUID,
  SYS_IOPL,
  SYS_KILL,
  SYS_MPROTECT,
  SYS_NANOSLEEP,
  SYS_PHYSALLOC,
  SYS_PHYSFREE,
  SYS_PHYSMAP,
  SYS_PHYSUNMAP,
  SYS_SETPGID,
  SYS_SETREGID,
  SYS_SETREUID,
  SYS_SIGACTION,
  SYS_SIGPROCMASK,
  SYS_SIGRETURN,
  SYS_UMASK,
  SYS_VIRTTOPHYS,
  SYS_WAITPID,
  SYS_YIELD,
} from '../abi/index.js';
import { fexec } from '../exec/fexec.js';
import { brk, mprotect } from '../memory/calls.js';
import { iopl, physalloc, physfree, physmap, physunmap, virttophys } from '../memory/physical.js';
import type { Parts } from '../parts.js';
import { clone } from '../process/clone.js';
import { exitCall } from '../process/exit.js';
import { futex } from '../process/futex.js';
import {
  getegid,
  geteuid,
  getgid,
  getpgid,
  getpid,
  getppid,
  getuid,
  setpgid,
  setregid,
  setreuid,
  umask,
  yieldCall,
} from '../process/ids.js';
import { clockGettime, nanosleep } from '../process/time.js';
import { waitpid } from '../process/waitpid.js';
import { kill, sigaction, sigprocmask, sigreturnCall } from '../signal/calls.js';
import type { CallTable, Handler } from '../syscall.js';

const CORE: readonly (readonly [number, Handler])[] = [
  [SYS_BRK, brk],
  [SYS_CLOCK_GETTIME, clockGettime],
  [SYS_CLONE, clone],
  [SYS_EXIT, exitCall],
  [SYS_FEXEC, fexec],
  [SYS_FUTEX, futex],
  [SYS_GETEGID, getegid],
  [SYS_GETEUID, geteuid],
  [SYS_GETGID, getgid],
  [SYS_GETPGID, getpgid],
  [SYS_GETPID, getpid],
  [SYS_GETPPID, getppid],
  [SYS_GETUID, getuid],
  [SYS_IOPL, iopl],
  [SYS_KILL, kill],
  [SYS_MPROTECT, mprotect],
  [SYS_NANOSLEEP, nanosleep],
  [SYS_PHYSALLOC, physalloc],
  [SYS_PHYSFREE, physfree],
  [SYS_PHYSMAP, physmap],
  [SYS_PHYSUNMAP, physunmap],
  [SYS_SETPGID, setpgid],
  [SYS_SETREGID, setregid],
  [SYS_SETREUID, setreuid],
  [SYS_SIGACTION, sigaction],
  [SYS_SIGPROCMASK, sigprocmask],
  [SYS_SIGRETURN, sigreturnCall],
  [SYS_UMASK, umask],
  [SYS_VIRTTOPHYS, virttophys],
  [SYS_WAITPID, waitpid],
  [SYS_YIELD, yieldCall],
];

/** The core's calls and those of descriptors and schemes. */
export function callTable(parts: Parts): CallTable {
  return new Map([...parts.calls, ...CORE]);
}
