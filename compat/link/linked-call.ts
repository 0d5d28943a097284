// A `syscall` instruction of a program built for Linux, from its entry to its result. The two that a
// tracer makes all day are lists of Redox's calls, which go without a generator.
import type { SystemCall, SystemCalls } from '../../kernel-sim/abi/index.js';
import { ENOSYS } from '../../kernel-sim/abi/index.js';
import { linuxErrnoOf } from '../headers/errno.js';
import type { Libc } from '../libc.js';
import { exit } from '../pal/processes.js';
import { beginResume, beginWait, endResume, endWait, type Half } from '../ptrace/direct.js';
import { unlockAtOnce, unlockSessions } from '../ptrace/session.js';
import { LinuxCall } from './linux-call.js';
import { linuxSyscallName, linuxSyscallNumber } from './linux-syscalls.js';
import type { LinkObserver } from './observer.js';
import { RAX } from './registers.js';
import type { ProcessState, ThreadState } from './state.js';
import { HANDLERS } from './table.js';

type Step = IteratorResult<SystemCall | 'pause', void>;

const WAIT4 = linuxSyscallNumber('wait4');
const PTRACE = linuxSyscallNumber('ptrace');
/** Which argument of wait4 says where resources go. */
const RUSAGE = 3;
const DONE: Step = { done: true, value: undefined };

export class LinkedCall implements SystemCalls<void> {
  private readonly libc: Libc;
  private readonly process: ProcessState;
  private readonly thread: ThreadState;
  private readonly report: (name: string, number: number) => void;
  private readonly observer: LinkObserver | undefined;
  private call: LinuxCall | undefined;
  private mark = 0;
  private half: Half | undefined;
  private index = 0;
  /** That a list found for waitpid() to store. */
  private status: number | undefined;
  /** The whole of a call that is no list, or the end of one that is. */
  private rest: SystemCalls<number> | undefined;

  constructor(
    libc: Libc,
    process: ProcessState,
    thread: ThreadState,
    report: (name: string, number: number) => void,
    observer: LinkObserver | undefined,
  ) {
    this.libc = libc;
    this.process = process;
    this.thread = thread;
    this.report = report;
    this.observer = observer;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** @param result of the system call that it yielded last */
  next(result: number): Step {
    const call = this.call ?? this.begin();
    if (this.half !== undefined) return this.goOn(call, this.half, result);
    const { rest } = this;
    if (rest === undefined) return this.end(call, this.unsupported(call));
    const step = rest.next(result);
    return step.done === true ? this.end(call, step.value) : step;
  }

  private begin(): LinuxCall {
    const { libc } = this;
    const { user } = libc;
    const number = user.registers.signed(RAX);
    const call = new LinuxCall(libc, this.process, this.thread, number, this.report);
    this.call = call;
    this.observer?.entered(call);
    this.mark = user.mark();
    if (number === PTRACE) this.half = beginResume(libc, call.int(0), call.int(1));
    else if (number === WAIT4 && call.value(RUSAGE) === 0) {
      this.half = beginWait(libc, call.int(0), call.int(2));
    }
    if (this.half === undefined) this.rest = HANDLERS.get(number)?.(call);
    return call;
  }

  /** Makes the next call of a list, or ends it. */
  private goOn(call: LinuxCall, half: Half, result: number): Step {
    const { libc, index } = this;
    const last = index === 0 ? 0 : libc.returned(result);
    if (index < half.calls.length) {
      this.index++;
      return { done: false, value: half.calls[index] };
    }
    this.half = undefined;
    const value = this.endHalf(call, half, last);
    if (unlockAtOnce(libc)) return this.end(call, value);
    this.rest = unlocking(libc, value);
    return this.next(0);
  }

  private endHalf(call: LinuxCall, half: Half, last: number): number {
    if (call.number === PTRACE) return endResume(this.libc, half, last);
    const { result, status } = endWait(this.libc, call.int(0), half, last);
    this.status = status;
    return result;
  }

  private end(call: LinuxCall, result: number): Step {
    const { libc } = this;
    const { ending } = this.process.threads;
    if (ending !== undefined) {
      this.rest = exit(libc, ending);
      return this.next(0);
    }
    const { user } = libc;
    const statusAt = this.status === undefined ? 0 : call.value(1);
    if (this.status !== undefined && statusAt !== 0) user.memory.store32(statusAt, this.status);
    user.release(this.mark);
    call.restore(user.registers);
    const value = result === -1 ? -linuxErrnoOf(libc.errno) : result;
    user.registers.setNumber(RAX, value);
    this.observer?.returned(call, value);
    return DONE;
  }

  private unsupported(call: LinuxCall): number {
    call.report(linuxSyscallName(call.number));
    return this.libc.fail(ENOSYS);
  }
}

function* unlocking(libc: Libc, result: number): SystemCalls<number> {
  yield* unlockSessions(libc);
  return result;
}
