// A tracer with relibc over a kernel that only answers: what it asks is logged, call by call.
import sinon from 'sinon';
import { libcProfile, relibc } from '../../compat/index.js';
import { SYS_EXIT, SYS_GETPID, SYS_OPEN, SYS_READ, SYS_WRITE } from '../../kernel-sim/abi/index.js';
import type { Answer } from './fake-process.js';
import { describeCall, drive, Exited, fakeProcess } from './fake-process.js';

export const TRACEE = 7;

/** A kernel in which process 7 has a marker; it opens files as 3, 4, 5 ... */
export function tracing(overrides: Answer = () => Number.NaN) {
  let next = 3;
  const answer: Answer = (call, process) => {
    const special = overrides(call, process);
    if (!Number.isNaN(special)) return special;
    switch (call.number) {
      case SYS_OPEN:
        return next++;
      case SYS_EXIT:
        throw new Exited(Number(call.a));
      case SYS_WRITE:
      case SYS_READ:
        return Number(call.c);
      case SYS_GETPID:
        return TRACEE;
      default:
        return 0;
    }
  };
  return answer;
}

export function tracer(overrides?: Answer, profile = libcProfile()) {
  const process = fakeProcess();
  const answer = sinon.spy(tracing(overrides));
  const log: string[] = [];
  const libc = relibc(process, profile);
  return {
    process,
    libc,
    log,
    answer,
    run: <T>(code: Parameters<typeof drive<T>>[1]): T =>
      drive(process, code, (call, current) => {
        log.push(describeCall(call, current));
        return answer(call, current);
      }),
  };
}

/** The start of the log's line for the opening of one of the tracee's files. */
export function opening(name: string): string {
  return `open proc:7/${name} `;
}
