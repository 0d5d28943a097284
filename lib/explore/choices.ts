// Every way a run can go: a run asks for a choice wherever more than one thing may happen next, and
// is repeated until all answers have been given. Depth first, by replaying the choices from the
// start, since code under test (generators, a machine) cannot be copied in the middle.

/** Says how a run goes on. The same answers give the same run. */
export interface Choices {
  /** A number below `count`; 0 is what is tried first. */
  choose(count: number): number;
  /** Whether the answers that were prescribed are used up, so that what follows is new. */
  readonly exploring: boolean;
}

class Replay implements Choices {
  /** How many answers there were at each choice, and the one that was given. */
  readonly counts: number[] = [];
  readonly answers: number[] = [];
  readonly #prescribed: readonly number[];

  constructor(prescribed: readonly number[]) {
    this.#prescribed = prescribed;
  }

  get exploring(): boolean {
    return this.answers.length >= this.#prescribed.length;
  }

  choose(count: number): number {
    const answer = this.#prescribed[this.answers.length] ?? 0;
    if (answer >= count) throw new Error('a run did not repeat itself: it depends on more');
    this.counts.push(count);
    this.answers.push(answer);
    return answer;
  }
}

/** The answers that come after these in the order of a counter; undefined after the last. */
function following({ counts, answers }: Replay): number[] | undefined {
  const next = [...answers];
  while (next.length > 0 && (next.at(-1) ?? 0) + 1 >= (counts[next.length - 1] ?? 0)) next.pop();
  const last = next.pop();
  return last === undefined ? undefined : [...next, last + 1];
}

/**
 * Calls `run` with every possible sequence of answers, until it returns false. Gives the number of
 * runs, and whether none was left out.
 */
export function everyRun(
  run: (choices: Choices) => boolean,
  limit = Number.POSITIVE_INFINITY,
): { readonly runs: number; readonly complete: boolean } {
  let prescribed: number[] | undefined = [];
  let runs = 0;
  while (prescribed !== undefined) {
    if (runs >= limit) return { runs, complete: false };
    const replay = new Replay(prescribed);
    runs++;
    if (!run(replay)) return { runs, complete: false };
    prescribed = following(replay);
  }
  return { runs, complete: true };
}
