import { expect } from 'chai';
import { reproduce } from '../../../lib/problems/reproduction.js';
import { REPRODUCTIONS } from '../../../lib/problems/reproductions/index.js';
import { problemNamed } from '../../../lib/problems/table.js';

describe('the reproductions of known problems', () => {
  for (const reproduction of REPRODUCTIONS) {
    const { id } = reproduction;
    it(`${id}: ${problemNamed(id)?.title}`, () => {
      for (const { revision, observed } of reproduce(reproduction)) {
        const seen = observed.map(({ what, value }) => `${what}: ${value}`);
        const expected = observed.map((sight) => `${sight.what}: ${sight.expected}`);
        expect(seen, revision).to.deep.equal(expected);
      }
    });
  }
});
