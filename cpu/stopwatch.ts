// Times what the CPU does by a clock that it is given. Calls which are short and many are sampled, so
// that reading the clock takes little of the time that it measures: their times are estimates.
import {
  PROFILE_COUNTDOWN,
  PROFILE_IN_REGION,
  PROFILE_LEFT,
  PROFILE_RETIRED,
  PROFILE_TIMING,
} from './layout.js';
import { type CpuProfile, EXIT_CODES, leavings } from './profile.js';

/** A call is short that takes less than so many readings of the clock. */
const SHORT = 20;
/** Of short calls each so manieth is timed; no power of two, as loops like those. */
const PERIOD = 13;

/** Says which calls are timed, from those that were: each stands for all since the one before. */
class Sampler {
  time = 0;
  calls = 0;
  period = 1;
  readonly #short: number;

  constructor(clockCost: number) {
    this.#short = clockCost * SHORT;
  }

  /** Gives the time of all the calls that this one stands for. */
  add(time: number): number {
    const share = Math.max(time, 0) * this.period;
    this.time += share;
    this.calls += this.period;
    this.period = this.time < this.#short * this.calls ? PERIOD : 1;
    return share;
  }
}

type Callback = (a: number, b: number, c: number) => number;

export class Stopwatch {
  readonly #now: () => number;
  /** What reading it takes by itself. */
  readonly #cost: number;
  readonly #view: DataView;
  readonly #totals = { engine: 0, translating: 0, decoding: 0, memory: 0, helpers: 0 };
  /** Of `memory` and `helpers`, what passed while a region was entered. */
  #slowInRegions = 0;
  readonly #regions: Sampler;
  #regionStart = 0;
  /** V8 compiles a region when it is first entered: such entries stand for no others. */
  #isFirst = false;
  #firstEntries = 0;
  #firstTime = 0;

  constructor(now: () => number, view: DataView) {
    this.#now = now;
    this.#view = view;
    let cost = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 1000; i++) {
      const start = now();
      cost = Math.min(cost, now() - start);
    }
    this.#cost = cost;
    this.#regions = new Sampler(cost);
    view.setUint32(PROFILE_COUNTDOWN, 1, true);
  }

  /** A function whose every call is timed. */
  timed<A, R>(what: 'engine' | 'translating' | 'decoding', run: (a: A) => R): (a: A) => R {
    return (a) => {
      const start = this.#now();
      const result = run(a);
      this.#totals[what] += this.#now() - start - this.#cost;
      return result;
    };
  }

  /** The one that translates: what is entered next is new. */
  translating(run: (address: number) => void): (address: number) => void {
    const timed = this.timed('translating', run);
    return (address) => {
      timed(address);
      this.#isFirst = true;
      this.#view.setUint32(PROFILE_COUNTDOWN, 1, true);
    };
  }

  /** A function that the engine calls. */
  sampled(what: 'memory' | 'helpers', run: Callback): Callback {
    const sampler = new Sampler(this.#cost);
    let countdown = 1;
    return (a, b, c) => {
      if (--countdown > 0) return run(a, b, c);
      const start = this.#now();
      const result = run(a, b, c);
      const time = sampler.add(this.#now() - start - this.#cost);
      countdown = sampler.period;
      this.#totals[what] += time;
      if (this.#view.getUint32(PROFILE_IN_REGION, true) !== 0) this.#slowInRegions += time;
      return result;
    };
  }

  /** What the interpreter calls around the entries of regions that are to be timed. */
  readonly imports = {
    begin: (): void => {
      this.#view.setUint32(PROFILE_TIMING, 1, true);
      this.#regionStart = this.#now();
    },
    end: (): void => {
      const time = this.#now() - this.#regionStart - this.#cost;
      if (this.#isFirst) {
        this.#firstTime += time;
        this.#firstEntries++;
        this.#isFirst = false;
      } else {
        this.#regions.add(time);
      }
      this.#view.setUint32(PROFILE_TIMING, 0, true);
      this.#view.setUint32(PROFILE_COUNTDOWN, this.#regions.period, true);
    },
  };

  get result(): NonNullable<CpuProfile['timed']> {
    const { engine, translating, decoding, memory, helpers } = this.#totals;
    const exits = Array.from({ length: EXIT_CODES }, (_, code) =>
      this.#number(PROFILE_LEFT + code * 8),
    );
    const entries = exits.reduce((sum, count) => sum + count, 0);
    const { time, calls } = this.#regions;
    const usual = calls === 0 ? 0 : (time / calls) * (entries - this.#firstEntries);
    const inRegions = Math.min(this.#firstTime + usual, engine);
    const slowElsewhere = memory + helpers - this.#slowInRegions;
    return {
      times: {
        interpreted: Math.max(engine - inRegions - slowElsewhere, 0),
        translated: Math.max(inRegions - this.#slowInRegions, 0),
        translating,
        decoding,
        memory,
        helpers,
      },
      regionEntries: entries,
      regionExits: leavings(exits),
      translatedInstructions: this.#number(PROFILE_RETIRED),
    };
  }

  #number(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }
}
