// What the CPU does and where its time goes, for whoever tunes it. Counts are kept always, where that
// costs nothing; times, and what happens at each entry of a region, only for a Cpu that has a clock.
// Calls too many to be timed each are sampled: such times are estimates.
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
import {
  PROFILE_COUNTDOWN,
  PROFILE_IN_REGION,
  PROFILE_LEFT,
  PROFILE_RETIRED,
  PROFILE_TIMING,
} from './layout.js';

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

/** Calls are timed one by one at first, then each so manieth; no power of two, as loops like those. */
const TIMED_SINGLY = 1000;
const PERIOD = 13;

/** Adds up time from some of the calls, each standing for as many as passed since the last. */
class Sampler {
  time = 0;
  #timed = 0;
  #period = 1;

  add(time: number): void {
    this.time += Math.max(time, 0) * this.#period;
    if (++this.#timed === TIMED_SINGLY) this.#period = PERIOD;
  }

  get period(): number {
    return this.#period;
  }
}

type Callback = (a: number, b: number, c: number) => number;

/** The clock, and what was measured with it. */
export class Stopwatch {
  readonly #now: () => number;
  /** What reading it twice takes by itself. */
  readonly #cost: number;
  readonly #view: DataView;
  readonly #regions = new Sampler();
  #regionStart = 0;
  readonly #totals = { engine: 0, translating: 0, decoding: 0 };
  readonly #samplers: Record<'memory' | 'helpers', { inside: Sampler; outside: Sampler }> = {
    memory: { inside: new Sampler(), outside: new Sampler() },
    helpers: { inside: new Sampler(), outside: new Sampler() },
  };

  constructor(now: () => number, view: DataView) {
    this.#now = now;
    this.#view = view;
    let cost = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 1000; i++) {
      const start = now();
      cost = Math.min(cost, now() - start);
    }
    this.#cost = cost;
    view.setUint32(PROFILE_COUNTDOWN, 1, true);
  }

  /** A function whose every call is timed. */
  timed<A, R>(what: 'engine' | 'translating' | 'decoding', run: (a: A) => R): (a: A) => R {
    const totals = this.#totals;
    return (a) => {
      const start = this.#now();
      const result = run(a);
      totals[what] += this.#now() - start - this.#cost;
      return result;
    };
  }

  /** One that the engine calls so often that only some calls are timed. */
  sampled(what: 'memory' | 'helpers', run: Callback): Callback {
    const samplers = this.#samplers[what];
    let countdown = 1;
    return (a, b, c) => {
      if (--countdown > 0) return run(a, b, c);
      const { inside, outside } = samplers;
      const sampler = this.#view.getUint32(PROFILE_IN_REGION, true) === 0 ? outside : inside;
      const start = this.#now();
      const result = run(a, b, c);
      sampler.add(this.#now() - start - this.#cost);
      countdown = sampler.period;
      return result;
    };
  }

  /** What the interpreter calls around the regions to be timed. */
  get imports(): Record<string, () => void> {
    return {
      begin: () => {
        this.#view.setUint32(PROFILE_TIMING, 1, true);
        this.#regionStart = this.#now();
      },
      end: () => {
        this.#regions.add(this.#now() - this.#regionStart - this.#cost);
        this.#view.setUint32(PROFILE_TIMING, 0, true);
        this.#view.setUint32(PROFILE_COUNTDOWN, this.#regions.period, true);
      },
    };
  }

  get result(): NonNullable<CpuProfile['timed']> {
    const { memory, helpers } = this.#samplers;
    const { engine, translating, decoding } = this.#totals;
    const inside = memory.inside.time + helpers.inside.time;
    const outside = memory.outside.time + helpers.outside.time;
    const regions = Math.min(this.#regions.time, engine);
    const counts = Array.from({ length: EXIT_CODES }, (_, code) =>
      this.#number(PROFILE_LEFT + code * 8),
    );
    return {
      times: {
        interpreted: Math.max(engine - regions - outside, 0),
        translated: Math.max(regions - inside, 0),
        translating,
        decoding,
        memory: memory.inside.time + memory.outside.time,
        helpers: helpers.inside.time + helpers.outside.time,
      },
      regionEntries: counts.reduce((sum, count) => sum + count, 0),
      regionExits: leavings(counts),
      translatedInstructions: this.#number(PROFILE_RETIRED),
    };
  }

  #number(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }
}
