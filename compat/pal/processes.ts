// relibc's Pal for Redox, 2019-08: processes, their programs and the signals between them.
import type { HostedProgram, SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  CLONE_VFORK,
  SYS_CLONE,
  SYS_EXIT,
  SYS_GETPID,
  SYS_KILL,
  SYS_SIGACTION,
  SYS_SIGPROCMASK,
  SYS_YIELD,
} from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';

export function getpid(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_GETPID });
}

/** A TypeScript program names what its child runs; machine code returns twice. */
export function fork(libc: Libc, child?: HostedProgram): SystemCalls<number> {
  if (child !== undefined) libc.user.nextChild(child);
  return libc.invoke({ number: SYS_CLONE, a: 0 });
}

/** A fork whose parent waits until the child has exited or runs another program. */
export function vfork(libc: Libc, child?: HostedProgram): SystemCalls<number> {
  if (child !== undefined) libc.user.nextChild(child);
  return libc.invoke({ number: SYS_CLONE, a: CLONE_VFORK });
}

/** `stack`: where the child's stack pointer starts, if the flags have CLONE_STACK. */
export function clone(libc: Libc, flags: number, stack: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_CLONE, a: flags, b: stack });
}

export function* exit(_libc: Libc, status: number): SystemCalls<never> {
  for (;;) yield { number: SYS_EXIT, a: status };
}

export function kill(libc: Libc, pid: number, signal: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_KILL, a: pid, b: signal });
}

export function killpg(libc: Libc, pgrp: number, signal: number): SystemCalls<number> {
  return kill(libc, -pgrp, signal);
}

export function* raise(libc: Libc, signal: number): SystemCalls<number> {
  return yield* kill(libc, yield* getpid(libc), signal);
}

/** Both are addresses of Redox's struct sigaction, or 0; the restorer returns from handlers. */
export function sigaction(
  libc: Libc,
  signal: number,
  action: number,
  previous: number,
  restorer: number,
): SystemCalls<number> {
  return libc.invoke({ number: SYS_SIGACTION, a: signal, b: action, c: previous, d: restorer });
}

/** Addresses of masks of 16 bytes, or 0. */
export function sigprocmask(
  libc: Libc,
  how: number,
  mask: number,
  previous: number,
): SystemCalls<number> {
  return libc.invoke({ number: SYS_SIGPROCMASK, a: how, b: mask, c: previous });
}

export function schedYield(libc: Libc): SystemCalls<number> {
  return libc.invoke({ number: SYS_YIELD });
}
