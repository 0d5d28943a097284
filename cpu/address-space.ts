// One 4-level page table in guest-physical memory. Intel SDM vol. 3A, 4.5: 4-level paging, 4-KByte
// pages. Addresses are canonical user addresses (below 2^47) as numbers.
import { PAGE_SIZE } from './layout.js';
import type { PhysicalMemory } from './memory.js';
import type { Tlb } from './tlb.js';

export const PAGE_PRESENT = 1;
export const PAGE_WRITE = 2;
export const PAGE_USER = 4;
export const PAGE_ACCESSED = 0x20;
export const PAGE_DIRTY = 0x40;
/** Stands for bit 63 of an entry (execute disable), so that flags fit a small number. */
export const PAGE_NX = 0x8000;

const TABLE_FLAGS = PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
const ENTRY_FLAGS = 0xfff;
const NX_HIGH = 0x8000_0000;
const TWO_32 = 0x1_0000_0000;
/** First address that is not a user's. */
export const USER_END = 0x8000_0000_0000;

export class AddressSpace {
  /** Frame of the top-level table: what CR3 would name. */
  readonly root: number;
  /** Distinguishes this space from every other one, for the TLB. */
  readonly id: number;
  readonly #memory: PhysicalMemory;
  readonly #tlb: Tlb;
  readonly #words: Uint32Array;
  /** Frames of the tables. */
  readonly #tables: number[];

  /** For {@link Cpu.createAddressSpace}. */
  constructor(memory: PhysicalMemory, tlb: Tlb, id: number) {
    this.#memory = memory;
    this.#tlb = tlb;
    this.#words = new Uint32Array(memory.buffer);
    this.root = memory.allocate();
    this.#tables = [this.root];
    this.id = id;
  }

  /**
   * Maps a page to a frame, replacing what was there; reference counts are the caller's business.
   * @param flags PAGE_* bits; PAGE_PRESENT is implied
   * @throws OutOfMemoryError when a table is needed and no frame is left
   */
  map(address: number, frame: number, flags: number): void {
    const word = this.#entry(address, true);
    this.#words[word] = ((frame << 12) | (flags & ENTRY_FLAGS) | PAGE_PRESENT) >>> 0;
    this.#words[word + 1] = ((flags & PAGE_NX) !== 0 ? NX_HIGH : 0) | (frame >>> 20);
    this.#tlb.flushPage(this, address);
  }

  /** Removes a page; gives the frame that was mapped, or -1. */
  unmap(address: number): number {
    const word = this.#entry(address, false);
    if (word < 0 || (this.#words[word] & PAGE_PRESENT) === 0) return -1;
    const frame = this.#frame(word);
    this.#words[word] = 0;
    this.#words[word + 1] = 0;
    this.#tlb.flushPage(this, address);
    return frame;
  }

  /** The frame mapped at an address, or -1. */
  frameAt(address: number): number {
    const word = this.#entry(address, false);
    return word < 0 || (this.#words[word] & PAGE_PRESENT) === 0 ? -1 : this.#frame(word);
  }

  /** PAGE_* bits of the page at an address, or 0. */
  flagsAt(address: number): number {
    const word = this.#entry(address, false);
    if (word < 0 || (this.#words[word] & PAGE_PRESENT) === 0) return 0;
    const nx = this.#words[word + 1] >= NX_HIGH ? PAGE_NX : 0;
    return (this.#words[word] & ENTRY_FLAGS) | nx;
  }

  /** Changes the flags of a mapped page; nothing happens where no page is. */
  protect(address: number, flags: number): void {
    const frame = this.frameAt(address);
    if (frame >= 0) this.map(address, frame, flags);
  }

  /** Sets ACCESSED and perhaps DIRTY, as the processor does when it uses a page. */
  mark(address: number, flags: number): void {
    const word = this.#entry(address, false);
    if (word >= 0) this.#words[word] |= flags;
  }

  /** Calls back for every mapped page, by ascending address. */
  forEachPage(callback: (address: number, frame: number, flags: number) => void): void {
    this.#walk(this.root, 3, 0, callback);
  }

  /** Frees the frames of the tables, not the pages: unmap these first. */
  destroy(): void {
    this.#tlb.forget(this);
    for (const table of this.#tables) this.#memory.release(table);
  }

  #frame(word: number): number {
    return (this.#words[word] >>> 12) | ((this.#words[word + 1] & 0xfff) << 20);
  }

  /** Index in words of the last-level entry for an address, or -1 when a table is missing. */
  #entry(address: number, create: boolean): number {
    const page = Math.floor(address / PAGE_SIZE);
    const high = Math.floor(page / 0x4_0000); // bits 30-47 of the address
    let table = this.root;
    let word = 0;
    for (let level = 3; level >= 0; level--) {
      const part = level >= 2 ? high >>> ((level - 2) * 9) : page >>> (level * 9);
      word = (this.#memory.offset(table) >>> 2) + (part & 511) * 2;
      if (level === 0) break;
      if ((this.#words[word] & PAGE_PRESENT) === 0) {
        if (!create) return -1;
        const next = this.#memory.allocate();
        this.#tables.push(next);
        this.#words[word] = ((next << 12) | TABLE_FLAGS) >>> 0;
        this.#words[word + 1] = next >>> 20;
      }
      table = this.#frame(word);
    }
    return word;
  }

  #walk(
    table: number,
    level: number,
    base: number,
    callback: (address: number, frame: number, flags: number) => void,
  ): void {
    const span = PAGE_SIZE * 512 ** level;
    for (let i = 0; i < 512; i++) {
      const word = (this.#memory.offset(table) >>> 2) + i * 2;
      if ((this.#words[word] & PAGE_PRESENT) === 0) continue;
      const address = base + i * span;
      if (level > 0) this.#walk(this.#frame(word), level - 1, address, callback);
      else callback(address, this.#frame(word), this.flagsAt(address));
    }
  }
}

/** Splits an address into its low and high 32 bits: [low, high] without an array. */
export const lowWord = (address: number): number => address >>> 0;
export const highWord = (address: number): number => Math.floor(address / TWO_32) >>> 0;
