// What `run --stats` says when the program has ended: what the machine did, and where time went.
import type { CpuProfile, Leavings, Times } from '../../cpu/index.js';
import type { Machine } from '../machine.js';

const LABELS = {
  instructions: 'instructions',
  seconds: 'seconds',
  instructionsPerSecond: 'instructions per second',
  translatedInstructions: 'of them in translated code',
  translatedRegions: 'translated regions',
  regionEntries: 'entries from the interpreter',
  decodedInstructions: 'instructions decoded',
  codeDrops: 'pages of code dropped',
  slowAccesses: 'slow accesses to memory',
  systemCalls: 'system calls',
  ptraceStops: 'ptrace stops',
  contextSwitches: 'context switches',
  peakFrames: 'frames of 4 KiB at most',
  peakResidentBytes: 'bytes of the host at most',
} as const;

const TIMES = {
  interpreted: 'interpreting (estimate)',
  translated: 'in translated code (estimate)',
  translating: 'translating',
  decoding: 'decoding',
  memory: 'slow accesses (estimate)',
  helpers: 'helpers (estimate)',
  kernel: 'kernel and C library',
} as const;

type Figures = Readonly<Record<keyof typeof LABELS, number>>;

export interface RunStatistics extends Figures {
  /** Seconds, which add up to `seconds`. */
  readonly times: Times & { readonly kernel: number };
  /** Why the engine was left for the CPU, and translated code for the interpreter. */
  readonly exits: Leavings;
  readonly regionExits: Leavings;
  /** Of every switch, exit and return to the kernel: the same for the same inputs and seed. */
  readonly traceHash: string;
}

/** `seconds`: from the program's start to its end; the start of Node is not counted. */
function collect({ statistics, cpu }: Machine, seconds: number): RunStatistics {
  const { profile } = cpu;
  const { timed } = profile;
  return {
    instructions: statistics.instructions,
    seconds,
    instructionsPerSecond: Math.round(statistics.instructions / seconds),
    translatedInstructions: timed?.translatedInstructions ?? 0,
    translatedRegions: profile.translatedRegions,
    regionEntries: timed?.regionEntries ?? 0,
    decodedInstructions: profile.decodedInstructions,
    codeDrops: profile.codeDrops,
    slowAccesses: profile.slowAccesses,
    systemCalls: statistics.systemCalls,
    ptraceStops: statistics.ptraceStops,
    contextSwitches: statistics.contextSwitches,
    peakFrames: statistics.peakFrames,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    times: timesOf(profile, seconds),
    exits: profile.exits,
    regionExits: timed?.regionExits ?? {},
    traceHash: statistics.traceHash,
  };
}

/** From the clock's milliseconds; what passed outside the CPU is the kernel's. */
function timesOf({ timed }: CpuProfile, seconds: number): RunStatistics['times'] {
  const part = (name: keyof Times): number => (timed?.times[name] ?? 0) / 1000;
  const times = {
    interpreted: part('interpreted'),
    translated: part('translated'),
    translating: part('translating'),
    decoding: part('decoding'),
    memory: part('memory'),
    helpers: part('helpers'),
  };
  const known = Object.values(times).reduce((sum, time) => sum + time, 0);
  return { ...times, kernel: Math.max(seconds - known, 0) };
}

/** One JSON object on a line, or a line for each figure. */
export function describeStatistics(machine: Machine, seconds: number, json: boolean): string {
  const statistics = collect(machine, seconds);
  if (json) return `${JSON.stringify(statistics)}\n`;
  return [
    ...lines(LABELS, statistics),
    'seconds, by what they were spent on:',
    ...lines(TIMES, statistics.times),
    `engine left by: ${reasons(statistics.exits)}`,
    `translated code left by: ${reasons(statistics.regionExits)}`,
    `trace hash: ${statistics.traceHash}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function lines<K extends string>(
  labels: Readonly<Record<K, string>>,
  figures: Readonly<Record<NoInfer<K>, number>>,
): string[] {
  const keys = Object.keys(labels) as K[];
  return keys.map((key) => `${labels[key].padEnd(30)}${text(figures[key])}`);
}

function reasons(leavings: Leavings): string {
  const sorted = Object.entries(leavings).sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `${reason} ${text(count)}`).join(', ') || '-';
}

function text(figure: number): string {
  return figure.toLocaleString('en', { maximumFractionDigits: 3 });
}
