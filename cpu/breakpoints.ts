// Breakpoints in the debug registers: on execution, on writes, on reads and writes. Intel SDM vol. 3B,
// 18.2 and 18.3.1. No port is ever reached from user mode, so that of I/O is none.
import { DEBUG_REGISTERS, DR6, DR7, RFLAGS, RIP } from './layout.js';
import type { PhysicalMemory } from './memory.js';
import { FLAG_RF } from './registers.js';

const COUNT = 4;
/** L0, G0 to L3, G3 of DR7: one of them enables. */
const ENABLES = 0xff;
/** R/W fields of DR7. */
const EXECUTE = 0;
const WRITE = 1;
const READ_OR_WRITE = 3;
/** By LEN field. */
const LENGTHS = [1, 2, 8, 4];
const TWO_32 = 0x1_0000_0000;

/** Bits of DR6 that a debug exception replaces; that of a single step stays once it is set. */
const HIT = 0xf;
const DR6_BS = 1 << 14;

/** Bytes that a breakpoint covers: its address is rounded down to its length. */
interface Place {
  kind: number;
  start: number;
  end: number;
}

export class Breakpoints {
  readonly #words: Uint32Array;
  readonly #places: readonly Place[] = Array.from({ length: COUNT }, () => ({
    ...{ kind: -1, start: 0, end: 0 },
  }));
  /** Data breakpoints met since {@link take}, as bits of DR6. */
  #met = 0;

  constructor(memory: PhysicalMemory) {
    this.#words = new Uint32Array(memory.buffer, 0, 0x400);
  }

  /** Looks at the debug registers; false when nothing is enabled. */
  arm(): boolean {
    const control = this.#words[DR7 >>> 2];
    if ((control & ENABLES) === 0) return false;
    this.#places.forEach((place, i) => {
      const enabled = ((control >>> (2 * i)) & 3) !== 0;
      const fields = control >>> (16 + 4 * i);
      const at = (DEBUG_REGISTERS + 8 * i) >>> 2;
      const address = this.#words[at + 1] * TWO_32 + this.#words[at];
      place.kind = enabled ? fields & 3 : -1;
      const length = place.kind === EXECUTE ? 1 : LENGTHS[(fields >>> 2) & 3];
      place.start = address - (address % length);
      place.end = place.start + length;
    });
    return true;
  }

  /** Whether execution at an address is to be trapped; then DR6 tells so. */
  executes(address: number): boolean {
    const met = this.#at(address);
    if (met !== 0) this.#report(met);
    return met !== 0;
  }

  /** Notes an access that was carried out. */
  note(address: number, bytes: number, write: boolean): void {
    this.#places.forEach(({ kind, start, end }, i) => {
      const watched = kind === READ_OR_WRITE || (kind === WRITE && write);
      if (watched && address < end && address + bytes > start) this.#met |= 1 << i;
    });
  }

  /** Drops what was noted: the instruction faulted. */
  forget(): void {
    this.#met = 0;
  }

  /**
   * Ends an instruction; true if it is to be trapped, and then DR6 tells why. A trap of data also tells
   * what breaks on execution next, unless it is a single step as well.
   */
  complete(stepping: boolean): boolean {
    let why = this.#met;
    if (why === 0 && !stepping) return false;
    this.#met = 0;
    if (stepping) why |= DR6_BS;
    else if ((this.#words[RFLAGS >>> 2] & FLAG_RF) === 0) why |= this.#at(this.#next());
    this.#report(why);
    return true;
  }

  #next(): number {
    return this.#words[(RIP >>> 2) + 1] * TWO_32 + this.#words[RIP >>> 2];
  }

  /** Breakpoints on execution at an address. */
  #at(address: number): number {
    let met = 0;
    this.#places.forEach(({ kind, start }, i) => {
      if (kind === EXECUTE && start === address) met |= 1 << i;
    });
    return met;
  }

  #report(why: number): void {
    this.#words[DR6 >>> 2] = (this.#words[DR6 >>> 2] & ~HIT) | why;
  }
}
