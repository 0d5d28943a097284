import { expect } from 'chai';
import { PROBLEMS, problemNamed } from '../../../lib/problems/table.js';

describe('the table of problems', () => {
  it('has KP-01 to KP-69 in order', () => {
    const ids = Array.from({ length: 69 }, (_, i) => `KP-${String(i + 1).padStart(2, '0')}`);
    expect(PROBLEMS.map(({ id }) => id)).to.deep.equal(ids);
  });

  it('tells the documented ones, which come first, from the derived ones', () => {
    for (const { id, kind, documented } of PROBLEMS) {
      expect(kind, id).to.equal(id <= 'KP-35' ? 'documented' : 'derived');
      expect(documented === 'derived from the code', id).to.equal(kind === 'derived');
    }
  });

  it('finds a problem by any spelling of its number', () => {
    for (const name of ['KP-06', 'kp-6', 'kp06', '6']) {
      expect(problemNamed(name)?.id, name).to.equal('KP-06');
    }
    for (const name of ['', 'KP-', '0', '70', '6a', 'KP--6']) {
      expect(problemNamed(name), name).to.equal(undefined);
    }
  });
});
