import { expect } from 'chai';
import { EmulatedProcessor } from '../../silicon/emulated.js';
import { caseOf, told } from './sse-cases.js';
import { readGolden, vectorForms } from './sse-golden.js';

describe('MMX and SSE to SSE4.2, recorded answers', () => {
  const { processor, recorded } = readGolden();
  const emulated = new EmulatedProcessor();
  emulated.setBaseline([]);

  it('are there for every mnemonic', () => {
    const known = recorded.map(({ instruction }) => instruction.text.split(' ')[0]);
    expect(known).to.include.members(vectorForms().map(({ mnemonic }) => mnemonic));
  });

  for (const [letter, title] of [
    ['a', 'a to l'],
    ['m', 'm to o'],
    ['p', 'p'],
    ['q', 'q to z'],
  ] as const) {
    it(`are given as ${processor} gave them: mnemonics ${title}`, () => {
      const next = { a: 'm', m: 'p', p: 'q', q: '{' }[letter];
      for (const { instruction, answers } of recorded) {
        const { text } = instruction;
        if (text < letter || text >= next) continue;
        const ours = answers.map((_, index) => {
          const testCase = caseOf(instruction, index);
          return told(testCase, emulated.run(testCase)[0]);
        });
        expect(ours, text).to.deep.equal(answers);
      }
    });
  }
});
