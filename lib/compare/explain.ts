// Why a line of a comparison is not the same in both columns: the known problem it belongs to, or
// a limit of relibc's ptrace() that is no mistake. Rules are tried in order; the first fits.
import { libcProfile } from '../../compat/index.js';
import { problemNamed } from '../problems/table.js';
import { type Alignment, isSame, type Row } from './align.js';
import { History, plain } from './history.js';
import type { End, Recording } from './recording.js';

export interface Explanation {
  /** `KP-19`, if it is a known problem. */
  readonly problem?: string;
  /** Its title, or the limit in a sentence. */
  readonly title: string;
  readonly text?: string;
  readonly linux?: string;
}

/** A line that differs, and what was seen before it. */
interface Case {
  readonly row: Row;
  readonly before: History;
  readonly here: Recording;
}

/** A line belongs to a known problem, or to something that relibc does not do. */
type Rule = { readonly when: (found: Case) => boolean } & (
  | { readonly problem: string }
  | { readonly limit: string | ((found: Case) => string) }
);

const STOPPED = 'stopped by ';
/** Waits for more than one child. */
const ANY = /^(?:any|own group|group)/;
const PANIC = /^RELIBC PANIC/m;

/** Whom a line is about: of a wait for any child, who was found. */
function subject({ row: { linux, here } }: Case): string {
  const seen = here ?? linux;
  if (seen?.call !== 'wait') return seen?.process ?? '';
  const found = here?.call === 'wait' ? here.found : undefined;
  return found ?? (linux?.call === 'wait' ? linux.found : undefined) ?? seen.process;
}

/** The request that let the process run last. */
function lastResume(found: Case): string | undefined {
  return found.before.lastResume(subject(found));
}

function statuses({ row: { linux, here } }: Case): { linux: string; here: string } | undefined {
  if (linux?.call !== 'wait' || here?.call !== 'wait') return undefined;
  return { linux: linux.status ?? linux.result, here: here.status ?? here.result };
}

/** What Linux said of a wait, which need not be paired. */
function statusOnLinux({ row: { linux } }: Case): string | undefined {
  return linux?.call === 'wait' ? linux.status : undefined;
}

/** A stop at a signal, other than those that ptrace itself makes of SIGTRAP. */
const SIGNAL_STOP = /^stopped by SIG(?!TRAP|STOP)\w+$/;
const SIGTRAP_STOP = /^stopped by SIGTRAP$/;

/** Whether waitpid never returned, because all wait for each other. */
function hangs({ row: { here }, here: { end } }: Case): boolean {
  return here?.call === 'wait' && here.result === 'never' && end.kind === 'deadlock';
}

function stoppedBySigstop({ row, here: { end } }: Case): boolean {
  if (end.kind !== 'deadlock') return false;
  const process = row.here?.process ?? '';
  const stopped = end.waiting.filter(({ what }) => what.startsWith('SIGCONT'));
  return stopped.some((one) => one.process === process || ANY.test(process));
}

/** Whether a revision keeps the sessions of each thread for itself. */
function threadLocal(on: string): boolean {
  return libcProfile(on).ptrace.sessions === 'thread';
}

/** Whether the kernel hung for the lock of KP-37. */
function hangsForFiles({ here: { end } }: Case): boolean {
  return end.kind === 'failed' && /the files of proc:/.test(end.reason);
}

/** A call of one of several threads that came at another time here, or never. */
function isLeftOut({ row: { linux, here }, before }: Case): boolean {
  const traces = linux?.call === 'wait' || linux?.call === 'ptrace';
  return before.threads && here === undefined && traces;
}

/** Whether the tracer sleeps until any signal comes. */
function sleepsForSignal(end: End): boolean {
  if (end.kind !== 'deadlock') return false;
  return end.waiting.some(({ process, what }) => process === 'tracer' && what === 'a signal');
}

function registers(row: Row): Readonly<Record<string, string>> | undefined {
  return row.here?.call === 'ptrace' ? row.here.registers : undefined;
}

const RULES: readonly Rule[] = [
  {
    problem: 'KP-60',
    when: ({ row: { here }, here: { stderr } }) =>
      here?.call === 'wait' && here.result === 'never' && PANIC.test(stderr),
  },
  {
    limit: ({ row: { here }, here: { on } }) =>
      `${on} has no ${here?.call === 'ptrace' ? here.request : 'such request'}: it ends the program`,
    when: ({ row: { here }, here: { stderr } }) =>
      here?.call === 'ptrace' && here.result === 'never' && PANIC.test(stderr),
  },
  {
    limit: ({ row: { here } }) =>
      `relibc traces only children that called PTRACE_TRACEME: ${
        here?.call === 'ptrace' ? here.request : 'it'
      } is not implemented, and finds no session`,
    when: ({ row: { linux, here } }) =>
      here?.call === 'ptrace' &&
      /^PTRACE_(?:ATTACH|SEIZE)$/.test(here.request) &&
      here.result === 'ESRCH' &&
      linux?.result === '0',
  },
  {
    limit: ({ row: { here } }) =>
      `relibc has no ${here?.call === 'other' ? here.name : 'waitid'}(): a port does not link, and here it is ENOSYS`,
    when: ({ row: { linux, here } }) =>
      (here?.call === 'other' || (here?.call === 'wait' && here.by === 'waitid')) &&
      here.result === 'ENOSYS' &&
      linux?.result !== 'ENOSYS',
  },
  {
    limit:
      'Redox has no /proc: the files of a process are proc:PID/mem, proc:PID/regs/int and so on',
    when: ({ row: { here } }) =>
      here?.call === 'other' && here.name === 'open' && here.result !== '0',
  },
  {
    limit: 'Redox had no interval timers: alarm() and setitimer() succeed, and no SIGALRM comes',
    when: ({ row: { linux, here }, before }) =>
      linux?.call === 'wait' &&
      linux.result === 'EINTR' &&
      here?.result === 'never' &&
      before.timer,
  },
  {
    limit: 'a second TRACEME finds the marker of the first: EEXIST, where Linux says EPERM',
    when: ({ row: { linux, here } }) =>
      here?.call === 'ptrace' &&
      here.request === 'PTRACE_TRACEME' &&
      here.result === 'EEXIST' &&
      linux?.result === 'EPERM',
  },
  {
    problem: 'KP-02',
    when: ({ row: { linux, here }, here: { on } }) =>
      on === 'relibc-2019-07-10' &&
      here?.call === 'ptrace' &&
      here.result === '0' &&
      /^E(?:SRCH|PERM)$/.test(linux?.result ?? ''),
  },
  {
    problem: 'KP-58',
    when: ({ row: { linux, here }, here: { on } }) =>
      here?.call === 'ptrace' && here.result === 'EBUSY' && threadLocal(on) && linux !== undefined,
  },
  {
    limit: ({ here: { on } }) =>
      threadLocal(on)
        ? 'relibc gives a tracee to that thread which makes the first request'
        : 'relibc keeps its sessions for the process: each of its threads may trace',
    when: ({ row: { linux, here }, before }) =>
      before.threads && here?.call === 'ptrace' && here.result === '0' && linux?.result === 'ESRCH',
  },
  {
    limit: 'relibc does not ask whether its tracee is stopped: it does this all the same',
    when: ({ row: { linux, here } }) =>
      here?.call === 'ptrace' && here.result === '0' && linux?.result === 'ESRCH',
  },
  {
    problem: 'KP-38',
    when: ({ row: { here }, here: { end } }) =>
      here?.call === 'wait' &&
      here.result === 'never' &&
      end.kind === 'deadlock' &&
      end.waiting.some(({ what }) => what.endsWith(` of its tracee, ${here.process}`)) &&
      !end.waiting.some(({ process }) => process === here.process),
  },
  {
    problem: 'KP-37',
    when: (found) => isLeftOut(found) && hangsForFiles(found),
  },
  {
    limit: 'the kernel of these years sends no SIGCHLD: who sleeps until one comes sleeps for ever',
    when: ({ row: { linux, here }, here: { end } }) =>
      /^(?:wait|ptrace)$/.test(linux?.call ?? '') && here === undefined && sleepsForSignal(end),
  },
  {
    problem: 'KP-21',
    when: (found) => isLeftOut(found) && !threadLocal(found.here.on),
  },
  {
    limit: 'which thread is first is left to the schedulers',
    when: isLeftOut,
  },
  { problem: 'KP-32', when: ({ row: { here } }) => here?.result === 'ENODEV' },
  {
    problem: 'KP-37',
    when: (found) => found.row.here?.result === 'never' && hangsForFiles(found),
  },
  {
    limit: 'which child is first is left to the schedulers',
    when: ({ row: { linux, here } }) =>
      linux?.call === 'wait' &&
      here?.call === 'wait' &&
      ANY.test(here.process) &&
      linux.found !== undefined &&
      here.found !== undefined &&
      linux.found !== here.found,
  },
  {
    problem: 'KP-20',
    when: ({ row: { here }, here: { end } }) =>
      here?.call === 'wait' &&
      ANY.test(here.process) &&
      here.result === 'never' &&
      end.kind === 'deadlock' &&
      end.waiting.some(({ what }) => what.startsWith('its tracer')),
  },
  {
    problem: 'KP-67',
    when: (found) => {
      const { here } = found.row;
      if (here?.call !== 'wait' || !here.options.includes('WNOHANG')) return false;
      return here.result === '0' && (statuses(found)?.linux.startsWith(STOPPED) ?? false);
    },
  },
  {
    problem: 'KP-55',
    when: (found) => hangs(found) && stoppedBySigstop(found) && lastResume(found) !== undefined,
  },
  {
    problem: 'KP-02',
    when: (found) =>
      hangs(found) && stoppedBySigstop(found) && found.here.on === 'relibc-2019-07-10',
  },
  {
    problem: 'KP-54',
    when: (found) =>
      hangs(found) && stoppedBySigstop(found) && !ANY.test(found.row.here?.process ?? ''),
  },
  {
    problem: 'KP-57',
    when: (found) => {
      const last = lastResume(found);
      const status = statuses(found);
      if (last !== 'PTRACE_CONT' || !/^P[12]/.test(found.here.kernel ?? '')) return false;
      return status !== undefined && status.here === `${STOPPED}SIGSTOP`;
    },
  },
  {
    problem: 'KP-53',
    when: (found) => {
      const { linux, here } = found.row;
      if (here === undefined || !found.before.emulates(subject(found))) return false;
      // a stop that Linux does not have, or what is seen at it
      const other = found.row.differences.some(({ what }) => what === 'registers.orig_rax');
      return linux === undefined || other;
    },
  },
  {
    problem: 'KP-41',
    when: (found) =>
      statuses(found)?.here === 'killed by SIGTRAP' && lastResume(found) === 'PTRACE_SINGLESTEP',
  },
  {
    problem: 'KP-16',
    when: (found) =>
      statuses(found)?.here === 'killed by SIGTRAP' &&
      found.before.met(subject(found), 'int3') &&
      (statuses(found)?.linux.startsWith(`${STOPPED}SIGTRAP`) ?? false),
  },
  {
    problem: 'KP-29',
    when: (found) => {
      const status = statuses(found);
      const first = !found.before.waitedFor(subject(found));
      const { here = STOPPED } = status ?? {};
      const signal = here.startsWith(STOPPED) || here === 'killed by SIGTRAP';
      return first && status?.linux === `${STOPPED}SIGTRAP` && !signal;
    },
  },
  {
    limit: ({ row: { linux } }) =>
      `relibc never asks the kernel for stops at signals: ${
        linux?.result ?? 'the tracee'
      } gets them without its tracer, and faults end it`,
    when: (found) => {
      const status = statusOnLinux(found);
      if (status === undefined) return false;
      if (SIGNAL_STOP.test(status)) return true;
      // a SIGTRAP that nothing here but the tracee has seen
      const { here } = found.row;
      return (
        SIGTRAP_STOP.test(status) &&
        here?.call === 'wait' &&
        (here.result === 'never' || !(here.status ?? STOPPED).startsWith(STOPPED)) &&
        lastResume(found) !== 'PTRACE_SINGLESTEP'
      );
    },
  },
  {
    problem: 'KP-19',
    when: (found) => {
      const status = statuses(found);
      return status?.here === `${STOPPED}SIGSTOP` && status.linux.startsWith(STOPPED);
    },
  },
  {
    problem: 'KP-18',
    when: ({ row }) => {
      const seen = registers(row);
      const names = row.differences.map(({ what }) => what);
      if (seen === undefined) return false;
      const about = names.includes('registers.orig_rax') || names.includes('registers.rax');
      const read = row.here?.call === 'ptrace' && row.here.request === 'PTRACE_GETREGS';
      return about && (!read || isCopied(seen));
    },
  },
  {
    problem: 'KP-18',
    when: (found) => {
      const status = statuses(found);
      const ended = /^exited/;
      return status !== undefined && ended.test(status.linux) && ended.test(status.here)
        ? found.before.setResult
        : false;
    },
  },
  {
    limit: 'which thread is first is left to the schedulers',
    when: ({ row: { linux, here }, before }) =>
      before.threads && (linux === undefined || here === undefined),
  },
];

/** Whether rax and orig_rax are the same word: a call's name stands for its number. */
function isCopied({ rax, orig_rax }: Readonly<Record<string, string>>): boolean {
  return plain(orig_rax) === rax || (rax?.startsWith('0x') ?? false);
}

/** What explains each row; undefined where it is the same, or only follows from another. */
export function explain(alignment: Alignment, here: Recording): (Explanation | undefined)[] {
  const before = new History(here);
  // what a panic ended can have no more lines
  const end = PANIC.test(here.stderr) ? lastIndexHere(alignment) : alignment.rows.length;
  return alignment.rows.map((row, index) => {
    const found: Case = { row, before, here };
    const rule = isSame(row) || index > end ? undefined : RULES.find(({ when }) => when(found));
    const explanation = rule && explanationOf(rule, found);
    if (row.here !== undefined) before.add(row.here);
    return explanation;
  });
}

function explanationOf(rule: Rule, found: Case): Explanation {
  if ('limit' in rule) {
    return { title: typeof rule.limit === 'function' ? rule.limit(found) : rule.limit };
  }
  const known = problemNamed(rule.problem);
  if (known === undefined) throw new Error(`no problem is called ${rule.problem}`);
  const { id, title, explanation, linux } = known;
  return { problem: id, title, text: explanation, linux };
}

function lastIndexHere({ rows }: Alignment): number {
  for (let index = rows.length - 1; index >= 0; index--) {
    if (rows[index]?.here !== undefined) return index;
  }
  return -1;
}
