// What the kernel's own work costs: processes, switches, pipes, and stops through bare proc: files,
// beside Linux on the same host. The programs do the same on both.
import { hosted, rawStops } from './hosted.js';
import { fastest, natively, onMachine, PROCESSES, profiledOnMachine, type Run } from './measure.js';
import { nativeStops } from './ptrace.js';
import type { Section } from './section.js';

const LIVE = 10_000;
const STOPS = 300_000;

/** What is done, by what argument, how often here and natively, and how often in each of these. */
const WORKS = [
  { work: 'fork, exit and wait', kind: 'fork', count: 20_000, times: 1 },
  { work: 'pipe round trip', kind: 'pipe', count: 100_000, times: 1 },
  { work: 'context switch', kind: 'yield', count: 100_000, times: 2 },
] as const;

/** How often per second, with the start of the program taken off. */
function perSecond(run: (count: number) => Run | undefined, count: number): number | undefined {
  const long = fastest(2, () => run(count));
  const short = fastest(2, () => run(1));
  return long && short && count / (long.seconds - short.seconds);
}

const best = (run: () => number): number => Math.max(run(), run(), run());

export function kernelSection(): Section {
  const rows = WORKS.map(({ work, kind, count, times }) => {
    const args = (n: number): string[] => [kind, String(n)];
    return row(work, times, {
      kernel: best(() => hosted(kind, count)),
      program: perSecond((n) => onMachine(PROCESSES, args(n)), count),
      native: perSecond((n) => natively(PROCESSES, args(n)), count),
      pinned: perSecond((n) => natively(PROCESSES, args(n), true), count),
    });
  });
  const stops = row('stop at a system call', 1, {
    kernel: best(() => rawStops(STOPS)),
    program: undefined,
    native: nativeStops('syscall', false),
    pinned: nativeStops('syscall', true),
  });
  const { statistics } = profiledOnMachine(PROCESSES, ['live', String(LIVE)]);
  return {
    title: 'The kernel: how often per second',
    rows: [...rows, stops],
    summary: {
      liveProcesses: LIVE,
      liveMegabytes: statistics.peakResidentBytes / 2 ** 20,
      liveFrames: statistics.peakFrames,
    },
    notes: [
      'kernel: processes in TypeScript that make its calls; stops are by proc:, natively by ptrace',
      'program: the same ELF file as natively, whose calls relibc makes',
      'pinned: natively, with all processes on one processor, which is how Redox here has them',
    ],
  };
}

interface Rates {
  readonly kernel: number;
  readonly program: number | undefined;
  readonly native: number | undefined;
  readonly pinned: number | undefined;
}

function row(work: string, times: number, { kernel, program, native, pinned }: Rates) {
  return {
    work,
    kernelPerSecond: kernel * times,
    programPerSecond: program && program * times,
    nativePerSecond: native && native * times,
    pinnedPerSecond: pinned && pinned * times,
    kernelTimesNative: native && kernel / native,
    kernelTimesPinned: pinned && kernel / pinned,
    programTimesNative: program && native && program / native,
  };
}
