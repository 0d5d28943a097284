// What the CPU does and where its time goes, for whoever tunes it. Counts are kept always, where that
// costs nothing; times, and what happens at each entry of a region, only for a Cpu that has a clock.
import {
  LEFT_BUDGET,
  LEFT_CONTINUE,
  LEFT_DECLINED,
  LEFT_FAULT,
  LEFT_FLAGS,
  LEFT_HOT,
  LEFT_INTERRUPT,
  LEFT_JUMPED,
  LEFT_LOOKUP,
  LEFT_SHADOW,
  LEFT_SYSCALL,
  LEFT_TRAP,
  LEFT_UNIMPLEMENTED,
} from './interpreter/record.js';

const REASONS = {
  budget: LEFT_BUDGET,
  fault: LEFT_FAULT,
  trap: LEFT_TRAP,
  syscall: LEFT_SYSCALL,
  lookup: LEFT_LOOKUP,
  flags: LEFT_FLAGS,
  interrupt: LEFT_INTERRUPT,
  unimplemented: LEFT_UNIMPLEMENTED,
  hot: LEFT_HOT,
  continue: LEFT_CONTINUE,
  declined: LEFT_DECLINED,
  jumped: LEFT_JUMPED,
  shadow: LEFT_SHADOW,
} as const;
/** Exit codes are smaller than this. */
export const EXIT_CODES = 14;

/** How often control came back by each reason there was. */
export type Leavings = Partial<Readonly<Record<keyof typeof REASONS, number>>>;

/** Counts that cost nothing. */
export class Counts {
  /** Ends of stays in the engine, by exit code. */
  readonly exits = new Float64Array(EXIT_CODES);
  /** Accesses to memory that WebAssembly could not complete: faults, page ends, writes to code. */
  slowAccesses = 0;
  decodedInstructions = 0;
  /** Pages whose decoded code was dropped. */
  codeDrops = 0;
}

/** In the unit of the clock. They exclude one another; what is missing passed outside the engine. */
export interface Times {
  /** Estimates. V8 compiles a region when it first runs: that is in `translated`. */
  readonly interpreted: number;
  readonly translated: number;
  /** Finding regions, emitting them and making modules of them. */
  readonly translating: number;
  readonly decoding: number;
  /** Estimates: in {@link Counts.slowAccesses}, and in instructions written in TypeScript. */
  readonly memory: number;
  readonly helpers: number;
}

export interface CpuProfile {
  readonly exits: Leavings;
  readonly slowAccesses: number;
  readonly decodedInstructions: number;
  readonly codeDrops: number;
  readonly translatedRegions: number;
  /** Given a clock only. Regions enter one another, too, which does not count. */
  readonly timed?: {
    readonly times: Times;
    readonly regionEntries: number;
    readonly regionExits: Leavings;
    readonly translatedInstructions: number;
  };
}

export function leavings(counts: ArrayLike<number>): Leavings {
  const found = Object.entries(REASONS).filter(([, code]) => counts[code] > 0);
  return Object.fromEntries(found.map(([reason, code]) => [reason, counts[code]]));
}
