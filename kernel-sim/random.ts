// Seeded pseudo-randomness: SplitMix in 32 bits, whose finalizer is MurmurHash3's. Equal seeds give
// equal sequences, on every host.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 32 bits, as a signed number. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  }

  /** A whole number from 0 up to, but not including, a limit below 2^32. */
  below(limit: number): number {
    return (this.next() >>> 0) % limit;
  }
}
