// What reproductions on relibc are made of: children that ask to be traced, and calls in words.
import { Mutex, PTRACE_TRACEME, type Relibc } from '../../compat/index.js';
import * as abi from '../../kernel-sim/abi/index.js';
import type { ThreadProgram } from '../explore/threads.js';
import type { Lab } from './lab.js';
import { attach, PRE } from './steps.js';
import { statusText } from './words.js';

const { SIGSTOP } = abi;

type Rest = (libc: Relibc) => abi.SystemCalls<unknown>;

export const nothing: Rest = function* () {};

/** Sleeps a second, in which everybody else goes as far as he can. */
export function* sleep(libc: Relibc): abi.SystemCalls<void> {
  const { user } = libc;
  const mark = user.mark();
  const time = user.reserve(abi.TimeSpec.size);
  user.memory.write(time, abi.TimeSpec.encode({ tv_sec: 1, tv_nsec: 0 }));
  yield* libc.nanosleep(time, 0);
  user.release(mark);
}

/** What waitpid gives, in words. */
export function wait(lab: Lab, pid: number, options = 0): string {
  const waited = lab.run(lab.libc.wait(pid, options));
  if (waited.pid === -1) return abi.errnoName(lab.libc.errno);
  return waited.pid === 0 ? 'nothing' : statusText(waited.status);
}

/** What ptrace gives: 0 or the error. */
export function ptrace(lab: Lab, request: number, pid: number): string {
  const result = lab.run(lab.libc.ptrace(request, pid));
  return result === -1 ? abi.errnoName(lab.libc.errno) : String(result);
}

/** A child that asks to be traced and stops while its parent waits already, and goes on so. */
export function tracee(lab: Lab, rest: Rest = nothing): number {
  return lab.fork(function* (libc) {
    yield* sleep(libc);
    yield* libc.ptrace(PTRACE_TRACEME);
    yield* libc.raise(SIGSTOP);
    yield* rest(libc);
    return 0;
  });
}

/** The same, when its parent has seen the stop. */
export function stopped(lab: Lab, rest: Rest = nothing): number {
  const pid = tracee(lab, rest);
  wait(lab, pid);
  return pid;
}

export function origRax(lab: Lab, pid: number): bigint {
  return lab.run(lab.libc.getRegisters(pid))?.orig_rax ?? -1n;
}

/** The call that a stopped tracee is at, by orig_rax. */
export function callOf(lab: Lab, pid: number): string {
  const rax = Number(origRax(lab, pid));
  return rax === 0 ? 'a result of 0' : abi.syscallName(rax);
}

/** Three threads that each lock and unlock one mutex. */
export function lockers({ revision }: Lab): [string, ThreadProgram][] {
  const program: ThreadProgram = function* (world) {
    const mutex = new Mutex(world, 0, { wakes: revision.library?.mutexWakes ?? 'one' });
    const guard = yield* mutex.lock();
    yield 'pause';
    yield* guard.unlock();
  };
  return ['Ann', 'Bob', 'Cid'].map((name) => [name, program]);
}

/** A thread of the tracer; gives its pid. */
export function thread(lab: Lab, program: Rest): number {
  const start = lab.libc.startThread(function* (libc) {
    yield* program(libc);
    return 0;
  });
  const pid = lab.run(start);
  const context = lab.kernel.contexts.get(pid);
  if (context !== undefined) context.name = 'thread';
  return pid;
}

/** Sleeps until somebody ends it. */
export const forEver: Rest = function* ({ user }) {
  const word = user.reserve(8);
  user.memory.store32(word, 0);
  yield { number: abi.SYS_FUTEX, a: word, b: abi.FUTEX_WAIT, c: 0, d: 0 };
};

/** Writes a line, and makes another call. */
export const write: Rest = function* (libc) {
  const { user } = libc;
  const at = user.reserve(1);
  user.memory.store8(at, 10);
  yield* libc.write(1, at, 1);
  yield* libc.getuid();
};

export function* sleeper(libc: Relibc): abi.SystemCalls<number> {
  yield* sleep(libc);
  return 0;
}

/** A child that asked to be traced, did something, and ended; it was waited for by the kernel. */
export function marked(lab: Lab, rest: Rest): number {
  const pid = lab.fork(function* (libc) {
    yield* libc.ptrace(PTRACE_TRACEME);
    yield* rest(libc);
    return 0;
  });
  lab.wait(pid);
  return pid;
}

/** Whether a pid still counts as one that asked to be traced. */
export function marker(lab: Lab, pid: number): string {
  const result = lab.open(`chan:ptrace-relibc/${pid}/traceme`, abi.O_STAT);
  return typeof result === 'string' ? result : 'there';
}

/** The path that a program opens which waits for any child, as seen by tracing it. */
export function openedByWaitpid(lab: Lab): string {
  const { pid } = lab.child(function* (user) {
    const libc = lab.libcOf(user);
    yield* libc.fork((child) => child.exit(0));
    yield* libc.wait(-1);
    return 0;
  });
  const { trace, regs } = attach(lab, pid);
  const mem = lab.opened(`proc:${pid}/mem`);
  while (lab.next(trace, PRE) === 'PRE_SYSCALL') {
    const { rax, rdi, rsi } = lab.registers(regs);
    if (Number(rax) !== abi.SYS_OPEN) continue;
    lab.seek(mem, rdi);
    return Buffer.from(lab.read(mem, Number(rsi)).bytes).toString();
  }
  return 'nothing';
}
