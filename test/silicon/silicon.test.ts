import { expect } from 'chai';
import type { Engine } from '../../cpu/index.js';
import { EmulatedProcessor } from './emulated.js';
import { Generator } from './generator.js';
import { needSilicon } from './helper.js';
import { NativeProcessor } from './native.js';
import { checkCases } from './suite.js';
import { GROUPS } from './templates.js';

/** A minute's work for a quiet machine, all in all. */
const SLICE_TIMEOUT = 300_000;
const SEED = 1;

describe('the emulated processor agrees with silicon on random cases of', () => {
  let native: NativeProcessor;

  needSilicon();
  before(() => {
    native = new NativeProcessor();
  });

  after(() => native?.close());

  const check = async (
    count: number,
    only: readonly string[],
    length = 1,
    { loops = 1, engine = 'auto' }: { loops?: number; engine?: Engine } = {},
  ): Promise<void> => {
    const flags = `--seed ${SEED} --only ${only} --length ${length} --loops ${loops}`;
    const { examples } = await checkCases({
      generator: new Generator(SEED, only, length, loops),
      emulated: new EmulatedProcessor(engine),
      ...{ native, count, first: 0, examples: 1 },
      reproduce: (index) => `npm run test:silicon -- ${flags} --engine ${engine} --case ${index}`,
    });
    if (examples.length > 0) expect.fail(`\n${examples.slice(0, 5).join('\n\n')}`);
  };

  for (const group of GROUPS) {
    it(`${group} instructions`, async function () {
      this.timeout(SLICE_TIMEOUT);
      await check(25_000, [group]);
    });
  }

  it('bytes that are no instruction, or not all of one', async function () {
    this.timeout(SLICE_TIMEOUT);
    await check(10_000, ['invalid']);
  });

  for (const engine of ['interp', 'translate'] as const) {
    for (const [what, only] of [
      ['integer', ['integer', 'branch']],
      ['vector', ['mmx', 'sse', 'sse2', 'sse4']],
      ['x87', ['x87', 'integer']],
    ] as const) {
      it(`loops of ${what} instructions, stepped and at full speed (${engine})`, async function () {
        this.timeout(SLICE_TIMEOUT);
        await check(1000, only, 10, { loops: 3, engine });
      });
    }
  }
});
