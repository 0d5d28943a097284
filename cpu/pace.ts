// How hot code must be before it is translated, which pays only for what runs on for long enough.
import type { Engine } from './cpu.js';
import { NEVER } from './layout.js';

/** Arrivals at a branch target before the code there is translated. */
export const THRESHOLDS: Readonly<Record<Engine, number>> = {
  auto: 1000,
  interp: NEVER,
  translate: 1,
};
const HIGHEST = 32_000;

/**
 * What translating costs, in instructions that could be interpreted meanwhile, for each byte of
 * WebAssembly; and how many a program may owe before it has run so many. A program with many
 * functions, each run for a short time, would otherwise spend nearly all of its time translating.
 */
const COST_OF_BYTE = 45;
const CREDIT = 3_000_000;
/** Run so many times what is owed, a program has time to translate more. */
const PAYS_WELL = 8;

/**
 * The threshold from now on: twice as high when more was translated than has paid off by now, half
 * as high when it has paid off well. `written`: bytes; `retired`: instructions.
 */
export function paced(threshold: number, written: number, retired: number): number {
  if (threshold < THRESHOLDS.auto) return threshold;
  const owed = written * COST_OF_BYTE - CREDIT;
  if (owed > retired) return Math.min(threshold * 2, HIGHEST);
  return owed * PAYS_WELL < retired ? Math.max(threshold / 2, THRESHOLDS.auto) : threshold;
}
