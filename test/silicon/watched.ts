// Random cases with random breakpoints on the data that they use.
import type { GeneratedCase, Generator } from './generator.js';
import { Random } from './random.js';
import { DATA, PAGE_SIZE } from './state.js';

const RSP = 4;
const RSI = 6;
const RDI = 7;
const LENGTHS = [1, 2, 8, 4];
const WRITE = 1;
const READ_OR_WRITE = 3;
/** They try the ends of their images, which trap or do not: no program can rely on that. */
const EXCLUDED = /^f?xrstor/;

interface Place {
  readonly start: number;
  readonly length: number;
}

function places({ patches, state, encoding }: GeneratedCase): Place[] {
  const used = patches.map(({ address, bytes }) => ({ start: address, length: bytes.length }));
  const pointers = encoding.group === 'string' ? [RSP, RSI, RDI] : [RSP];
  for (const pointer of pointers) {
    const address = state.number(pointer);
    if (address < DATA.address || address >= DATA.address + DATA.pages * PAGE_SIZE) continue;
    used.push({ start: address - 16, length: 32 });
  }
  return used;
}

/** Watches what the cases of a generator use; the others stay as they are. */
export class WatchedGenerator {
  readonly #generator: Generator;
  readonly #seed: number;

  constructor(generator: Generator, seed: number) {
    this.#generator = generator;
    this.#seed = seed;
  }

  at(index: number): GeneratedCase {
    const testCase = this.#generator.at(index);
    const { mnemonic, invalid } = testCase.encoding;
    const used = places(testCase);
    if (invalid || used.length === 0 || EXCLUDED.test(mnemonic)) return testCase;
    const random = new Random(this.#seed ^ 0xdeb9, index);
    const addresses: number[] = [];
    let control = 0x400;
    for (let i = 0; i < 4; i++) {
      const { start, length } = random.pick(used);
      const field = random.below(LENGTHS.length);
      const near = start - 8 + random.below(length + 12);
      addresses.push(near - (near % LENGTHS[field]));
      const kind = random.chance(0.5) ? WRITE : READ_OR_WRITE;
      control |= (1 << (2 * i)) | (kind << (16 + 4 * i)) | (field << (18 + 4 * i));
    }
    return { ...testCase, debug: { addresses, control: control >>> 0, running: false } };
  }
}
