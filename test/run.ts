// `npm test`: mocha under c8; then, after c8's coverage table, the failures once more and the counts
// as the very last line. Arguments go to mocha.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLine, type Report } from './reporter.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-test-'));
const file = join(directory, 'summary.json');

/** Transcripts are compared as plain text, whatever colours whoever runs the tests has asked for. */
const plain = { NO_COLOR: '1', FORCE_COLOR: undefined };

const { status, signal } = spawnSync(
  process.execPath,
  ['node_modules/c8/bin/c8.js', 'node_modules/mocha/bin/mocha.js', ...process.argv.slice(2)],
  { cwd: repository, stdio: 'inherit', env: { ...process.env, ...plain, TEST_SUMMARY: file } },
);

let report: Report = { passed: 0, failed: 1, skipped: 0, failures: [] };
try {
  report = JSON.parse(readFileSync(file, 'utf8')) as Report;
} catch {
  console.log(`The tests did not run to their end (${signal ?? `status ${status}`}).`);
}
rmSync(directory, { recursive: true });
for (const failure of report.failures) console.log(failure);
console.log(closingLine(report));
process.exitCode = report.failed > 0 || status !== 0 ? 1 : 0;
