// A stream of cases from a seed. Case n depends on the seed, n and the filter alone, so that one
// line reproduces it.
import { type Encoding, encode, encodeInvalid, encodeTruncated } from './encoding.js';
import { fitsSequence, operandsFor, operandsForSequence } from './operands.js';
import { Random } from './random.js';
import { AREAS, type Case, CODE, PAGE_SIZE, type Patch } from './state.js';
import { type Form, findForms, GROUPS } from './templates.js';

export interface GeneratedCase extends Case {
  readonly encoding: Encoding;
  readonly index: number;
}

/** Consecutive cases that share an encoding and differ in operands: decoding is what costs. */
const SHARING = 8;
const ATTEMPTS = 1000;
const INT3 = 0xcc;

let allForms: readonly Form[] | undefined;

/** The memory that all cases start from: int3 where code goes, random bytes elsewhere. */
export function baselineMemory(): Patch[] {
  const random = new Random(0x5eed);
  return AREAS.map((area) => {
    const bytes = new Uint8Array(area.pages * PAGE_SIZE);
    if (area === CODE) bytes.fill(INT3);
    else random.fill(bytes);
    return { address: area.address, bytes };
  });
}

export class Generator {
  readonly #seed: number;
  readonly #forms: readonly Form[];
  readonly #length: number;
  readonly #loops: number;
  /** The share of what is no instruction, or not all of one. */
  readonly #invalid: number;
  #group = -1;
  #encoding: Encoding | undefined;

  /**
   * @param only groups, mnemonics or `invalid`; everything when empty
   * @param length instructions per case: those of longer cases do not depend on each other's
   *   results for their addresses
   * @param loops how many times a longer case executes them
   */
  constructor(seed: number, only: readonly string[] = [], length = 1, loops = 1) {
    this.#seed = seed;
    this.#length = length;
    this.#loops = loops;
    this.#invalid = only.length === 0 ? 0.02 : only.includes('invalid') ? 1 : 0;
    allForms ??= findForms();
    const all = only.length === 0 || this.#invalid === 1;
    this.#forms = allForms.filter(
      ({ group, mnemonic }) => all || only.includes(group) || only.includes(mnemonic),
    );
    if (this.#forms.length === 0) {
      throw new Error(`no instruction or group is called ${only}; groups are ${GROUPS.join(', ')}`);
    }
  }

  /** Case number `index` of this stream. */
  at(index: number): GeneratedCase {
    if (this.#length > 1 || this.#loops > 1) return this.#sequence(index);
    const encoding = this.#encodingOf(Math.floor(index / SHARING));
    const random = new Random(this.#seed ^ 0x4f1b_bcdc, index);
    return { ...operandsFor(random, encoding), encoding, index };
  }

  #sequence(index: number): GeneratedCase {
    const random = new Random(this.#seed ^ this.#length, index);
    const encodings = Array.from({ length: this.#length }, () =>
      this.#encode(random, fitsSequence),
    );
    return {
      ...operandsForSequence(random, encodings, this.#loops),
      encoding: encodings[0],
      index,
    };
  }

  #encodingOf(group: number): Encoding {
    if (group !== this.#group || this.#encoding === undefined) {
      this.#encoding = this.#encode(new Random(this.#seed, group), () => true);
      this.#group = group;
    }
    return this.#encoding;
  }

  #encode(random: Random, fits: (encoding: Encoding) => boolean): Encoding {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const form = random.pick(this.#forms);
      let encoding: Encoding | undefined;
      if (!random.chance(this.#invalid)) encoding = encode(random, form);
      else if (random.chance(0.5)) encoding = encodeInvalid(random);
      else encoding = encodeTruncated(random, form);
      if (encoding !== undefined && fits(encoding)) return encoding;
    }
    throw new Error('no instruction of this kind fits');
  }
}
