// A stream of cases from a seed. Case n depends on the seed, n and the filter alone, so that one
// line reproduces it.
import { type Encoding, encode } from './encoding.js';
import { operandsFor } from './operands.js';
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
  #group = -1;
  #encoding: Encoding | undefined;

  /** @param only groups or mnemonics; everything when empty */
  constructor(seed: number, only: readonly string[] = []) {
    this.#seed = seed;
    allForms ??= findForms();
    this.#forms = allForms.filter(
      ({ group, mnemonic }) => only.length === 0 || only.includes(group) || only.includes(mnemonic),
    );
    if (this.#forms.length === 0) {
      throw new Error(`no instruction or group is called ${only}; groups are ${GROUPS.join(', ')}`);
    }
  }

  /** Case number `index` of this stream. */
  at(index: number): GeneratedCase {
    const encoding = this.#encodingOf(Math.floor(index / SHARING));
    const random = new Random(this.#seed ^ 0x4f1b_bcdc, index);
    return { ...operandsFor(random, encoding), encoding, index };
  }

  #encodingOf(group: number): Encoding {
    if (group === this.#group && this.#encoding !== undefined) return this.#encoding;
    const random = new Random(this.#seed, group);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const encoding = encode(random, random.pick(this.#forms));
      if (encoding === undefined) continue;
      this.#group = group;
      this.#encoding = encoding;
      return encoding;
    }
    throw new Error('no encoding found');
  }
}
