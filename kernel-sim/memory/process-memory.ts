// The memory of a process: areas by slot, the page table the CPU walks, and the kernel's accesses
// on the process's behalf. Nothing is allocated, and no page table made, before it is touched.
import {
  type AddressSpace,
  type Cpu,
  FAULT_EXECUTE,
  FAULT_WRITE,
  PAGE_SIZE,
} from '../../cpu/index.js';
import { EFAULT, ENOMEM, getWord, viewOf } from '../abi/index.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';
import { Area, type Content, type Region } from './area.js';
import {
  GRANT_SLOT,
  GRANTS,
  GRANTS_END,
  HEAP,
  IMAGE_SLOT,
  SIGNAL_STACK_SLOT,
  SLOT_SIZE,
  SLOTS,
  STACK,
  STACK_SLOT,
  TLS_SLOT,
} from './layout.js';
import { RangeBuffer } from './range-buffer.js';

export interface MappingOptions {
  readonly writable?: boolean;
  readonly executable?: boolean;
  readonly contents?: readonly Content[];
  /** Whatever the mapping shows, for whoever unmaps it. */
  readonly description?: unknown;
}

/** What one unmapping removes. */
export interface Mapping {
  readonly description: unknown;
}

/** Who reaches for a page: the kernel for `proc:` writes where the process itself could not. */
export type Access = 'read' | 'write' | 'force';

const FEW = 64;

/** What a clone shares with its parent. */
export interface Sharing {
  readonly memory: boolean;
  readonly stack: boolean;
}

export const pageUp = (size: number): number => Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
/** Of an address below 2^53; a remainder of doubles takes long. */
export const pageOffset = (address: number): number => address & (PAGE_SIZE - 1);
export const pageDown = (address: number): number => Math.floor(address / PAGE_SIZE) * PAGE_SIZE;

export class ProcessMemory {
  readonly #cpu: Cpu;
  readonly #areas: (Area | undefined)[] = new Array(SLOTS).fill(undefined);
  #space: AddressSpace | undefined;
  /** The translation of {@link translate} that was asked for last. */
  #lastPage = -1;
  #lastOffset = 0;
  #lastAccess: Access = 'read';
  #lastArea: Area | undefined;
  #lastGeneration = 0;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  /** The page table, made when it is asked for first. */
  get space(): AddressSpace {
    this.#space ??= this.#cpu.createAddressSpace();
    return this.#space;
  }

  /** The page table, if there is one yet. */
  get mapped(): AddressSpace | undefined {
    return this.#space;
  }

  /** A new mapping. The pages must be free. */
  map(start: number, size: number, options: MappingOptions = {}): Region {
    const region: Region = {
      start,
      end: start + pageUp(size),
      writable: options.writable ?? false,
      executable: options.executable ?? false,
      contents: options.contents ?? [],
      shared: false,
      mapping: { description: options.description },
    };
    this.#area(start).add(region);
    return region;
  }

  /** A mapping where the first gap for it is, as FMAP makes it; gives its address. */
  grant(size: number, options: MappingOptions = {}): number {
    const length = pageUp(size);
    let start = GRANTS;
    for (const region of this.#at(GRANTS)?.regions ?? []) {
      if (region.start - start >= length) break;
      start = region.end;
    }
    if (!(start + length <= GRANTS_END)) throw new SysError(ENOMEM);
    if (this.#area(GRANTS).exceedsMemory(length)) throw new SysError(ENOMEM);
    const contents = options.contents?.map(({ bytes, address }) => ({
      bytes,
      address: address + start,
    }));
    this.map(start, length, contents === undefined ? options : { ...options, contents });
    return start;
  }

  /**
   * The frames of the mapping that starts at an address, for another process to map as well.
   * @throws SysError EFAULT when no such mapping is that long
   */
  lend(address: number, length: number): number[] {
    const region = this.find(address);
    if (region?.start !== address || region.end < address + length) throw new SysError(EFAULT);
    return this.#area(address)
      .lend(region)
      .slice(0, pageUp(length) / PAGE_SIZE);
  }

  /** A mapping of what another process lends; gives its address. */
  borrow(frames: readonly number[], options: MappingOptions): number {
    const start = this.grant(frames.length * PAGE_SIZE, options);
    const region = this.find(start);
    const area = this.#area(start);
    if (region !== undefined) area.replace(region, { ...region, shared: true });
    area.borrow(start, frames);
    return start;
  }

  /** Removes the grant that holds an address, whole; gives what it was, if there was one. */
  revoke(address: number): Mapping | undefined {
    if (!(address >= GRANTS && address < GRANTS_END)) return undefined;
    const mapping = this.find(address)?.mapping;
    if (mapping === undefined) return undefined;
    this.#area(address).remove((region) => region.mapping === mapping);
    return mapping;
  }

  find(address: number): Region | undefined {
    return this.#at(address)?.find(address);
  }

  /** Gives a region another size, in place. The pages behind it must be free. */
  resize(region: Region, size: number): void {
    this.#area(region.start).replace(region, { ...region, end: region.start + pageUp(size) });
  }

  /** Bytes of the stack: 0 for who never was in user mode. */
  get stackSize(): number {
    return this.#at(STACK)?.mapped ?? 0;
  }

  /** Bytes of image, grants, stack and signal stack. */
  get sizeWithoutHeap(): number {
    const slots = [IMAGE_SLOT, GRANT_SLOT, STACK_SLOT, SIGNAL_STACK_SLOT];
    return slots.reduce((sum, slot) => sum + (this.#areas[slot]?.mapped ?? 0), 0);
  }

  /** End of the heap, to the byte. */
  get heapEnd(): number {
    return HEAP + (this.#at(HEAP)?.size ?? 0);
  }

  /** Gives the heap another end; what is new is zero. */
  resizeHeap(end: number): void {
    const area = this.#area(HEAP);
    const pagesEnd = pageUp(end);
    const last = area.regions.at(-1);
    const oldEnd = last?.end ?? HEAP;
    if (end > GRANTS || area.exceedsMemory(pagesEnd - oldEnd)) throw new SysError(ENOMEM);
    if (pagesEnd > oldEnd) {
      if (last?.writable === true) area.replace(last, { ...last, end: pagesEnd });
      else this.map(oldEnd, pagesEnd - oldEnd, { writable: true });
    } else {
      area.remove((region) => region.start >= pagesEnd);
      const cut = area.regions.at(-1);
      if (cut !== undefined && cut.end > pagesEnd) area.replace(cut, { ...cut, end: pagesEnd });
      this.copyIn(end, new Uint8Array(pagesEnd - end), 'force');
    }
    area.size = end - HEAP;
  }

  /** Changes the flags of pages, in order; false at the first one that is not mapped. */
  protect(start: number, size: number, change: (region: Region) => Partial<Region>): boolean {
    const end = start + pageUp(size);
    for (let at = start; at < end; ) {
      const region = this.find(at);
      if (region === undefined) return false;
      const changed = { start: at, end: Math.min(end, region.end) };
      const pieces: Region[] = [];
      if (region.start < changed.start) pieces.push({ ...region, end: changed.start });
      pieces.push({ ...region, ...change(region), ...changed });
      if (changed.end < region.end) pieces.push({ ...region, start: changed.end });
      this.#area(at).replace(region, ...pieces);
      at = changed.end;
    }
    return true;
  }

  /** The memory of a clone: stack and signal stack are its own unless shared. */
  clone(sharing: Sharing): ProcessMemory {
    const clone = new ProcessMemory(this.#cpu);
    this.#areas.forEach((area, slot) => {
      if (area === undefined) return;
      const shared =
        slot === TLS_SLOT ||
        (slot === STACK_SLOT ? sharing.stack : slot !== SIGNAL_STACK_SLOT && sharing.memory);
      const own = shared ? area : area.copy();
      own.join(clone);
      clone.#areas[slot] = own;
    });
    if (sharing.memory) this.#makeShared(clone);
    return clone;
  }

  /** Frees everything; other members of shared areas keep them. */
  release(): void {
    this.#areas.forEach((area) => {
      area?.leave(this);
    });
    this.#areas.fill(undefined);
    this.#lastPage = -1;
    this.#space?.destroy();
    this.#space = undefined;
  }

  /** Settles a page fault; false when the access is a mistake of the program. */
  resolve(address: number, errorCode: number): boolean {
    const region = this.find(address);
    if (region === undefined) return false;
    const write = (errorCode & FAULT_WRITE) !== 0;
    if (write && !region.writable) return false;
    if ((errorCode & FAULT_EXECUTE) !== 0 && !region.executable) return false;
    this.#area(address).enter(this, region, address, write);
    return true;
  }

  /** Whether every page of a range is there, and writable if it must be. */
  accessible(address: number, length: number, write: boolean): boolean {
    if (length === 0) return true;
    if (!(length > 0 && address >= 0)) return false;
    for (let at = address; at < address + length; ) {
      const region = this.find(at);
      if (region === undefined || (write && !region.writable)) return false;
      at = region.end;
    }
    return true;
  }

  /** A buffer of a system call. @throws SysError EFAULT */
  buffer(address: number, length: number, write: boolean): UserBuffer {
    if (!this.accessible(address, length, write)) throw new SysError(EFAULT);
    return new RangeBuffer(this, address, length);
  }

  /** Copies bytes out. @throws SysError EFAULT */
  read(address: number, length: number): Uint8Array {
    if (!this.accessible(address, length, false)) throw new SysError(EFAULT);
    const bytes = new Uint8Array(length);
    this.copyOut(address, bytes);
    return bytes;
  }

  /** Copies bytes in, where the process may write. @throws SysError EFAULT */
  write(address: number, bytes: Uint8Array): void {
    if (!this.accessible(address, bytes.length, true)) throw new SysError(EFAULT);
    this.copyIn(address, bytes, 'write');
  }

  /** Copies bytes in, read-only pages included. @throws SysError EFAULT */
  force(address: number, bytes: Uint8Array): void {
    if (!this.accessible(address, bytes.length, false)) throw new SysError(EFAULT);
    this.copyIn(address, bytes, 'force');
  }

  /** Copies bytes out until a page is missing; gives their number. */
  copyOut(address: number, target: Uint8Array): number {
    const { bytes } = this.#cpu.memory;
    let done = 0;
    while (done < target.length) {
      const offset = this.translate(address + done, 'read');
      if (offset < 0) break;
      const count = Math.min(PAGE_SIZE - pageOffset(address + done), target.length - done);
      // a view costs more than the copying of a few bytes
      if (count <= FEW) for (let i = 0; i < count; i++) target[done + i] = bytes[offset + i];
      else target.set(bytes.subarray(offset, offset + count), done);
      done += count;
    }
    return done;
  }

  /** Copies bytes in until a page is missing; gives their number. */
  copyIn(address: number, source: Uint8Array, access: Access): number {
    let done = 0;
    while (done < source.length) {
      const offset = this.translate(address + done, access);
      if (offset < 0) break;
      const count = Math.min(PAGE_SIZE - pageOffset(address + done), source.length - done);
      const whole = count === source.length;
      this.#cpu.memory.write(offset, whole ? source : source.subarray(done, done + count));
      done += count;
    }
    return done;
  }

  /** The 64-bit word at an address, unsigned; -1 when a page is missing. */
  word(address: number): number {
    if (pageOffset(address) + 8 <= PAGE_SIZE) {
      const offset = this.translate(address, 'read');
      return offset < 0 ? -1 : getWord(this.#cpu.memory.view, offset);
    }
    const bytes = new Uint8Array(8);
    return this.copyOut(address, bytes) < 8 ? -1 : getWord(viewOf(bytes), 0);
  }

  /**
   * Where in the CPU's memory an address lies, up to the end of its page; -1 when it may not be
   * accessed so. Who writes there must say so by PhysicalMemory.write or .touched.
   */
  translate(address: number, access: Access): number {
    const within = pageOffset(address);
    const page = address - within;
    if (
      page === this.#lastPage &&
      (access === this.#lastAccess || (access === 'read' && this.#lastAccess === 'write')) &&
      this.#lastArea?.generation === this.#lastGeneration
    ) {
      return this.#lastOffset + within;
    }
    const region = this.find(address);
    if (region === undefined || (access === 'write' && !region.writable)) return -1;
    const area = this.#area(address);
    const frame = access === 'read' ? area.frame(region, address) : area.ownFrame(region, address);
    this.#lastPage = page;
    this.#lastOffset = this.#cpu.memory.offset(frame);
    this.#lastAccess = access;
    this.#lastArea = area;
    this.#lastGeneration = area.generation;
    return this.#lastOffset + within;
  }

  #at(address: number): Area | undefined {
    return this.#areas[Math.floor(address / SLOT_SIZE)];
  }

  #area(address: number): Area {
    const slot = Math.floor(address / SLOT_SIZE);
    if (!(slot >= 0 && slot < SLOTS)) throw new SysError(EFAULT);
    const known = this.#areas[slot];
    if (known !== undefined) return known;
    const area = new Area(this.#cpu.memory, slot * SLOT_SIZE);
    area.join(this);
    this.#areas[slot] = area;
    return area;
  }

  /** Areas that a sharing parent has not made yet must be the same ones when they are made. */
  #makeShared(clone: ProcessMemory): void {
    this.#areas.forEach((area, slot) => {
      if (area !== undefined || slot === STACK_SLOT || slot === SIGNAL_STACK_SLOT) return;
      const made = this.#area(slot * SLOT_SIZE);
      made.join(clone);
      clone.#areas[slot] = made;
    });
  }
}
