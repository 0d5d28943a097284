// The emulated x87 FPU against a real one, bit for bit: results, status word, tags and memory.
// Transcendental results may be off by one unit in the last place, and C1 with them.

import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { disagreements, makeRecords, recordAt, ulpDistance } from './agreement.js';
import { emulate } from './emulated.js';
import { applyDelta, deltas, GOLDEN_COUNT, GOLDEN_SEED, readGolden } from './golden.js';
import { type Instruction, instructions, transcendentals } from './instructions.js';
import { RECORD_SIZE, Silicon } from './silicon.js';

const LIVE_COUNT = Number(process.env.X87_CASES ?? 250);
const LIVE_SEED = Number(process.env.X87_SEED ?? 8087);

function emulateAll(instruction: Instruction, records: Uint8Array): Uint8Array {
  const answers = new Uint8Array(records.length);
  for (let index = 0; index * RECORD_SIZE < records.length; index++) {
    answers.set(emulate(instruction, recordAt(records, index)), index * RECORD_SIZE);
  }
  return answers;
}

/** How many answers lie 0 and 1 units from the real ones; fails on any that lies farther. */
function countDistances(name: string, ours: Uint8Array, real: Uint8Array): [number, number] {
  const counts: [number, number] = [0, 0];
  for (let at = 0; at < ours.length; at += RECORD_SIZE) {
    const end = at + RECORD_SIZE;
    const distance = ulpDistance(ours.subarray(at, end), real.subarray(at, end));
    expect(distance, `${name} #${at / RECORD_SIZE}`).to.be.within(0, 1);
    counts[distance]++;
  }
  return counts;
}

describe('x87 FPU, recorded answers', () => {
  const golden = readGolden();

  it(`gives every answer that ${golden.processor} gave`, () => {
    for (const instruction of instructions) {
      const records = makeRecords(instruction, GOLDEN_COUNT, GOLDEN_SEED);
      const expected = golden.answers.get(instruction.name);
      const ours = deltas(records, emulateAll(instruction, records));
      expect(ours, instruction.name).to.deep.equal(expected);
    }
  });

  it('comes within one unit in the last place of its transcendental results', () => {
    for (const instruction of transcendentals) {
      const records = makeRecords(instruction, GOLDEN_COUNT, GOLDEN_SEED);
      const real = records.slice();
      for (const [index, text] of (golden.answers.get(instruction.name) ?? []).entries()) {
        const at = index * RECORD_SIZE;
        real.set(applyDelta(records.subarray(at, at + RECORD_SIZE), text), at);
      }
      countDistances(instruction.name, emulateAll(instruction, records), real);
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

  for (const instruction of transcendentals) {
    it(`${instruction.name} comes within one unit in the last place of the processor`, () => {
      const records = makeRecords(instruction, 4 * LIVE_COUNT, LIVE_SEED);
      const answers = silicon?.run(records) ?? new Uint8Array();
      const [same, near] = countDistances(
        instruction.name,
        emulateAll(instruction, records),
        answers,
      );
      expect(same, `${near} of ${same + near} are off by one`).to.be.above(0.93 * (same + near));
    });
  }
});
