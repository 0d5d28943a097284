// `npm run conformance [-- --seeds N] [-- --explain]`: what each kernel keeps of its promises, as a
// table. Fails on anything that is not documented, and on what is documented and did not show.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import pc from 'picocolors';
import { type Clause, KERNELS, type KernelName, SECTIONS, type Section } from './expectations.js';
import { type Verdict, verdicts } from './observe.js';

type Results = ReadonlyMap<KernelName, ReadonlyMap<string, Verdict>>;

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0' },
    explain: { type: 'boolean', default: false },
  },
});

function cell(verdict: Verdict | undefined): string {
  switch (verdict?.kind) {
    case 'holds':
      return pc.green('holds');
    case 'differs':
      return pc.yellow(verdict.deviation?.see ?? '');
    case 'n/a':
      return pc.dim('n/a');
    default:
      return pc.red('UNEXPECTED');
  }
}

function table({ title, clauses }: Section, results: Results): string {
  const rows = new Table({ head: [title, ...KERNELS], style: { head: ['bold'], compact: true } });
  for (const { name } of clauses) {
    rows.push([name, ...KERNELS.map((kernel) => cell(results.get(kernel)?.get(name)))]);
  }
  return rows.toString();
}

/** Where kernels do otherwise, and what they do. */
function explanations({ clauses }: Section): string[] {
  return clauses.flatMap((one: Clause) =>
    one.deviations.map(({ from, to, saw, see, race }) => {
      const kernels = from === to ? from : `${from} to ${to}`;
      return `  ${one.name} (${one.says}): ${kernels}${race ? ' may' : ''}: ${saw} (${see})`;
    }),
  );
}

function surprises(results: Results, where: string): string[] {
  return [...results].flatMap(([kernel, seen]) =>
    [...seen]
      .filter(([, { kind }]) => kind === 'unexpected')
      .map(([name, { saw }]) => `${kernel}${where}: ${name}: ${saw}`),
  );
}

function runAll(section: Section, seed?: number): Results {
  return new Map(KERNELS.map((kernel) => [kernel, verdicts(section, kernel, seed)]));
}

const found: string[] = [];
for (const section of SECTIONS) {
  const results = runAll(section);
  console.log(table(section, results));
  if (options.explain) console.log(explanations(section).join('\n'));
  found.push(...surprises(results, ''));
}

const seeds = Number(options.seeds);
for (let seed = 1; seed <= seeds; seed++) {
  for (const section of SECTIONS) {
    found.push(...surprises(runAll(section, seed), ` under seed ${seed}`));
  }
  if (process.stderr.isTTY) process.stderr.write(`\r${seed} of ${seeds} seeds`);
}
if (seeds > 0) console.log(`${seeds} random schedules of each kernel`);
for (const line of found) console.log(pc.red(line));
console.log(found.length === 0 ? 'All as documented.' : `${found.length} not as documented.`);
process.exitCode = found.length === 0 ? 0 : 1;
