// What reproductions are made of: small programs, and a tracee that waits for its tracer.

import type {
  HostedProgram,
  SystemCall,
  SystemCalls,
  Userspace,
} from '../../kernel-sim/abi/index.js';
import * as abi from '../../kernel-sim/abi/index.js';
import type { Lab } from './lab.js';

export const PRE = abi.PTRACE_STOP_PRE_SYSCALL;
export const POST = abi.PTRACE_STOP_POST_SYSCALL;
export const STEP = abi.PTRACE_STOP_SINGLESTEP;
export const SIGNAL = abi.PTRACE_STOP_SIGNAL;
export const BREAKPOINT = abi.PTRACE_STOP_BREAKPOINT;
export const EXIT = abi.PTRACE_STOP_EXIT;
/** Of 2020-06-21 to 07-07. */
export const STOP_EXEC = 0x40;
export const EVENT_CLONE = abi.PTRACE_EVENT_CLONE;
export const IGNORE = abi.PTRACE_FLAG_IGNORE;
export const WAIT = abi.PTRACE_FLAG_WAIT;

export const getpid: SystemCall = { number: abi.SYS_GETPID };
export const getuid: SystemCall = { number: abi.SYS_GETUID };

/** A program that makes calls one after the other and exits with the number of them. */
export function calls(...list: SystemCall[]): HostedProgram {
  return function* () {
    for (const one of list) yield one;
    return list.length;
  };
}

/** A program that runs until somebody ends it. */
export const spin: HostedProgram = function* () {
  for (;;) yield { number: abi.SYS_YIELD };
};

/** fork, for TypeScript: the child runs a program of its own. */
export function* fork(user: Userspace, program: HostedProgram): SystemCalls<number> {
  user.nextChild(program);
  return yield { number: abi.SYS_CLONE, a: 0 };
}

/** open, of a process that is not driven from here. */
export function* open(user: Userspace, path: string, flags: number): SystemCalls<number> {
  const name = Buffer.from(path);
  const at = user.reserve(name.length);
  user.memory.write(at, name);
  return yield { number: abi.SYS_OPEN, a: at, b: name.length, c: flags };
}

/** kill of oneself. */
export function* raise(signal: number): SystemCalls<number> {
  const pid = yield getpid;
  return yield { number: abi.SYS_KILL, a: pid, b: signal };
}

/** sigaction with a handler written in TypeScript, or SIG_DFL or SIG_IGN. */
export function* handle(
  user: Userspace,
  signal: number,
  handler: number | (() => SystemCalls<void>),
): SystemCalls<void> {
  const address = typeof handler === 'number' ? handler : user.handlerAddress(handler);
  const mark = user.mark();
  const action = user.reserve(abi.SigAction.size);
  const fields = { sa_handler: address, sa_mask_low: 0n, sa_mask_high: 0n, sa_flags: 0 };
  user.memory.write(action, abi.SigAction.encode(fields));
  yield { number: abi.SYS_SIGACTION, a: signal, b: action, c: 0, d: 0 };
  user.release(mark);
}

/** The handler that a signal has. */
export function* handlerOf(user: Userspace, signal: number): SystemCalls<number> {
  const mark = user.mark();
  const action = user.reserve(abi.SigAction.size);
  yield { number: abi.SYS_SIGACTION, a: signal, b: 0, c: action, d: 0 };
  const handler = user.memory.loadNumber(action);
  user.release(mark);
  return handler;
}

export interface Traced {
  readonly pid: number;
  readonly trace: number;
  /** Its regs/int. */
  readonly regs: number;
}

/** Attaches to a child that has not run yet: it is frozen, on every revision. */
export function attach(lab: Lab, pid: number, flags = 0): Traced {
  const trace = lab.opened(`proc:${pid}/trace`, abi.O_RDWR | abi.O_TRUNC | flags);
  return { pid, trace, regs: lab.opened(`proc:${pid}/regs/int`) };
}

export function attachNonBlocking(lab: Lab, pid: number): Traced {
  return attach(lab, pid, abi.O_NONBLOCK);
}

/** The name of the call that a tracee at its entry makes. */
export function callAt(lab: Lab, regs: number): string {
  return abi.syscallName(Number(lab.registers(regs).rax));
}

/** A child that stopped itself, and then would make a call and end. */
export function stoppedChild(lab: Lab): number {
  const { pid } = lab.child(function* () {
    yield* raise(abi.SIGSTOP);
    yield getuid;
    return 7;
  });
  lab.wait(pid, abi.WUNTRACED);
  return pid;
}

/** Whether opening something went well. */
export function opens(result: number | string): string {
  return typeof result === 'number' ? 'opens' : result;
}

// machine code

export const NOP = 0x90;
export const INT3 = 0xcc;

/** mov edi, argument; mov eax, number; syscall */
export function syscall(number: number, argument?: number): number[] {
  const first = argument === undefined ? [] : [0xbf, ...word(argument)];
  return [...first, 0xb8, ...word(number), 0x0f, 0x05];
}

/** Ends with a status. */
export function exit(status: number): number[] {
  return syscall(abi.SYS_EXIT, status);
}

/** The bytes of a 32-bit word. */
export function word(value: number): number[] {
  return [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);
}
