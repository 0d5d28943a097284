// Why a line of a comparison is not the same in both columns: the known problem it belongs to, or
// a limit of relibc's ptrace() that is no mistake. Rules are tried in order; the first fits.
import { PROBLEMS } from '../problems/table.js';
import { type Alignment, isSame, type Row } from './align.js';
import { type Recording, seenText } from './recording.js';

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
  readonly before: readonly Row[];
  readonly here: Recording;
}

interface Rule {
  /** A known problem; without one, `limit` says what relibc does not do. */
  readonly problem?: string;
  readonly limit?: string | ((found: Case) => string);
  readonly when: (found: Case) => boolean;
}

/** Lines before a line that may have to do with it: runs without end are long. */
const LOOK_BACK = 300;

const STOPPED = 'stopped by ';
const RESUMES = /^PTRACE_(?:CONT|SYSCALL|SINGLESTEP|SYSEMU|SYSEMU_SINGLESTEP)$/;
/** Waits for more than one child. */
const ANY = /^(?:any|own group|group)/;
const PANIC = /^RELIBC PANIC/m;

/** The requests that the tracer made of the process before, the last one first. */
function requestsBefore({ before, row }: Case): string[] {
  const process = (row.here ?? row.linux)?.process;
  return before
    .flatMap(({ here }) => (here?.call === 'ptrace' && here.process === process ? [here] : []))
    .filter(({ request }) => RESUMES.test(request))
    .map(({ request }) => request)
    .reverse();
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

function registers(row: Row): Readonly<Record<string, string>> | undefined {
  return row.here?.call === 'ptrace' ? row.here.registers : undefined;
}

/** The number before the name that it may stand for: `7 (wait4?)`. */
function plain(word: string | undefined): string | undefined {
  return word?.replace(/ \(.*\)$/, '');
}

/** Whether the tracer had set a result in rax, which relibc takes from orig_rax instead. */
function setResult({ before }: Case): boolean {
  return before.some(({ here }) => {
    if (here?.call !== 'ptrace' || here.request !== 'PTRACE_SETREGS') return false;
    const { rax, orig_rax } = here.registers ?? {};
    return rax !== plain(orig_rax) && !(orig_rax ?? '').startsWith('rax');
  });
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
  { problem: 'KP-32', when: ({ row: { here } }) => here?.result === 'ENODEV' },
  {
    problem: 'KP-37',
    when: ({ row: { here }, here: { end } }) =>
      here?.result === 'never' && end.kind === 'failed' && /the files of proc:/.test(end.reason),
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
    when: (found) => hangs(found) && stoppedBySigstop(found) && requestsBefore(found).length > 0,
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
      const last = requestsBefore(found)[0];
      const status = statuses(found);
      if (last !== 'PTRACE_CONT' || !/^P[12]/.test(found.here.kernel ?? '')) return false;
      return status !== undefined && status.here === `${STOPPED}SIGSTOP`;
    },
  },
  {
    problem: 'KP-53',
    when: (found) => {
      const { linux, here } = found.row;
      if (here === undefined || !requestsBefore(found).includes('PTRACE_SYSEMU')) return false;
      // a stop that Linux does not have, or what is seen at it
      const other = found.row.differences.some(({ what }) => what === 'registers.orig_rax');
      return linux === undefined || other;
    },
  },
  {
    problem: 'KP-41',
    when: (found) =>
      statuses(found)?.here === 'killed by SIGTRAP' &&
      requestsBefore(found)[0] === 'PTRACE_SINGLESTEP',
  },
  {
    problem: 'KP-16',
    when: (found) =>
      statuses(found)?.here === 'killed by SIGTRAP' &&
      (statuses(found)?.linux.startsWith(`${STOPPED}SIGTRAP`) ?? false),
  },
  {
    problem: 'KP-29',
    when: (found) => {
      const status = statuses(found);
      const first = !found.before.some(
        ({ here }) => here?.call === 'wait' && here.process === found.row.here?.process,
      );
      return first && status?.linux === `${STOPPED}SIGTRAP` && !status.here.startsWith(STOPPED);
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
        requestsBefore(found)[0] !== 'PTRACE_SINGLESTEP'
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
        ? setResult(found)
        : false;
    },
  },
];

/** Whether rax and orig_rax are the same word: a call's name stands for its number. */
function isCopied({ rax, orig_rax }: Readonly<Record<string, string>>): boolean {
  return plain(orig_rax) === rax || (rax?.startsWith('0x') ?? false);
}

/** What explains each row; undefined where it is the same, or only follows from another. */
export function explain(alignment: Alignment, here: Recording): (Explanation | undefined)[] {
  const { rows } = alignment;
  return rows.map((row, index) => {
    if (isSame(row)) return undefined;
    const found: Case = { row, before: rows.slice(Math.max(0, index - LOOK_BACK), index), here };
    const rule = RULES.find(({ when }) => when(found));
    return rule && explanationOf(rule, found);
  });
}

function explanationOf({ problem, limit }: Rule, found: Case): Explanation {
  const known = PROBLEMS.find(({ id }) => id === problem);
  if (known !== undefined) {
    const { id, title, explanation, linux } = known;
    return { problem: id, title, text: explanation, linux };
  }
  const title = typeof limit === 'function' ? limit(found) : limit;
  return { title: title ?? seenText(found.row.here ?? { ...missing }) };
}

const missing = { call: 'fork', process: 'tracer', result: '0' } as const;
