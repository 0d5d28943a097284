// The long run: `npm run test:silicon -- --count 8000000`. Prints a line per group of mismatches
// with one example each, and exits with 1 when there is any.
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { ENGINES } from '../../cpu/index.js';
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
  --length N    instructions per case (1); more than one are also run without the trap flag
  --loops N     how often a case executes them (1)
  --engine E    interp, translate or auto (auto), for what runs without the trap flag
  --case N      one case, told in full
  --examples N  mismatches shown per mnemonic (1)`;

function progress(tally: Tally, count: number, started: number): void {
  if (!process.stderr.isTTY) return;
  const seconds = (performance.now() - started) / 1000;
  const rate = Math.round(tally.cases / seconds);
  const share = Math.round((tally.cases / count) * 30);
  const bar = '='.repeat(share).padEnd(30);
  const mismatches = tally.mismatches > 0 ? pc.red(`${tally.mismatches} mismatches`) : 'agreeing';
  process.stderr.write(`\r[${bar}] ${tally.cases}/${count}  ${rate} cases/s  ${mismatches}  `);
}

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  count: { type: 'string', default: '8000000' },
  only: { type: 'string', default: '' },
  length: { type: 'string', default: '1' },
  loops: { type: 'string', default: '1' },
  engine: { type: 'string', default: 'auto' },
  case: { type: 'string' },
  examples: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;

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
  const only = values.only.split(',').filter((word) => word !== '');
  const seed = Number(values.seed);
  let stream = `--seed ${seed}`;
  if (only.length > 0) stream += ` --only ${values.only}`;
  for (const option of ['length', 'loops', 'engine'] as const) {
    if (values[option] !== OPTIONS[option].default) stream += ` --${option} ${values[option]}`;
  }
  const engine = ENGINES.find((each) => each === values.engine);
  if (engine === undefined) throw new Error(`no engine is called ${values.engine}`);
  const generator = new Generator(seed, only, Number(values.length), Number(values.loops));
  const native = new NativeProcessor();
  const emulated = new EmulatedProcessor(engine);
  const started = performance.now();
  const single = values.case !== undefined;
  const count = single ? 1 : Number(values.count);
  const tally = await checkCases({
    ...{ generator, native, emulated, count, examples: Number(values.examples) },
    first: single ? Number(values.case) : 0,
    reproduce: (index) => `npm run test:silicon -- ${stream} --case ${index}`,
    progress: (now) => progress(now, count, started),
  });
  native.close();
  const seconds = (performance.now() - started) / 1000;
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const text of tally.examples) console.log(`${text}\n`);
  const counts = [...tally.byMnemonic].sort((a, b) => b[1] - a[1]);
  if (counts.length > 0) console.log(counts.map(([name, n]) => `${name} ${n}`).join(', '));
  console.log(
    `${tally.cases} cases, ${tally.steps} instructions in ${seconds.toFixed(1)} s ` +
      `(${Math.round(tally.cases / seconds)} cases/s): ${tally.mismatches} mismatches, ` +
      `${tally.unimplemented} of instructions without a definition`,
  );
  return tally.mismatches + tally.unimplemented > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2); // the helper may still be waiting for cases
}
