// What calls give, in words: the same ones for every revision and for Linux.
import {
  errnoName,
  PTRACE_EVENT_CLONE,
  PTRACE_STOP_EXIT,
  PTRACE_STOP_SIGNAL,
  ptraceFlagsName,
  signalName,
  wexitstatus,
  wifcontinued,
  wifsignaled,
  wifstopped,
  wstopsig,
  wtermsig,
} from '../../kernel-sim/abi/index.js';

/** `killed by SIGTRAP`, `exited with 3`, `stopped by SIGSTOP`, `continued`. */
export function statusText(status: number): string {
  if (wifcontinued(status)) return 'continued';
  if (wifstopped(status)) return `stopped by ${signalName(wstopsig(status))}`;
  if (wifsignaled(status)) return `killed by ${signalName(wtermsig(status))}`;
  return `exited with ${wexitstatus(status)}`;
}

/** The name of the error if it is one. */
export function errorOr(result: number): number | string {
  return result < 0 ? errnoName(-result) : result;
}

/** `PRE_SYSCALL`: the names of a word's flags without their prefixes. */
function flagsText(word: number): string {
  return ptraceFlagsName(word).replace(/PTRACE_(?:STOP_|EVENT_|FLAG_)/g, '');
}

/** `PRE_SYSCALL`, `SIGNAL SIGUSR1`, `EXIT killed by SIGTRAP`. */
export function eventText({ cause, a }: { cause: number; a: number }): string {
  const name = flagsText(cause);
  if (cause === PTRACE_STOP_SIGNAL) return `${name} ${signalName(a)}`;
  if (cause === PTRACE_STOP_EXIT) return `${name} ${statusText(a)}`;
  return cause === PTRACE_EVENT_CLONE ? `${name} ${a}` : name;
}

export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** Of the kernels before 2019-07-24: a tag of 16 bits at 0, a word at 8. */
export const OLD_EVENT_SIZE = 16;

/** `CLONE 5`, `SIGNAL SIGUSR1`. */
export function oldEventText(bytes: Uint8Array, at: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, OLD_EVENT_SIZE);
  const data = view.getUint32(8, true);
  return view.getUint16(0, true) === 0 ? `CLONE ${data}` : `SIGNAL ${signalName(data)}`;
}
