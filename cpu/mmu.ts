// The slow path of every access to guest memory: page walks, faults, accesses that cross a page, and
// writes to pages that hold decoded code. Intel SDM vol. 3A, 4.6 and 4.7.
import {
  type AddressSpace,
  lowWord,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_NX,
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
  USER_END,
} from './address-space.js';
import type { Breakpoints } from './breakpoints.js';
import {
  FAULT_EXECUTE,
  FAULT_PRESENT,
  FAULT_USER,
  FAULT_WRITE,
  VECTOR_AC,
  VECTOR_GP,
  VECTOR_PF,
} from './exit.js';
import {
  CROSSING,
  EXIT_ADDRESS,
  EXIT_ERROR,
  EXIT_VECTOR,
  PAGE_SIZE,
  POSTPONED,
  ROOT_TABLE,
  WRITE_PENDING,
} from './layout.js';
import type { PhysicalMemory } from './memory.js';
import type { Counts } from './profile.js';
import type { Tlb } from './tlb.js';

const TWO_32 = 0x1_0000_0000;

/**
 * Boundary that an access of so many bytes must lie on under AC: 10-byte reals want 8, x87 images of
 * 16-bit code 2; vectors none, as processors have it, since those that want one raise #GP without AC.
 */
function alignmentOf(bytes: number): number {
  if (bytes === 10) return 8;
  if (bytes === 14 || bytes === 94) return 2;
  if (bytes === 16) return 1;
  return bytes > 16 ? 4 : bytes;
}

export class Mmu {
  readonly #memory: PhysicalMemory;
  readonly #tlb: Tlb;
  readonly #words: Uint32Array;
  readonly #counts: Counts;
  #space: AddressSpace | undefined;
  /** Was the last fault an address that is not canonical? Then it is #SS if it was the stack's. */
  notCanonical = false;
  /** RFLAGS.AC: an access off its natural boundary is #AC. Intel SDM vol. 3A, 6.15, "#AC". */
  #checksAlignment = false;
  /** Told of every access while a breakpoint is enabled. */
  #watch: Breakpoints | undefined;
  /** The write under way: its address, linear addresses and lengths of its one or two parts. */
  #address = 0;
  #first = 0;
  #firstLength = 0;
  #second = 0;
  #secondLength = 0;

  constructor(memory: PhysicalMemory, tlb: Tlb, counts: Counts) {
    this.#counts = counts;
    this.#memory = memory;
    this.#tlb = tlb;
    this.#words = new Uint32Array(memory.buffer);
  }

  activate(space: AddressSpace): void {
    if (space === this.#space) return;
    this.#space = space;
    this.#tlb.activate(space);
    this.#words[ROOT_TABLE >>> 2] = this.#memory.offset(space.root);
    if (this.#seesAll) this.#tlb.blind(true);
  }

  /** Chooses what accesses are looked at for; if for anything, none is left to the TLB. */
  observe(checksAlignment: boolean, watch: Breakpoints | undefined): void {
    if (checksAlignment === this.#checksAlignment && watch === this.#watch) return;
    this.#checksAlignment = checksAlignment;
    this.#watch = watch;
    this.#tlb.blind(this.#seesAll);
  }

  get #seesAll(): boolean {
    return this.#checksAlignment || this.#watch !== undefined;
  }

  /** Linear address of `bytes` bytes at EXIT_ADDRESS for reading, or 0 after noting the fault. */
  read(bytes: number): number {
    return this.#access(bytes, false);
  }

  /** The same for writing; {@link finishWrite} follows. */
  write(bytes: number): number {
    this.#words[WRITE_PENDING >>> 2] = 1;
    return this.#access(bytes, true);
  }

  /** Completes a write: scatters one that crosses a page, drops code that it changed. */
  finishWrite(budget: number): number {
    if (!this.completeWrite()) return budget;
    // the next instruction may be one that changed: stop after this one and look again
    this.#words[POSTPONED >>> 2] += budget - 1;
    return 1;
  }

  /** Does the write under way go where code was decoded from? */
  get writesCode(): boolean {
    const holdsCode = (linear: number): boolean =>
      this.#memory.holdsCode(this.#memory.frameOf(linear));
    return holdsCode(this.#first) || (this.#secondLength > 0 && holdsCode(this.#second));
  }

  /** The same; true if the write changed code. */
  completeWrite(): boolean {
    // not when it was allowed: some writes are only tried
    this.#watch?.note(this.#address, this.#firstLength + this.#secondLength, true);
    if (this.#secondLength > 0) {
      const { bytes } = this.#memory;
      bytes.copyWithin(this.#first, CROSSING, CROSSING + this.#firstLength);
      bytes.copyWithin(
        this.#second,
        CROSSING + this.#firstLength,
        CROSSING + this.#firstLength + this.#secondLength,
      );
    }
    const first = this.#dropCode(this.#first);
    const second = this.#secondLength > 0 && this.#dropCode(this.#second);
    return first || second;
  }

  /** Linear address of a byte that the user may read, or -1; nothing is noted. */
  peek(address: number): number {
    if ((this.#flags(address) & PAGE_USER) === 0) return -1;
    const frame = this.#space?.frameAt(address) ?? -1;
    return frame < 0 ? -1 : this.#memory.offset(frame) + (address % PAGE_SIZE);
  }

  /** The frame to fetch instructions from, or -1 after noting the fault. */
  fetch(address: number): number {
    const frame = this.executable(address);
    if (frame >= 0) return frame;
    const flags = this.#flags(address);
    const error = FAULT_USER | FAULT_EXECUTE | (flags !== 0 ? FAULT_PRESENT : 0);
    this.#fault(VECTOR_PF, error, address);
    return -1;
  }

  /** Notes the fault of fetching from beyond the user's half of the addresses. */
  refuseFetch(low: number, high: number): void {
    const isKernel = high >= 0xffff_8000;
    this.#words[EXIT_ADDRESS >>> 2] = low;
    this.#words[(EXIT_ADDRESS >>> 2) + 1] = high;
    if (isKernel) this.#fault(VECTOR_PF, FAULT_USER | FAULT_EXECUTE, -1);
    else this.#fault(VECTOR_GP, 0, -1);
  }

  /** The frame mapped executable at an address, or -1. */
  executable(address: number): number {
    const flags = this.#flags(address);
    if ((flags & PAGE_USER) === 0 || (flags & PAGE_NX) !== 0) return -1;
    this.#space?.mark(address, PAGE_ACCESSED);
    return this.#space?.frameAt(address) ?? -1;
  }

  #access(bytes: number, write: boolean): number {
    this.#counts.slowAccesses++;
    const low = this.#words[EXIT_ADDRESS >>> 2];
    const high = this.#words[(EXIT_ADDRESS >>> 2) + 1];
    const address = high * TWO_32 + low;
    const inPage = PAGE_SIZE - (low & 0xfff);
    const isCanonical = address < USER_END || high >= 0xffff_8000;
    // an access that merely ends beyond the canonical addresses is checked for alignment first
    if (isCanonical && this.#checksAlignment && low % alignmentOf(bytes) !== 0) {
      this.#fault(VECTOR_AC, 0, -1);
      return 0;
    }
    if (address + bytes > USER_END) {
      const isKernel = high >= 0xffff_8000;
      const error = FAULT_USER | (write ? FAULT_WRITE : 0);
      this.#fault(isKernel ? VECTOR_PF : VECTOR_GP, isKernel ? error : 0, -1);
      this.notCanonical = !isKernel;
      return 0;
    }
    this.#address = address;
    this.#secondLength = 0;
    if (bytes <= inPage) {
      this.#first = this.#translate(address, write);
      this.#firstLength = bytes;
      if (!write && this.#first !== 0) this.#watch?.note(address, bytes, false);
      return this.#first;
    }
    const next = address + inPage;
    this.#first = this.#translate(address, write);
    if (this.#first === 0) return 0;
    this.#second = this.#translate(next, write);
    if (this.#second === 0) return 0;
    if (!write) this.#watch?.note(address, bytes, false);
    this.#firstLength = inPage;
    this.#secondLength = bytes - inPage;
    const all = this.#memory.bytes;
    all.copyWithin(CROSSING, this.#first, this.#first + inPage);
    all.copyWithin(CROSSING + inPage, this.#second, this.#second + bytes - inPage);
    return CROSSING;
  }

  /** Linear address of a byte, entered into the TLB; 0 after noting a fault. */
  #translate(address: number, write: boolean): number {
    const flags = this.#flags(address);
    if ((flags & PAGE_USER) === 0 || (write && (flags & PAGE_WRITE) === 0)) {
      const present = (flags & PAGE_PRESENT) !== 0 ? FAULT_PRESENT : 0;
      this.#fault(VECTOR_PF, FAULT_USER | present | (write ? FAULT_WRITE : 0), address);
      return 0;
    }
    const space = this.#space;
    if (space === undefined) throw new Error('no address space is active');
    const frame = space.frameAt(address);
    space.mark(address, write ? PAGE_ACCESSED | PAGE_DIRTY : PAGE_ACCESSED);
    const page = this.#memory.offset(frame);
    // a page not yet written stays read-only here, so that its first write sets DIRTY
    const writable = write && (flags & PAGE_WRITE) !== 0 && !this.#memory.holdsCode(frame);
    this.#tlb.enterData(address, page, writable);
    if (writable) this.#memory.noteWritable(frame);
    return page + (address % PAGE_SIZE);
  }

  #flags(address: number): number {
    if (this.#space === undefined) throw new Error('no address space is active');
    return this.#space.flagsAt(address);
  }

  #dropCode(linear: number): boolean {
    const frame = this.#memory.frameOf(linear);
    if (!this.#memory.holdsCode(frame)) return false;
    this.#memory.touched(frame);
    return true;
  }

  /** @param address CR2, or -1 to leave the address as it is */
  #fault(vector: number, error: number, address: number): void {
    this.notCanonical = false;
    this.#words[EXIT_VECTOR >>> 2] = vector;
    this.#words[EXIT_ERROR >>> 2] = error;
    if (address < 0) return;
    this.#words[EXIT_ADDRESS >>> 2] = lowWord(address);
    this.#words[(EXIT_ADDRESS >>> 2) + 1] = Math.floor(address / TWO_32);
  }
}
