// What a reproduction is: the same few steps on each of some revisions, what is seen there, and
// what the documents say is seen.
import type { LibcProfile } from '../../compat/index.js';
import type { KernelProfile, Scheduler } from '../../kernel-sim/index.js';
import { Lab } from './lab.js';

/** What the steps run on. */
export interface Revision {
  /** `P7`, or `relibc 82abb331 on P2`. */
  readonly name: string;
  readonly kernel: KernelProfile;
  readonly library?: LibcProfile;
  readonly cpus?: number;
  readonly scheduler?: () => Scheduler;
}

/** One thing to look at: what it is on each revision, in their order, and on Linux. */
export interface Sight {
  readonly what: string;
  readonly expected: readonly string[];
  /** What a recorded run on Linux gave; absent where Linux has no such thing. */
  readonly linux?: string;
}

/** The steps that show a problem, and what is to be seen where. */
export interface Reproduction {
  /** Of the problem. */
  readonly id: string;
  /** Those that have the problem. */
  readonly faulty: readonly Revision[];
  /** Those that do not have it: not yet or no more. */
  readonly sound: readonly Revision[];
  readonly sights: readonly Sight[];
  /** The steps: they tell the lab what they see. */
  run(lab: Lab): void;
}

/** One thing that was seen; `expected` is what the documents say of it. */
export interface Observation {
  readonly what: string;
  readonly value: string;
  readonly expected: string | undefined;
}

/** The run on one revision. */
export interface Run {
  readonly revision: string;
  readonly faulty: boolean;
  readonly observed: readonly Observation[];
  /** Who waits for what, which registers there were: told, but not compared. */
  readonly notes: readonly string[];
  /** Whether all that was seen is what is documented. */
  readonly asDocumented: boolean;
}

/** Runs the steps on every revision, the faulty ones first. */
export function reproduce(reproduction: Reproduction): Run[] {
  const { faulty, sound } = reproduction;
  return [...faulty, ...sound].map((revision, column) => {
    const lab = new Lab(revision);
    lab.perform(() => reproduction.run(lab));
    const observed = compare(reproduction.sights, column, lab.seen);
    return {
      revision: revision.name,
      faulty: column < faulty.length,
      observed,
      notes: lab.notes,
      asDocumented: observed.every(({ value, expected }) => value === expected),
    };
  });
}

/** In the order of the sights; what was not seen is so said, and what nobody expected comes last. */
function compare(
  sights: readonly Sight[],
  column: number,
  seen: ReadonlyMap<string, string>,
): Observation[] {
  const observed: Observation[] = sights.map(({ what, expected }) => ({
    what,
    value: seen.get(what) ?? NOT_SEEN,
    expected: expected[column],
  }));
  for (const [what, value] of seen) {
    if (!sights.some((sight) => sight.what === what)) {
      observed.push({ what, value, expected: undefined });
    }
  }
  return observed;
}

/** Where the steps did not come that far. */
export const NOT_SEEN = '-';
