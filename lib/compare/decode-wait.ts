// Waits and wait statuses in words: wait(2).
import {
  __WALL,
  P_ALL,
  P_PID,
  P_PIDFD,
  siginfo_t,
  W_EXITCODE,
  WCONTINUED,
  WCOREFLAG,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from '../../compat/index.js';
import { statusText } from '../status-text.js';
import type { Names } from './names.js';
import type { RawCall } from './raw-call.js';
import { int, resultOf } from './raw-values.js';
import type { Seen } from './recording.js';

/** Who a waitid is for, by its first argument; else one process. */
const GROUPS: Readonly<Record<number, string>> = { [P_ALL]: 'any', [P_PIDFD]: 'pidfd' };
/** Why SIGCHLD would come, in a siginfo of waitid. */
const CLD = { exited: 1, killed: 2, dumped: 3, trapped: 4, stopped: 5, continued: 6 } as const;
const CONTINUED_STATUS = 0xffff;
const WAITID_OPTIONS: readonly (readonly [string, number])[] = [
  ['WEXITED', WEXITED],
  ['WSTOPPED', WSTOPPED],
  ['WCONTINUED', WCONTINUED],
  ['WNOWAIT', WNOWAIT],
];
const OPTIONS: readonly (readonly [string, number])[] = [
  ['WNOHANG', WNOHANG],
  ['WUNTRACED', WUNTRACED],
  ['WCONTINUED', WCONTINUED],
  ['__WALL', __WALL],
];

export function decodeWait(call: RawCall, names: Names): Seen {
  const pid = int(call.args[0] ?? 0n);
  const process = names.target(pid);
  const options = optionsText(int(call.args[2] ?? 0n));
  const result = resultOf(call);
  const base = { call: 'wait', process, options } as const;
  if (call.result === undefined || call.result <= 0n) return { ...base, result };
  const found = names.process(Number(call.result));
  const view = new DataView(call.memory.buffer, call.memory.byteOffset, call.memory.byteLength);
  const status = call.memory.length >= 4 ? { status: statusText(view.getInt32(0, true)) } : {};
  return { ...base, result: found, ...(found !== process && { found }), ...status };
}

/** waitid(2): who it was, and what, is in a siginfo. */
export function decodeWaitid(call: RawCall, names: Names): Seen {
  const [kind, id, options] = [0, 1, 3].map((index) => int(call.args[index] ?? 0n));
  const target = id === undefined || kind === P_PID ? (id ?? 0) : id === 0 ? 0 : -id;
  const process = GROUPS[kind ?? 0] ?? names.target(target);
  const words = optionsText(options ?? 0, [...OPTIONS.slice(0, 1), ...WAITID_OPTIONS]);
  const result = resultOf(call);
  const base = { call: 'wait', by: 'waitid', process, options: words } as const;
  if (result !== '0' || call.memory.length < siginfo_t.size) return { ...base, result };
  const view = new DataView(call.memory.buffer, call.memory.byteOffset, call.memory.byteLength);
  const pid = view.getInt32(SI_PID, true);
  if (pid === 0) return { ...base, result };
  const found = names.process(pid);
  const status = statusText(statusOfCode(view.getInt32(8, true), view.getInt32(SI_STATUS, true)));
  return { ...base, result: found, ...(found !== process && { found }), status };
}

const SI_PID = 16;
const SI_STATUS = 24;

/** The wait status that says the same as a siginfo's si_code and si_status. */
function statusOfCode(code: number, value: number): number {
  switch (code) {
    case CLD.exited:
      return W_EXITCODE(value, 0);
    case CLD.continued:
      return CONTINUED_STATUS;
    case CLD.trapped:
    case CLD.stopped:
      return (value << 8) | 0x7f;
    default:
      return value | (code === CLD.dumped ? WCOREFLAG : 0);
  }
}

function optionsText(options: number, known = OPTIONS): string {
  const names = known.filter(([, bit]) => (options & bit) !== 0);
  const rest = names.reduce((bits, [, bit]) => bits & ~bit, options);
  const words = names.map(([name]) => name);
  if (rest !== 0 || words.length === 0)
    words.push(rest === 0 ? '0' : `0x${(rest >>> 0).toString(16)}`);
  return words.join('|');
}
