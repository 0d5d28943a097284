// The requests of ptrace(2) that relibc of 2019 implements, over the proc: files of a session.
// Requests that are not in the table end the program, as its `unimplemented!` did.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { IntRegisters } from '../../kernel-sim/abi/index.js';
import {
  PTRACE_CONT,
  PTRACE_GETREGS,
  PTRACE_SETREGS,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
} from '../headers/sys-ptrace.js';
import { linuxRegistersOf, redoxRegistersOf, user_regs_struct } from '../headers/sys-user.js';
import type { Libc } from '../libc.js';
import { read, write } from '../pal/files.js';
import { beginLockedResume, endResume } from './direct.js';
import type { Session } from './session.js';

export interface Tracee {
  readonly pid: number;
  readonly session: Session;
}

/** One request; the result is what ptrace() returns, with errno set when that is -1. */
export type Request = (
  libc: Libc,
  tracee: Tracee,
  addr: number,
  data: number,
) => SystemCalls<number>;

/** CONT, SINGLESTEP, SYSCALL and the like; a signal to inject (data) is ignored. */
function resume(request: number): Request {
  return function* (libc, { pid, session }) {
    const half = beginLockedResume(libc, pid, session, request);
    if (half === undefined) return 0;
    let result = 0;
    for (const call of half.calls) result = libc.returned(yield call);
    return endResume(libc, half, result);
  };
}

/** GETREGS: the registers of the tracee to the user_regs_struct at `data`. */
function* getRegs(
  libc: Libc,
  { session }: Tracee,
  _addr: number,
  data: number,
): SystemCalls<number> {
  const { user } = libc;
  const mark = user.mark();
  const buffer = libc.scratch(new Uint8Array(IntRegisters.size));
  const result = yield* read(libc, session.regs, buffer, IntRegisters.size);
  const registers = user.memory.read(buffer, IntRegisters.size);
  user.release(mark);
  if (result === -1) return -1;
  user.memory.write(data, linuxRegistersOf(registers));
  return 0;
}

/** SETREGS: what the kernel does not let a tracer write (rsp, eflags, segments) it ignores. */
function* setRegs(
  libc: Libc,
  { session }: Tracee,
  _addr: number,
  data: number,
): SystemCalls<number> {
  const { user } = libc;
  const registers = redoxRegistersOf(user.memory.read(data, user_regs_struct.size));
  const mark = user.mark();
  const result = yield* write(libc, session.regs, libc.scratch(registers), registers.length);
  user.release(mark);
  return result === -1 ? -1 : 0;
}

export const REQUESTS: Readonly<Record<number, Request>> = {
  [PTRACE_CONT]: resume(PTRACE_CONT),
  [PTRACE_SINGLESTEP]: resume(PTRACE_SINGLESTEP),
  [PTRACE_SYSCALL]: resume(PTRACE_SYSCALL),
  [PTRACE_SYSEMU]: resume(PTRACE_SYSEMU),
  [PTRACE_SYSEMU_SINGLESTEP]: resume(PTRACE_SYSEMU_SINGLESTEP),
  [PTRACE_GETREGS]: getRegs,
  [PTRACE_SETREGS]: setRegs,
};
