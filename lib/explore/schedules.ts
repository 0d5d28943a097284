// Every schedule of a whole machine that deviates so often from the plainest one: what a tracer and
// its tracees come to when they race. Each schedule is a run of its own, from the start. (Bounding
// preemptions alone, as for threads, leaves a choice wherever somebody sleeps: far too many here.)
import { type Decision, type Scheduler, ScriptedScheduler } from '../../kernel-sim/index.js';

/** How far {@link exploreSchedules} goes. */
export interface SchedulesOptions {
  /**
   * How often at most another process runs than the one that can go on, or, where that sleeps, than
   * the one with the lowest pid; 1 unless said.
   */
  readonly deviations?: number;
  /** Schedules after which the search gives up, and says so. */
  readonly limit?: number;
  /** Instructions of a turn; 1 unless said: it ends with each instruction, call or pause. */
  readonly quantum?: number;
}

/** What some schedules came to. */
export interface Outcome {
  /** How many schedules came to it. */
  readonly count: number;
  /** The first of them, for a `ScriptedScheduler`: the plainest, as it comes first. */
  readonly script: readonly number[];
}

/** What {@link exploreSchedules} saw. */
export interface Schedules {
  /** By the words that the run said of them. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly schedules: number;
  /** Whether every schedule within the bound was seen. */
  readonly complete: boolean;
}

const LIMIT = 100_000;

/** @param run makes a machine with this scheduler, and says what it came to */
export function exploreSchedules(
  run: (scheduler: Scheduler) => string,
  { deviations = 1, limit = LIMIT, quantum = 1 }: SchedulesOptions = {},
): Schedules {
  const outcomes = new Map<string, Outcome>();
  let script: number[] | undefined = [];
  let schedules = 0;
  for (; script !== undefined && schedules < limit; schedules++) {
    const scheduler = new ScriptedScheduler(script, { quantum });
    const said = run(scheduler);
    const before = outcomes.get(said);
    outcomes.set(said, { count: (before?.count ?? 0) + 1, script: before?.script ?? script });
    script = following(scheduler.decisions, deviations);
  }
  return { outcomes, schedules, complete: script === undefined };
}

/** The script of the next run, depth first; undefined when there is no other. */
function following(decisions: readonly Decision[], most: number): number[] | undefined {
  let deviations = decisions.filter(deviates).length;
  for (let at = decisions.length - 1; at >= 0; at--) {
    const decision = decisions[at];
    if (decision === undefined) continue;
    if (deviates(decision)) deviations--;
    const chosen = after(decision);
    if (deviations >= most || chosen === undefined) continue;
    return [...decisions.slice(0, at).map((before) => before.chosen), chosen];
  }
  return undefined;
}

const plainest = ({ current }: Decision): number => Math.max(current, 0);

const deviates = (decision: Decision): boolean => decision.chosen !== plainest(decision);

/** The choice after the one that was made; the plainest is the first, the rest in their order. */
function after(decision: Decision): number | undefined {
  const first = plainest(decision);
  let next = deviates(decision) ? decision.chosen + 1 : 0;
  if (next === first) next++;
  return next < decision.runnable ? next : undefined;
}
