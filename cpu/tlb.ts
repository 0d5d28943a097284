// Translation look-aside buffers in linear memory: direct-mapped, one bank per recently used address
// space, so that a context switch changes a base and flushes nothing. The engines look entries up;
// this fills and empties them. Layout in layout.ts.
import type { AddressSpace } from './address-space.js';
import { highWord, lowWord } from './address-space.js';
import {
  TLB_BANK_COUNT,
  TLB_BANK_SIZE,
  TLB_BANKS,
  TLB_BLIND,
  TLB_CODE,
  TLB_CODE_ENTRIES,
  TLB_CODE_ENTRY,
  TLB_CODE_OFFSET,
  TLB_DATA,
  TLB_DATA_ENTRIES,
  TLB_DATA_ENTRY,
} from './layout.js';
import type { PhysicalMemory } from './memory.js';

/** A tag that no page address equals: they have twelve low zeros. */
const INVALID = 1;

export class Tlb {
  readonly #words: Uint32Array;
  /** Which space owns each bank (its id, 0 for none), and when it was last active. */
  readonly #owner = new Float64Array(TLB_BANK_COUNT);
  readonly #used = new Float64Array(TLB_BANK_COUNT);
  readonly #bankOf = new Map<number, number>();
  #clock = 0;
  #active = -1;

  constructor(memory: PhysicalMemory) {
    this.#words = new Uint32Array(memory.buffer);
    for (let i = 0; i < TLB_DATA_ENTRIES; i++) {
      const at = (TLB_BLIND + i * TLB_DATA_ENTRY) >>> 2;
      this.#words[at] = INVALID;
      this.#words[at + 2] = INVALID;
    }
  }

  /** Shows the engines the active bank, or, to see every access, none. */
  blind(all: boolean): void {
    this.#words[TLB_DATA >>> 2] = all ? TLB_BLIND : TLB_BANKS + this.#active * TLB_BANK_SIZE;
  }

  /** Makes the bank of a space the engines' one. */
  activate(space: AddressSpace): void {
    let bank = this.#bankOf.get(space.id);
    if (bank === undefined) {
      bank = this.#leastRecentlyUsed();
      this.#bankOf.delete(this.#owner[bank]);
      this.#bankOf.set(space.id, bank);
      this.#owner[bank] = space.id;
      this.#flushBank(bank);
    }
    this.#used[bank] = ++this.#clock;
    this.#active = bank;
    const base = TLB_BANKS + bank * TLB_BANK_SIZE;
    this.#words[TLB_DATA >>> 2] = base;
    this.#words[TLB_CODE >>> 2] = base + TLB_CODE_OFFSET;
  }

  /** Enters a page into the active bank; `offset` is where its frame lies in linear memory. */
  enterData(address: number, offset: number, writable: boolean): void {
    const page = address - (address % 4096);
    const low = lowWord(page);
    const high = highWord(page);
    const at =
      (TLB_BANKS +
        this.#active * TLB_BANK_SIZE +
        ((low >>> 12) & (TLB_DATA_ENTRIES - 1)) * TLB_DATA_ENTRY) >>>
      2;
    this.#words[at] = low;
    this.#words[at + 1] = high;
    this.#words[at + 2] = writable ? low : INVALID;
    this.#words[at + 3] = writable ? high : 0;
    this.#words[at + 4] = (offset - low) >>> 0;
  }

  /** Enters a page's table of records into the active bank. */
  enterCode(address: number, table: number): void {
    const page = address - (address % 4096);
    const low = lowWord(page);
    const at =
      (TLB_BANKS +
        this.#active * TLB_BANK_SIZE +
        TLB_CODE_OFFSET +
        ((low >>> 12) & (TLB_CODE_ENTRIES - 1)) * TLB_CODE_ENTRY) >>>
      2;
    this.#words[at] = low;
    this.#words[at + 1] = highWord(page);
    this.#words[at + 2] = table;
  }

  /** Forgets one page of a space. */
  flushPage(space: AddressSpace, address: number): void {
    const bank = this.#bankOf.get(space.id);
    if (bank === undefined) return;
    const page = lowWord(address) >>> 12;
    const base = TLB_BANKS + bank * TLB_BANK_SIZE;
    const data = (base + (page & (TLB_DATA_ENTRIES - 1)) * TLB_DATA_ENTRY) >>> 2;
    this.#words[data] = INVALID;
    this.#words[data + 2] = INVALID;
    this.#words[(base + TLB_CODE_OFFSET + (page & (TLB_CODE_ENTRIES - 1)) * TLB_CODE_ENTRY) >>> 2] =
      INVALID;
  }

  /** Takes write permission for a frame out of every bank, because it now holds decoded code. */
  writeProtect(offset: number): void {
    for (const bank of this.#bankOf.values()) {
      const base = (TLB_BANKS + bank * TLB_BANK_SIZE) >>> 2;
      for (let i = 0; i < TLB_DATA_ENTRIES; i++) {
        const at = base + i * (TLB_DATA_ENTRY >>> 2);
        const linear = (this.#words[at + 4] + this.#words[at]) >>> 0;
        if (linear === offset) this.#words[at + 2] = INVALID;
      }
    }
  }

  /** Forgets every code entry of every bank: decoded code has moved. */
  flushCode(): void {
    for (const bank of this.#bankOf.values()) {
      const base = TLB_BANKS + bank * TLB_BANK_SIZE + TLB_CODE_OFFSET;
      for (let i = 0; i < TLB_CODE_ENTRIES; i++) {
        this.#words[(base + i * TLB_CODE_ENTRY) >>> 2] = INVALID;
      }
    }
  }

  /** Gives up the bank of a space that is going away. */
  forget(space: AddressSpace): void {
    const bank = this.#bankOf.get(space.id);
    if (bank === undefined) return;
    this.#bankOf.delete(space.id);
    this.#owner[bank] = 0;
    this.#used[bank] = 0;
  }

  #leastRecentlyUsed(): number {
    let oldest = 0;
    for (let bank = 1; bank < TLB_BANK_COUNT; bank++) {
      if (this.#used[bank] < this.#used[oldest]) oldest = bank;
    }
    return oldest;
  }

  #flushBank(bank: number): void {
    const base = TLB_BANKS + bank * TLB_BANK_SIZE;
    for (let i = 0; i < TLB_DATA_ENTRIES; i++) {
      const at = (base + i * TLB_DATA_ENTRY) >>> 2;
      this.#words[at] = INVALID;
      this.#words[at + 2] = INVALID;
    }
    for (let i = 0; i < TLB_CODE_ENTRIES; i++) {
      this.#words[(base + TLB_CODE_OFFSET + i * TLB_CODE_ENTRY) >>> 2] = INVALID;
    }
  }
}
