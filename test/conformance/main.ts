// `npm run conformance [-- --seeds N --cpus N --explain --all]`: what each kernel keeps of its
// promises, as a table. Fails on anything that is not documented, and on what is and did not show.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { kernelProfile } from '../../kernel-sim/index.js';
import { colors } from '../../lib/cli/colors.js';
import {
  CHIEF,
  type Clause,
  KERNELS,
  type KernelName,
  SECTIONS,
  type Section,
} from './expectations.js';
import { type Verdict, verdicts } from './observe.js';

type Results = ReadonlyMap<KernelName, ReadonlyMap<string, Verdict>>;

const MOST_CPUS = 8;
const USAGE = 'conformance takes --seeds NUMBER, --cpus NUMBER, --explain and --all';

interface Options {
  readonly seeds: number;
  readonly cpus: number;
  readonly explain: boolean;
  readonly all: boolean;
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string', default: '0' },
        cpus: { type: 'string', default: '1' },
        explain: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
      },
    });
    const [seeds, cpus] = [Number(values.seeds), Number(values.cpus)];
    if (!Number.isInteger(seeds) || seeds < 0 || !Number.isInteger(cpus)) return undefined;
    if (cpus < 1 || cpus > MOST_CPUS) return undefined;
    return { seeds, cpus, explain: values.explain, all: values.all };
  } catch {
    return undefined;
  }
}

function kernelsFor({ all, cpus }: Options): readonly KernelName[] {
  const kernels = all ? KERNELS : CHIEF;
  return kernels.filter((kernel) => cpus === 1 || kernelProfile(kernel).multiCore);
}

function cell(verdict: Verdict | undefined): string {
  switch (verdict?.kind) {
    case 'holds':
      return colors.green('holds');
    case 'differs':
      return colors.yellow(verdict.deviation?.see ?? '');
    case 'n/a':
      return colors.dim('n/a');
    default:
      return colors.red('UNEXPECTED');
  }
}

function table({ title, clauses }: Section, results: Results): string {
  const kernels = [...results.keys()];
  const head = ['', ...kernels].map((text) => colors.bold(text));
  const rows = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { name } of clauses) {
    rows.push([name, ...kernels.map((kernel) => cell(results.get(kernel)?.get(name)))]);
  }
  return `${colors.bold(title)}\n${rows}`;
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

function runAll(section: Section, options: Options, seed?: number): Results {
  const { cpus } = options;
  const how = { cpus, ...(seed !== undefined && { seed }) };
  return new Map(kernelsFor(options).map((kernel) => [kernel, verdicts(section, kernel, how)]));
}

function main(options: Options): number {
  const { seeds, explain } = options;
  const found: string[] = [];
  for (const section of SECTIONS) {
    const results = runAll(section, options);
    console.log(table(section, results));
    if (explain) console.log(explanations(section).join('\n'));
    found.push(...surprises(results, ''));
  }
  for (let seed = 1; seed <= seeds; seed++) {
    for (const section of SECTIONS) {
      found.push(...surprises(runAll(section, options, seed), ` under seed ${seed}`));
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${seed} of ${seeds} seeds `);
  }
  if (seeds > 0) console.log(`${seeds} random schedules of each kernel`);
  for (const line of found) console.log(colors.red(line));
  console.log(found.length === 0 ? 'All as documented.' : `${found.length} not as documented.`);
  return found.length === 0 ? 0 : 1;
}

const options = optionsOf(process.argv.slice(2));
if (options === undefined) console.error(USAGE);
process.exitCode = options === undefined ? 2 : main(options);
