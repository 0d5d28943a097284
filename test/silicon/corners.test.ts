import { expect } from 'chai';
import { compare, compareWhole, describe as tell } from './compare.js';
import { CORNERS } from './corners.js';
import { EmulatedProcessor } from './emulated.js';
import { baselineMemory } from './generator.js';
import { needSilicon } from './helper.js';
import { NativeProcessor } from './native.js';
import { SYSTEM_CORNERS } from './system-corners.js';

const ALL = [...CORNERS, ...SYSTEM_CORNERS];

describe('the emulated processor agrees with silicon where chance seldom looks', () => {
  let native: NativeProcessor;
  const emulated = new EmulatedProcessor();

  needSilicon();
  before(() => {
    native = new NativeProcessor();
    native.setBaseline(baselineMemory());
    emulated.setBaseline(baselineMemory());
  });

  after(() => native?.close());

  for (const corner of ALL) {
    it(corner.title, async () => {
      const [steps] = await native.run([corner]);
      const mismatch = compare(corner, steps, emulated.run(corner));
      if (mismatch !== undefined) expect.fail(tell(mismatch, 'this test'));
    });
  }
});

/** A step pushes the trap flag, or is of two instructions. */
const STEPPED_OTHERWISE = /PUSHF|POPF|SS\b/;

for (const engine of ['interp', 'translate'] as const) {
  describe(`at full speed (${engine}) the emulated processor ends where stepping ends`, () => {
    const emulated = new EmulatedProcessor(engine);
    emulated.setBaseline(baselineMemory());

    for (const corner of ALL.filter(({ title }) => !STEPPED_OTHERWISE.test(title))) {
      it(corner.title, () => {
        const stepped = emulated.run(corner);
        const mismatch = compareWhole(corner, stepped, emulated.runWhole(corner));
        if (mismatch !== undefined) expect.fail(tell(mismatch, 'this test'));
      });
    }
  });
}
