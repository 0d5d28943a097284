// The flags of command words and events by short names, and what tracees of many tests are made of.
import * as abi from '../../../kernel-sim/abi/index.js';

export const PRE = abi.PTRACE_STOP_PRE_SYSCALL;
export const POST = abi.PTRACE_STOP_POST_SYSCALL;
export const STEP = abi.PTRACE_STOP_SINGLESTEP;
export const SIGNAL = abi.PTRACE_STOP_SIGNAL;
export const BREAKPOINT = abi.PTRACE_STOP_BREAKPOINT;
export const EXIT = abi.PTRACE_STOP_EXIT;
export const CLONE = abi.PTRACE_EVENT_CLONE;
export const IGNORE = abi.PTRACE_FLAG_IGNORE;
export const WAIT = abi.PTRACE_FLAG_WAIT;

/** Calls of programs in TypeScript. */
export const getpid = { number: abi.SYS_GETPID };
export const getuid = { number: abi.SYS_GETUID };

/** Machine code. */
export const NOP = 0x90;
export const INT3 = 0xcc;
