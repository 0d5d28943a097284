// The long run: `npm run test:silicon`. Tells an example of each instruction that disagrees, and
// exits with 1 when there is any.
import { parseArgs } from 'node:util';
import { ENGINES, type Engine } from '../../cpu/index.js';
import { colors } from '../../lib/cli/colors.js';
import { EmulatedProcessor } from './emulated.js';
import { Generator } from './generator.js';
import { whyUnavailable } from './helper.js';
import { NativeProcessor } from './native.js';
import { checkCases, type Tally } from './suite.js';

const HELP = `usage: npm run test:silicon -- [options]

  --seed N      stream of cases (1)
  --count N     how many cases (8000000)
  --only A,B    groups or mnemonics: integer string branch x87 mmx sse sse2 sse4;
                or invalid: bytes that are no instruction, or not all of one
  --length N    instructions per case (1); more than one are also run at full speed
  --loops N     how often a case executes them (1)
  --engine E    interp, translate or auto (auto), for what runs at full speed
  --case N      one case
  --examples N  mismatches shown per mnemonic (1)

Without only, length, loops and engine, loops on both engines follow the single instructions.`;

function progress(tally: Tally, count: number, started: number): void {
  if (!process.stderr.isTTY) return;
  const seconds = (performance.now() - started) / 1000;
  const rate = Math.round(tally.cases / seconds);
  const share = Math.round((tally.cases / count) * 30);
  const bar = '='.repeat(share).padEnd(30);
  const mismatches =
    tally.mismatches > 0 ? colors.red(`${tally.mismatches} mismatches`) : 'agreeing';
  process.stderr.write(`\r[${bar}] ${tally.cases}/${count}  ${rate} cases/s  ${mismatches}  `);
}

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  count: { type: 'string', default: '8000000' },
  only: { type: 'string', default: '' },
  length: { type: 'string' },
  loops: { type: 'string' },
  engine: { type: 'string' },
  case: { type: 'string' },
  examples: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;

/** One kind of case on one engine. */
interface Stage {
  readonly count: number;
  readonly length: number;
  readonly loops: number;
  readonly engine: Engine;
}

/** Loops cost that many times as much as single instructions do. */
const LOOP_COST = 400;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} ${text} is no number`);
  return value;
}

/** What the options ask for: single instructions and loops on both engines unless they say more. */
function stagesOf({ count, length, loops, engine, only, case: single }: Values): Stage[] {
  const cases = single === undefined ? wholeNumber('count', count) : 1;
  const chosen = ENGINES.find((each) => each === (engine ?? 'auto'));
  if (chosen === undefined) throw new Error(`no engine is called ${engine}`);
  const stages: Stage[] = [
    {
      count: cases,
      length: wholeNumber('length', length ?? '1'),
      loops: wholeNumber('loops', loops ?? '1'),
      engine: chosen,
    },
  ];
  if ((length ?? loops ?? engine ?? single) !== undefined || only !== '') return stages;
  const looping = { count: Math.ceil(cases / LOOP_COST), length: 10, loops: 4 };
  return [...stages, { ...looping, engine: 'interp' }, { ...looping, engine: 'translate' }];
}

/** Runs a stage and tells what came of it; gives how much disagreed. */
async function perform(native: NativeProcessor, stage: Stage, values: Values): Promise<number> {
  const { count, length, loops, engine } = stage;
  const only = values.only
    .toLowerCase()
    .split(',')
    .filter((word) => word !== '');
  const seed = wholeNumber('seed', values.seed);
  let stream = `--seed ${seed} --length ${length} --loops ${loops} --engine ${engine}`;
  if (only.length > 0) stream += ` --only ${only}`;
  const started = performance.now();
  const tally = await checkCases({
    generator: new Generator(seed, only, length, loops),
    emulated: new EmulatedProcessor(engine),
    ...{ native, count, examples: wholeNumber('examples', values.examples) },
    first: wholeNumber('case', values.case ?? '0'),
    reproduce: (index) => `npm run test:silicon -- ${stream} --case ${index}`,
    progress: (now) => progress(now, count, started),
  });
  const seconds = (performance.now() - started) / 1000;
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const text of tally.examples) console.log(`${text}\n`);
  const counts = [...tally.byMnemonic].sort((a, b) => b[1] - a[1]);
  if (counts.length > 0) console.log(counts.map(([name, n]) => `${name} ${n}`).join(', '));
  const what = length * loops > 1 ? `loops on engine ${engine}` : 'cases';
  console.log(
    `${tally.cases} ${what}, ${tally.steps} instructions in ${seconds.toFixed(1)} s ` +
      `(${Math.round(tally.steps / seconds)} instructions/s): ${tally.mismatches} mismatches, ` +
      `${tally.unimplemented} of instructions without a definition`,
  );
  return tally.mismatches + tally.unimplemented;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const reason = whyUnavailable();
  if (reason !== undefined) {
    console.error(`cannot compare with silicon: ${reason}`);
    return 2;
  }
  const native = new NativeProcessor();
  let wrong = 0;
  for (const stage of stagesOf(values)) wrong += await perform(native, stage, values);
  native.close();
  return wrong > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2); // the helper may still be waiting for cases
}
