// A scheduler that follows a list of choices and writes down what it could have chosen, so that a
// caller can go through the schedules of a run one by one, depth first.
import type { Context } from '../context.js';
import type { Processor } from '../processor.js';
import type { RunQueue } from '../run-queue.js';
import { checkedQuantum, QUANTUM, type Scheduler, type TurnOptions } from '../scheduler.js';

/** One moment at which several contexts could have run next, or several CPUs could have gone on. */
export interface Decision {
  /** What was chosen. */
  readonly what: 'context' | 'processor';
  /** How many there were, by ascending pid or number. At least 2: where there is no choice, there is no decision. */
  readonly runnable: number;
  /** Which one ran, as an index among them. */
  readonly chosen: number;
  /** Which of them had the CPU before; -1 when that one cannot go on. */
  readonly current: number;
}

/**
 * What is chosen after the script's end: the context that runs as long as it can, and then the
 * lowest pid; or what another scheduler says.
 */
export type Fallback = 'stay' | Pick<Scheduler, 'next' | 'processor'>;

/** What a script leaves open. */
export interface ScriptOptions extends TurnOptions {
  /** Who decides once the script has ended. */
  readonly fallback?: Fallback;
}

/** Decides as a list of numbers says, indexes of those that can run, and notes what could be chosen. */
export class ScriptedScheduler implements Scheduler {
  readonly endsWithCall: boolean;
  readonly #script: readonly number[];
  readonly #quantum: number;
  readonly #fallback: Fallback;
  readonly #decisions: Decision[] = [];

  constructor(script: readonly number[], options: ScriptOptions = {}) {
    this.#script = script;
    this.#quantum = checkedQuantum(options.quantum ?? QUANTUM);
    this.endsWithCall = options.endsWithCall ?? false;
    this.#fallback = options.fallback ?? 'stay';
  }

  /** What was decided so far, the script's part included. */
  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  quantum(): number {
    return this.#quantum;
  }

  /** @throws RangeError when the script chooses more than there is */
  next(queue: RunQueue, current: Context): Context | undefined {
    const { contexts } = queue;
    if (contexts.length < 2) return contexts[0];
    const fallback = this.#fallback;
    return this.#choose('context', contexts, contexts.indexOf(current), () => {
      if (fallback === 'stay') return undefined;
      const context = fallback.next(queue, current);
      return context && contexts.indexOf(context);
    });
  }

  /** @throws RangeError as above */
  processor(ready: readonly Processor[], last: Processor): number {
    if (ready.length < 2) return 0;
    const fallback = this.#fallback;
    const chosen = this.#choose('processor', ready, ready.indexOf(last), () =>
      fallback === 'stay' ? undefined : fallback.processor(ready, last),
    );
    return ready.indexOf(chosen);
  }

  #choose<T>(
    what: Decision['what'],
    candidates: readonly T[],
    current: number,
    beyond: () => number | undefined,
  ): T {
    const number = this.#decisions.length;
    const chosen = this.#script[number] ?? beyond() ?? Math.max(current, 0);
    const runnable = candidates.length;
    if (!(chosen >= 0 && chosen < runnable)) {
      throw new RangeError(`decision ${number} of the script is ${chosen} of ${runnable}`);
    }
    this.#decisions.push({ what, runnable, chosen, current });
    return candidates[chosen];
  }
}

/** How often somebody did not go on who could have. */
export const preemptions = (decisions: readonly Decision[]): number =>
  decisions.filter(({ current, chosen }) => current >= 0 && current !== chosen).length;

/**
 * The script of the next run, when the last one decided so: depth first, with at most so many
 * preemptions; undefined when there is no other. Both the machine and the fallback must be the same
 * in every run. With 'stay' for a fallback each schedule comes exactly once, the first one (an
 * empty script) without any preemption.
 */
export function nextScript(
  decisions: readonly Decision[],
  mostPreemptions = Number.POSITIVE_INFINITY,
): number[] | undefined {
  for (let at = decisions.length - 1; at >= 0; at--) {
    const before = decisions.slice(0, at);
    const room = mostPreemptions - preemptions(before);
    for (const chosen of alternatives(decisions[at])) {
      const { current } = decisions[at];
      if (current >= 0 && chosen !== current && room < 1) continue;
      return [...before.map((decision) => decision.chosen), chosen];
    }
  }
  return undefined;
}

/** The choices after the one that was made, in the order of {@link nextScript}: 'stay' is first. */
function alternatives({ runnable, chosen, current }: Decision): number[] {
  const first = Math.max(current, 0);
  const order = [first];
  for (let index = 0; index < runnable; index++) if (index !== first) order.push(index);
  return order.slice(order.indexOf(chosen) + 1);
}
