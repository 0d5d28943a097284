import { expect } from 'chai';
import { ENGINES } from '../../cpu/index.js';
import { compare, describe as tell } from './compare.js';
import type { Corner } from './corner.js';
import { DEBUG_CORNERS, DEBUG_SIZES } from './debug-corners.js';
import { EmulatedProcessor } from './emulated.js';
import { baselineMemory, Generator } from './generator.js';
import { needSilicon } from './helper.js';
import { NativeProcessor } from './native.js';
import { checkCases } from './suite.js';
import { WatchedGenerator } from './watched.js';

const SEED = 1;

describe('debug registers agree with silicon', () => {
  let native: NativeProcessor;
  const processors = ENGINES.map((engine) => new EmulatedProcessor(engine));

  needSilicon();
  before(() => {
    native = new NativeProcessor();
    for (const processor of [native, ...processors]) processor.setBaseline(baselineMemory());
  });

  after(() => native?.close());

  const check = async (corners: readonly Corner[]): Promise<void> => {
    const answers = await native.run(corners);
    corners.forEach((corner, i) => {
      for (const emulated of processors) {
        const ours = emulated.run(corner);
        const mismatch = compare(corner, answers[i], ours);
        if (mismatch !== undefined) expect.fail(`${corner.title}\n${tell(mismatch, 'this test')}`);
        expect(ours.length, corner.title).to.equal(answers[i].length);
      }
    });
  };

  for (const corner of DEBUG_CORNERS) {
    it(corner.title, () => check([corner]));
  }

  it(`in ${DEBUG_SIZES.length} accesses beside breakpoints of all lengths`, () =>
    check(DEBUG_SIZES));

  it('in random instructions with breakpoints on their data', async () => {
    const { examples } = await checkCases({
      generator: new WatchedGenerator(new Generator(SEED), SEED),
      emulated: new EmulatedProcessor(),
      ...{ native, count: 5000, first: 0, examples: 1 },
      reproduce: (index) => `case ${index} of this test`,
    });
    if (examples.length > 0) expect.fail(`\n${examples.slice(0, 5).join('\n\n')}`);
  });
});
