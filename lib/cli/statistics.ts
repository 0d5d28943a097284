// What `run --stats` says when the program has ended.
import type { Machine } from '../machine.js';

const LABELS = {
  instructions: 'instructions',
  seconds: 'seconds',
  instructionsPerSecond: 'instructions per second',
  translatedRegions: 'translated regions',
  ptraceStops: 'ptrace stops',
  contextSwitches: 'context switches',
  peakFrames: 'frames of 4 KiB at most',
  peakResidentBytes: 'bytes of the host at most',
} as const;

export type RunStatistics = Readonly<Record<keyof typeof LABELS, number>>;

/** `seconds`: from the program's start to its end; the start of Node is not counted. */
function collect({ statistics, cpu }: Machine, seconds: number): RunStatistics {
  return {
    instructions: statistics.instructions,
    seconds,
    instructionsPerSecond: Math.round(statistics.instructions / seconds),
    translatedRegions: cpu.translatedRegions,
    ptraceStops: statistics.ptraceStops,
    contextSwitches: statistics.contextSwitches,
    peakFrames: statistics.peakFrames,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** One JSON object on a line, or a line for each figure. */
export function describeStatistics(machine: Machine, seconds: number, json: boolean): string {
  const statistics = collect(machine, seconds);
  if (json) return `${JSON.stringify(statistics)}\n`;
  return Object.entries(LABELS)
    .map(([key, label]) => {
      const value = statistics[key as keyof RunStatistics];
      return `${label.padEnd(26)}${value.toLocaleString('en', { maximumFractionDigits: 3 })}\n`;
    })
    .join('');
}
