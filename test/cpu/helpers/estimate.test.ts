import { expect } from 'chai';
import { floatEstimate } from '../../../cpu/helpers/estimate.js';
import { SCRATCH } from '../../../cpu/layout.js';

const SOURCE = SCRATCH + 16;
const RESULT = SCRATCH + 32;

/** FNV-1a, a word at a time, of the estimates for every exponent and every interval of significands. */
function digest(operation: number): number {
  const view = new DataView(new ArrayBuffer(RESULT + 16));
  let hash = 0x811c_9dc5;
  for (let exponent = 0; exponent < 256; exponent++) {
    for (let interval = 0; interval < 2048; interval++) {
      const below = Math.imul(interval, 0x9e37_79b1) >>> 20; // somewhere in the interval
      view.setUint32(SOURCE, (exponent << 23) | (interval << 12) | below, true);
      floatEstimate(view, operation, 1);
      hash = Math.imul(hash ^ view.getUint32(RESULT, true), 0x0100_0193) >>> 0;
    }
  }
  return hash;
}

// recorded from an Intel Xeon, family 6, model 207
describe('estimates', () => {
  it('of reciprocals are those of the processor for all singles of a sign', () => {
    expect(digest(0)).to.equal(0x1e254bc8);
  });

  it('of reciprocal square roots are, too', () => {
    expect(digest(1)).to.equal(0x69dcdbc8);
  });
});
