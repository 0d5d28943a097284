// Wait statuses in words, as compare and examples print them.
import {
  ptraceEventName,
  WCOREDUMP,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSIGNALED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
} from '../compat/index.js';
import { signalName } from '../kernel-sim/abi/index.js';

/** A wait status in words: `exited 3`, `killed by SIGKILL`, `stopped by SIGTRAP`. */
export function statusText(status: number): string {
  if (WIFCONTINUED(status)) return 'continued';
  if (WIFEXITED(status)) return `exited ${WEXITSTATUS(status)}`;
  if (WIFSIGNALED(status)) {
    return `killed by ${signalName(WTERMSIG(status))}${WCOREDUMP(status) ? ' (core dumped)' : ''}`;
  }
  if (!WIFSTOPPED(status)) return `status 0x${status.toString(16)}`;
  const signal = WSTOPSIG(status);
  const name = (signal & 0x80) === 0 ? signalName(signal) : `${signalName(signal & 0x7f)}|0x80`;
  const event = status >> 16;
  return `stopped by ${name}${event === 0 ? '' : `, ${ptraceEventName(event)}`}`;
}
