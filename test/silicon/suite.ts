// Runs a stream of cases on both processors, a batch ahead on silicon while the other one works.
import { compare, compareWhole, type Mismatch, describe as tell } from './compare.js';
import type { EmulatedProcessor } from './emulated.js';
import { baselineMemory, type GeneratedCase } from './generator.js';
import type { NativeProcessor } from './native.js';
import type { Step } from './state.js';

const BATCH = 256;

export interface Tally {
  cases: number;
  steps: number;
  mismatches: number;
  unimplemented: number;
  /** Mismatches, and instructions without a definition, by mnemonic. */
  readonly byMnemonic: Map<string, number>;
  readonly examples: string[];
}

export interface Suite {
  readonly generator: { at(index: number): GeneratedCase };
  readonly native: Pick<NativeProcessor, 'run' | 'setBaseline'>;
  readonly emulated: Pick<EmulatedProcessor, 'run' | 'runWhole' | 'setBaseline'>;
  readonly first: number;
  readonly count: number;
  /** How many mismatches to tell per mnemonic. */
  readonly examples: number;
  readonly reproduce: (index: number) => string;
  readonly progress?: (tally: Tally) => void;
}

export async function checkCases(suite: Suite): Promise<Tally> {
  const tally: Tally = {
    ...{ cases: 0, steps: 0, mismatches: 0, unimplemented: 0 },
    byMnemonic: new Map(),
    examples: [],
  };
  const baseline = baselineMemory();
  suite.native.setBaseline(baseline);
  suite.emulated.setBaseline(baseline);
  const end = suite.first + suite.count;
  const begin = (from: number): [GeneratedCase[], Promise<Step[][]>] | undefined => {
    if (from >= end) return undefined;
    const cases: GeneratedCase[] = [];
    for (let i = from; i < Math.min(end, from + BATCH); i++) cases.push(suite.generator.at(i));
    return [cases, suite.native.run(cases)];
  };
  let current = begin(suite.first);
  for (let at = suite.first + BATCH; current !== undefined; at += BATCH) {
    const next = begin(at);
    const [cases, running] = current;
    const ours = cases.map((testCase) => {
      const stepped = suite.emulated.run(testCase);
      const runs = testCase.steps > 1 && testCase.debug === undefined;
      const whole = runs ? suite.emulated.runWhole(testCase) : undefined;
      return { stepped, whole };
    });
    const results = await running;
    results.forEach((native, i) => {
      check(suite, tally, cases[i], native, ours[i]);
    });
    suite.progress?.(tally);
    current = next;
  }
  return tally;
}

function check(
  suite: Suite,
  tally: Tally,
  testCase: GeneratedCase,
  native: readonly Step[],
  { stepped, whole }: { stepped: readonly Step[]; whole: Step | undefined },
): void {
  tally.cases++;
  tally.steps += native.length;
  const mismatch =
    compare(testCase, native, stepped) ?? (whole && compareWhole(testCase, stepped, whole));
  if (mismatch === undefined) return;
  if (mismatch.unimplemented) tally.unimplemented++;
  else tally.mismatches++;
  const name = causeOf(mismatch, native[Math.max(mismatch.step, 0)]);
  const seen = tally.byMnemonic.get(name) ?? 0;
  tally.byMnemonic.set(name, seen + 1);
  const shown = mismatch.unimplemented ? Math.min(1, suite.examples) : suite.examples;
  if (seen < shown) tally.examples.push(tell(mismatch, suite.reproduce(testCase.index)));
}

const SIGBUS = 7;
const BUS_ADRALN = 1;

/** What mismatches are counted by: the instruction, unless something general is the cause. */
function causeOf({ unimplemented, mnemonic }: Mismatch, native: Step): string {
  if (native.signal === SIGBUS && native.code === BUS_ADRALN) return 'alignment check';
  return unimplemented ? `${mnemonic} (no definition)` : mnemonic;
}
