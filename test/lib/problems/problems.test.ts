import { expect } from 'chai';
import { type Reproduction, reproduce } from '../../../lib/problems/reproduction.js';
import { REPRODUCTIONS, reproductionOf } from '../../../lib/problems/reproductions/index.js';
import { PROBLEMS, problemNamed } from '../../../lib/problems/table.js';

// What is expected is in the reproductions, and comes from the documents of each problem.

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

/** Whether something is to be seen where the problem is that is not where it is not. */
function tellsApart({ faulty, sound, sights }: Reproduction): boolean {
  const column = (index: number) => sights.map(({ expected }) => expected[index]).join();
  const faults = faulty.map((_, index) => column(index));
  const sounds = sound.map((_, index) => column(faulty.length + index));
  if (sound.length > 0) return faults.every((each) => !sounds.includes(each));
  return faulty.every((_, index) =>
    sights.some(({ expected, linux }) => linux !== undefined && linux !== expected[index]),
  );
}

describe('a reproduction', () => {
  it('is there for every problem, once', () => {
    expect(REPRODUCTIONS.map(({ id }) => id)).to.deep.equal(PROBLEMS.map(({ id }) => id));
  });

  it('says for every revision what is seen there', () => {
    for (const { id, faulty, sound, sights } of REPRODUCTIONS) {
      for (const { what, expected } of sights) {
        expect(expected, `${id}, ${what}`).to.have.length(faulty.length + sound.length);
      }
    }
  });

  it('tells revisions with the problem from those without it, or else from Linux', () => {
    for (const reproduction of REPRODUCTIONS) {
      if (reproduction.id === 'KP-35') continue; // of which nothing can be seen
      expect(tellsApart(reproduction), reproduction.id).to.equal(true);
    }
  });

  it('notices when something else is seen than what is documented', () => {
    const reproduction = reproductionOf('KP-17');
    if (reproduction === undefined) throw new Error('KP-17');
    const { faulty, sound } = reproduction;
    const [with17, without17] = reproduce({ ...reproduction, faulty: sound, sound: faulty });
    expect(with17?.asDocumented).to.equal(false);
    expect(without17?.asDocumented).to.equal(false);
  });
});
