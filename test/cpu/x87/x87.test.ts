// The emulated x87 FPU against a real one, bit for bit: results, status word, tags and memory.

import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { disagreements, makeRecords, recordAt } from './agreement.js';
import { emulate } from './emulated.js';
import { deltas, GOLDEN_COUNT, GOLDEN_SEED, readGolden } from './golden.js';
import { instructions } from './instructions.js';
import { RECORD_SIZE, Silicon } from './silicon.js';

const LIVE_COUNT = Number(process.env.X87_CASES ?? 250);
const LIVE_SEED = Number(process.env.X87_SEED ?? 8087);

describe('x87 FPU, recorded answers', () => {
  const golden = readGolden();
  it(`gives every answer that ${golden.processor} gave`, () => {
    for (const instruction of instructions) {
      const records = makeRecords(instruction, GOLDEN_COUNT, GOLDEN_SEED);
      const ours = new Uint8Array(records.length);
      for (let index = 0; index < GOLDEN_COUNT; index++) {
        ours.set(emulate(instruction, recordAt(records, index)), index * RECORD_SIZE);
      }
      const expected = golden.answers.get(instruction.name);
      expect(deltas(records, ours), instruction.name).to.deep.equal(expected);
    }
  });
});

describe('x87 FPU, beside the host processor', () => {
  let silicon: Silicon | undefined;

  before(function () {
    silicon = Silicon.find();
    // Other makers leave other values in what the manual calls undefined.
    if (silicon?.processor.startsWith('GenuineIntel') !== true) {
      console.log('    skipped: needs gcc on x86-64 Linux with an Intel processor');
      this.skip();
    }
  });
  after(() => silicon?.close());

  for (const instruction of instructions) {
    it(`${instruction.name} does what the processor does`, () => {
      const records = makeRecords(instruction, LIVE_COUNT, LIVE_SEED);
      const answers = silicon?.run(records) ?? new Uint8Array();
      expect(disagreements(instruction, records, answers).slice(0, 3)).to.deep.equal([]);
    });
  }
});
