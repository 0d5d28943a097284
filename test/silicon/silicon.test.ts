import { expect } from 'chai';
import { EmulatedProcessor } from './emulated.js';
import { Generator } from './generator.js';
import { whyUnavailable } from './helper.js';
import { NativeProcessor } from './native.js';
import { checkCases } from './suite.js';
import { GROUPS } from './templates.js';

const SEED = 1;

describe('the emulated processor agrees with silicon on random cases of', () => {
  let native: NativeProcessor;
  let emulated: EmulatedProcessor;

  before(function () {
    const reason = whyUnavailable();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    native = new NativeProcessor();
    emulated = new EmulatedProcessor();
  });

  after(() => native?.close());

  const check = async (count: number, only: readonly string[], length: number): Promise<void> => {
    const flags = `--seed ${SEED}${only.length > 0 ? ` --only ${only}` : ''} --length ${length}`;
    const { examples } = await checkCases({
      generator: new Generator(SEED, only, length),
      ...{ native, emulated, count, first: 0, examples: 1 },
      reproduce: (index) => `npm run test:silicon -- ${flags} --case ${index}`,
    });
    if (examples.length > 0) expect.fail(`\n${examples.slice(0, 5).join('\n\n')}`);
  };

  for (const group of GROUPS) {
    it(`${group} instructions`, async function () {
      this.timeout(60_000);
      await check(5000, [group], 1);
    });
  }

  it('bytes that are no instruction, or not all of one', async function () {
    this.timeout(60_000);
    await check(2000, ['invalid'], 1);
  });

  it('sequences of integer instructions, stepped and at full speed', async function () {
    this.timeout(60_000);
    await check(1000, ['integer', 'branch'], 10);
  });

  it('sequences of vector instructions, stepped and at full speed', async function () {
    this.timeout(60_000);
    await check(1000, ['mmx', 'sse', 'sse2', 'sse4'], 10);
  });

  it('sequences of x87 instructions, stepped and at full speed', async function () {
    this.timeout(60_000);
    await check(1000, ['x87'], 10);
  });
});
