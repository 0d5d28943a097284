// Two runs beside each other: what the tracer did in both, and what only in one of them. The pairs
// are those of the cheapest edit script; calls pair only with the like on the same process.
import { callText, endText, READS_WORD, type Recording, type Seen } from './recording.js';

/** What is not the same in a pair: `status`, `registers.rax`, `result`, `text`. */
export interface Difference {
  readonly what: string;
  readonly linux: string;
  readonly here: string;
}

/** A line of the comparison; one of the two may be missing, and both are at the end of the runs. */
export interface Row {
  readonly linux: Seen | undefined;
  readonly here: Seen | undefined;
  readonly differences: readonly Difference[];
}

export interface Alignment {
  readonly rows: readonly Row[];
  /** How the programs ended and what they printed. */
  readonly end: readonly Difference[];
  /** The index of the first row that is not the same in both, or undefined. */
  readonly first: number | undefined;
}

/** Cells of the table of costs; beyond, what lies between equal ends is paired in order. */
const TABLE_MAX = 16_000_000;
/** An unpaired call costs as much as a pair that differs, so two of them are dearer. */
const UNPAIRED = 2;
const DIFFERENT = 2;

/** The registers that both kernels promise to show alike at a stop. */
const COMPARED: ReadonlySet<string> = new Set(
  (
    'orig_rax rax rdi rsi rdx rip rsp rbx rbp r12 r13 r14 r15 cwd swd mxcsr st0 st1 st2 st3 ' +
    'st4 st5 st6 st7 xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 si_signo si_code si_addr'
  ).split(' '),
);

export function align(linux: Recording, here: Recording): Alignment {
  const compare = (a: Seen, b: Seen) => differencesOf(a, b, linux, here);
  // where neither run came to its end, the longer one is no further than the other
  const length =
    endless(linux) && endless(here) ? Math.min(linux.seen.length, here.seen.length) : undefined;
  const rows = pair(linux.seen.slice(0, length), here.seen.slice(0, length), compare);
  const end = endDifferences(linux, here);
  const first = rows.findIndex((row) => !isSame(row));
  return { rows, end, first: first === -1 ? undefined : first };
}

function endless({ end }: Recording): boolean {
  return end.kind === 'endless';
}

export function isSame({ linux, here, differences }: Row): boolean {
  return linux !== undefined && here !== undefined && differences.length === 0;
}

type Compare = (linux: Seen, here: Seen) => Difference[];

function pair(linux: readonly Seen[], here: readonly Seen[], compare: Compare): Row[] {
  const row = (a: Seen | undefined, b: Seen | undefined): Row => ({
    linux: a,
    here: b,
    differences: a && b ? compare(a, b) : [],
  });
  const same = (i: number, j: number): boolean => {
    const [a, b] = [linux[i], here[j]];
    return a !== undefined && b !== undefined && like(a, b) && compare(a, b).length === 0;
  };
  let start = 0;
  while (same(start, start)) start++;
  // A tracer is in step with itself until a call comes out differently, so the first call that does
  // is the same call in both, however little it looks it.
  const [x, y] = [linux[start], here[start]];
  if (x && y && like(x, y)) start++;
  let [endLinux, endHere] = [linux.length, here.length];
  while (endLinux > start && endHere > start && same(endLinux - 1, endHere - 1)) {
    endLinux--;
    endHere--;
  }
  const [a, b] = [linux.slice(start, endLinux), here.slice(start, endHere)];
  const middle = a.length * b.length > TABLE_MAX ? inOrder(a, b) : cheapest(a, b, compare);
  return [
    ...linux.slice(0, start).map((seen, i) => row(seen, here[i])),
    ...middle.map(([x, y]) => row(x, y)),
    ...linux.slice(endLinux).map((seen, i) => row(seen, here[endHere + i])),
  ];
}

type Pair = readonly [Seen | undefined, Seen | undefined];

/** Whether two calls may stand beside each other at all. */
function like(a: Seen, b: Seen): boolean {
  if (a.call !== b.call || a.process !== b.process) return false;
  if (a.call === 'ptrace' && b.call === 'ptrace') return a.request === b.request;
  return a.call !== 'write' || b.call !== 'write' || a.fd === b.fd;
}

function inOrder(a: readonly Seen[], b: readonly Seen[]): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x && y && !like(x, y)) pairs.push([x, undefined], [undefined, y]);
    else pairs.push([x, y]);
  }
  return pairs;
}

/** The edit script of least cost, by the table of Wagner and Fischer. */
function cheapest(a: readonly Seen[], b: readonly Seen[], compare: Compare): Pair[] {
  const width = b.length + 1;
  const costs = new Uint32Array((a.length + 1) * width);
  const pairCost = (i: number, j: number): number => {
    const [x, y] = [a[i], b[j]];
    if (!x || !y || !like(x, y)) return Number.POSITIVE_INFINITY;
    return compare(x, y).length === 0 ? 0 : DIFFERENT;
  };
  const cost = (i: number, j: number): number => costs[i * width + j] ?? 0;
  for (let i = a.length; i >= 0; i--) {
    for (let j = b.length; j >= 0; j--) {
      if (i === a.length || j === b.length) {
        costs[i * width + j] = (a.length - i + b.length - j) * UNPAIRED;
        continue;
      }
      const unpaired = UNPAIRED + Math.min(cost(i + 1, j), cost(i, j + 1));
      costs[i * width + j] = Math.min(unpaired, pairCost(i, j) + cost(i + 1, j + 1));
    }
  }
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && cost(i, j) === pairCost(i, j) + cost(i + 1, j + 1)) {
      pairs.push([a[i++], b[j++]]);
    } else if (i < a.length && cost(i, j) === UNPAIRED + cost(i + 1, j)) {
      pairs.push([a[i++], undefined]);
    } else {
      pairs.push([undefined, b[j++]]);
    }
  }
  return pairs;
}

function differencesOf(a: Seen, b: Seen, linux: Recording, here: Recording): Difference[] {
  const found: Difference[] = [];
  const check = (what: string, x: string | undefined, y: string | undefined): void => {
    if (x !== undefined && y !== undefined && !sameWord(x, y, here)) {
      found.push({ what, linux: x, here: y });
    }
  };
  if (callText(a) !== callText(b))
    found.push({ what: 'call', linux: callText(a), here: callText(b) });
  // on Redox kill() lets the signal act before it returns
  const killed = b.call === 'kill' && b.result === 'never' && here.end.kind === 'killed';
  if (!killed) check('result', a.result, b.result);
  if (a.call === 'wait' && b.call === 'wait') {
    check('status', a.status, b.status);
    if (a.status !== undefined && b.status === undefined && found.length === 0) {
      found.push({ what: 'status', linux: a.status, here: 'none' });
    }
  }
  if (a.call !== 'ptrace' || b.call !== 'ptrace') return found;
  if (READS_WORD.has(a.request)) check('word', a.data, b.data);
  for (const [name, value] of Object.entries(a.registers ?? {})) {
    // a port is another build, whose code lies elsewhere
    if (name === 'rip' && linux.program !== here.program) continue;
    if (COMPARED.has(name)) check(`registers.${name}`, value, b.registers?.[name]);
  }
  return found;
}

/** A pid, which is another number in each run, counts as the same. So does a call by its name. */
function sameWord(linux: string, here: string, { pids = {} }: Recording): boolean {
  if (linux === here) return true;
  const pid = pids[linux];
  return (pid !== undefined && String(pid) === here) || here.endsWith(`(${linux}?)`);
}

function endDifferences(linux: Recording, here: Recording): Difference[] {
  const found: Difference[] = [];
  const check = (what: string, a: string, b: string): void => {
    if (a !== b) found.push({ what, linux: a, here: b });
  };
  const both = endless(linux) && endless(here);
  if (!both) check('end', endText(linux.end), endText(here.end));
  for (const what of ['stdout', 'stderr'] as const) {
    const length = both ? Math.min(linux[what].length, here[what].length) : undefined;
    check(what, linux[what].slice(0, length), here[what].slice(0, length));
  }
  return found;
}
