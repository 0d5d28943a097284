// A mocha reporter: one line per passing suite, every failure in full. Counts go to the file named
// by TEST_SUMMARY, because the coverage table is printed after mocha has ended (see run.ts).
import { writeFileSync } from 'node:fs';
import mocha from 'mocha';

/** What run.ts reads back. */
export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

/** A run's summary, and its failures in words. */
export interface Report extends Summary {
  readonly failures: readonly string[];
}

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } =
  mocha.Runner.constants;

/** The outermost `describe` a test belongs to. */
function suiteOf(test: Mocha.Runnable): string {
  let suite = test.parent;
  while (suite?.parent && !suite.parent.root) suite = suite.parent;
  return suite?.title || '(no suite)';
}

export default class Reporter {
  constructor(runner: Mocha.Runner) {
    const suites = new Map<string, Summary>();
    const failures: { title: string; error: Error }[] = [];
    const skipped: string[] = [];
    const count = (test: Mocha.Runnable, what: keyof Summary): void => {
      const name = suiteOf(test);
      const suite = suites.get(name) ?? { passed: 0, failed: 0, skipped: 0 };
      suite[what]++;
      suites.set(name, suite);
    };

    runner.on(EVENT_TEST_PASS, (test: Mocha.Test) => count(test, 'passed'));
    runner.on(EVENT_TEST_PENDING, (test: Mocha.Test) => {
      count(test, 'skipped');
      skipped.push(test.fullTitle());
    });
    runner.on(EVENT_TEST_FAIL, (test: Mocha.Test, error: Error) => {
      count(test, 'failed');
      failures.push({ title: test.fullTitle(), error });
    });
    runner.once(EVENT_RUN_END, () => {
      for (const [name, suite] of suites) console.log(lineOf(name, suite));
      for (const title of skipped) console.log(`  skipped: ${title}`);
      const described = failures.map(
        ({ title, error }, index) => `${index + 1}) ${title}\n${describeError(error)}\n`,
      );
      for (const text of described) console.log(`\n${text}`);
      const total = { passed: 0, failed: 0, skipped: 0 };
      for (const suite of suites.values()) {
        total.passed += suite.passed;
        total.failed += suite.failed;
        total.skipped += suite.skipped;
      }
      console.log('');
      const file = process.env.TEST_SUMMARY;
      const report: Report = { ...total, failures: described };
      if (file) writeFileSync(file, JSON.stringify(report));
      else console.log(closingLine(total));
    });
  }
}

function lineOf(name: string, { passed, failed, skipped }: Summary): string {
  const marks = [`${passed} passed`];
  if (failed > 0) marks.push(`${failed} FAILED`);
  if (skipped > 0) marks.push(`${skipped} skipped`);
  return `${failed > 0 ? '✗' : '✓'} ${name}: ${marks.join(', ')}`;
}

function describeError(error: Error): string {
  const { expected, actual } = error as { expected?: unknown; actual?: unknown };
  const text = error.stack ?? String(error);
  const long = typeof expected === 'string' && typeof actual === 'string' && expected.length > 40;
  const values = long ? `\n--- expected\n${expected}\n--- actual\n${actual}` : '';
  return `${text}${values}`.replace(/^/gm, '   ');
}

/** The last line of `npm test`. */
export function closingLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
