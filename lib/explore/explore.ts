// A model checker for threads over futexes: every schedule, or every one with so many preemptions,
// and for each what went wrong. A preemption takes the processor from a thread that could go on;
// schedules with few of them are tried first, so that the first finding is the plainest.
import { type Choices, everyRun } from './choices.js';
import {
  Histories,
  type Step,
  type Thread,
  ThreadModel,
  type ThreadProgram,
  Violation,
} from './threads.js';

/** What {@link explore} runs, and where it stops. */
export interface ExploreOptions {
  readonly threads: readonly (readonly [name: string, program: ThreadProgram])[];
  /** The most preemptions of a schedule; all schedules unless said. */
  readonly preemptions?: number;
  /** How often a signal may end a thread's sleep; never unless said. */
  readonly signals?: number;
  /** Steps of one thread after which it is taken to run for ever. */
  readonly longest?: number;
  /** States after which the search gives up, and says so. */
  readonly states?: number;
  /** Goes on after the first finding, up to so many. */
  readonly findings?: number;
  /** What a word of the shared memory means, for schedules. */
  readonly describeWord?: (word: number) => string;
}

/**
 * - `asleep`: nobody can run, and somebody sleeps: a lost wake-up or a deadlock
 * - `violation`: the program said that something does not hold
 * - `endless`: a thread went on and on without getting anywhere
 */
export type FindingKind = 'asleep' | 'violation' | 'endless';

/** A schedule that goes wrong; `what` says in words how. */
export interface Finding {
  readonly kind: FindingKind;
  readonly what: string;
  readonly preemptions: number;
  /** What each thread did, in turn. */
  readonly schedule: readonly Step[];
}

/** What {@link explore} found, and how much it looked at. */
export interface Exploration {
  readonly findings: readonly Finding[];
  /** Whether every schedule within the bound was seen. */
  readonly complete: boolean;
  /** Different states, schedules that were run, and steps in them. */
  readonly states: number;
  readonly schedules: number;
  readonly steps: number;
  /** Steps of the longest schedule. */
  readonly longestSchedule: number;
}

const LONGEST = 200;
const STATES = 2_000_000;
/** Bounds that are tried one by one before there is none. */
const UNBOUNDED = 3;

/** Searches all schedules, those with few preemptions first. */
export function explore(options: ExploreOptions): Exploration {
  const { preemptions } = options;
  const bounds = [...Array((preemptions ?? UNBOUNDED) + 1).keys()];
  if (preemptions === undefined) bounds.push(Number.POSITIVE_INFINITY);
  let result: Exploration | undefined;
  for (const bound of bounds) {
    const search = new Search(options, bound);
    result = search.run();
    // when the bound kept it from nothing, more preemptions make no difference
    if (result.findings.length > 0 || !result.complete || !search.bounded) break;
  }
  if (result === undefined) throw new RangeError('a negative number of preemptions');
  return result;
}

/** All schedules within one bound. */
class Search {
  /** Whether the bound kept the search from anything. */
  bounded = false;
  readonly #options: ExploreOptions;
  readonly #bound: number;
  readonly #histories = new Histories();
  /** The fewest preemptions with which each state was reached. */
  readonly #seen = new Map<string, number>();
  readonly #findings: Finding[] = [];
  #steps = 0;
  #longest = 0;

  constructor(options: ExploreOptions, bound: number) {
    this.#options = options;
    this.#bound = bound;
  }

  run(): Exploration {
    const { findings = 1, states = STATES } = this.#options;
    const { complete, runs } = everyRun((choices) => {
      this.#once(choices);
      return this.#findings.length < findings && this.#seen.size < states;
    });
    return {
      findings: this.#findings,
      complete,
      states: this.#seen.size,
      schedules: runs,
      steps: this.#steps,
      longestSchedule: this.#longest,
    };
  }

  #once(choices: Choices): void {
    const { threads, describeWord, signals = 0 } = this.#options;
    const model = new ThreadModel(threads, this.#histories, describeWord);
    const run: Run = { model, choices, current: undefined, preemptions: 0, signals };
    try {
      while (this.#goesOn(run)) this.#step(run);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#report(run, 'violation', error.message);
    }
    this.#steps += model.schedule.length;
    this.#longest = Math.max(this.#longest, model.schedule.length);
  }

  /** False at the end of a run, and in a state from which the search went on before. */
  #goesOn(run: Run): boolean {
    const { ready, asleep } = run.model;
    if (ready.length === 0 && (run.signals === 0 || asleep.length === 0)) {
      const names = asleep.map(({ name }) => name).join(' and ');
      const verb = asleep.length === 1 ? 'sleeps' : 'sleep';
      if (asleep.length > 0) this.#report(run, 'asleep', `${names} ${verb} for ever`);
      return false;
    }
    const { longest = LONGEST } = this.#options;
    if (run.current !== undefined && run.current.steps > longest) {
      this.#report(run, 'endless', `${run.current.name} goes on for ever`);
      return false;
    }
    return !run.choices.exploring || this.#isNew(run);
  }

  #isNew({ model, current, preemptions, signals }: Run): boolean {
    // without a bound it does not matter who had the processor
    const who = Number.isFinite(this.#bound) ? current?.name : '';
    const key = `${model.key} ${who} ${signals}`;
    const before = this.#seen.get(key);
    if (before !== undefined && (before <= preemptions || who === '')) return false;
    this.#seen.set(key, preemptions);
    return true;
  }

  /** One step of one thread, or a signal. */
  #step(run: Run): void {
    const { model, choices, current } = run;
    const { ready, asleep } = model;
    const free = current === undefined || !ready.includes(current);
    const others = ready.filter((thread) => thread !== current);
    const stays = !free && run.preemptions >= this.#bound;
    if (stays && others.length > 0) this.bounded = true;
    const candidates = free ? others : [current, ...(stays ? [] : others)];
    const sleepers = run.signals > 0 ? asleep : [];
    const choice = choices.choose(candidates.length + sleepers.length);
    const thread = candidates[choice];
    if (thread !== undefined) {
      if (!free && thread !== current) run.preemptions++;
      run.current = thread;
      model.step(thread, (count) => choices.choose(count));
      return;
    }
    const sleeper = sleepers[choice - candidates.length];
    if (sleeper === undefined) throw new Error('a choice that there was not');
    model.interrupt(sleeper);
    run.signals--;
  }

  #report({ model, preemptions }: Run, kind: FindingKind, what: string): void {
    this.#findings.push({ kind, what, preemptions, schedule: model.schedule });
  }
}

interface Run {
  readonly model: ThreadModel;
  readonly choices: Choices;
  /** Who had the processor last. */
  current: Thread | undefined;
  preemptions: number;
  /** How many signals are left. */
  signals: number;
}

/** A finding as lines for people, one for each step. */
export function describeFinding({ what, preemptions, schedule }: Finding): string {
  const width = Math.max(...schedule.map(({ thread }) => thread.length));
  const lines = schedule.map(({ thread, what: done }, index) => {
    return `${String(index + 1).padStart(4)}  ${thread.padEnd(width)}  ${done}`;
  });
  const count = preemptions === 1 ? '1 preemption' : `${preemptions} preemptions`;
  return [`${what} (${count})`, ...lines, ''].join('\n');
}
