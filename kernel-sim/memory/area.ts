// The memory behind one slot of the top-level page table: regions, and the frames of the pages
// that were touched. Contexts made with CLONE_VM share an area; a fork copies it, and the copies
// share frames until one of them writes. Nobody can tell this from the eager copy that Redox made.
import { PAGE_NX, PAGE_SIZE, PAGE_USER, PAGE_WRITE, type PhysicalMemory } from '../../cpu/index.js';
import type { Mapping, ProcessMemory } from './process-memory.js';

/** Bytes that a page holds before anybody writes to it; the rest is zero. */
export interface Content {
  readonly bytes: Uint8Array;
  /** The address of the first byte. */
  readonly address: number;
}

export interface Region {
  /** Page-aligned. */
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly contents: readonly Content[];
  /** Its frames are those of another process's region, too, and stay so whoever writes. */
  readonly shared: boolean;
  /** The pieces of one mapping have the same object here: it is unmapped as a whole. */
  readonly mapping: Mapping;
}

export class Area {
  readonly members = new Set<ProcessMemory>();
  /** Grows whenever a page that was translated may lie elsewhere now, or may not be written. */
  generation = 0;
  /** Of the heap: its size to the byte. */
  size = 0;
  readonly #memory: PhysicalMemory;
  readonly #base: number;
  /** By ascending address. */
  #regions: Region[] = [];
  /** Frames by page number within the slot. */
  readonly #frames = new Map<number, number>();
  /** Whether a region is or was shared. */
  #shares = false;
  #found: Region | undefined;
  /** Bytes in regions. */
  #mapped = 0;

  constructor(memory: PhysicalMemory, base: number) {
    this.#memory = memory;
    this.#base = base;
  }

  /** Bytes in regions. */
  get mapped(): number {
    return this.#mapped;
  }

  /** Whether so many bytes more would be too many: Redox gave out only memory that is there. */
  exceedsMemory(size: number): boolean {
    return this.#mapped + size > this.#memory.frames * PAGE_SIZE;
  }

  get regions(): readonly Region[] {
    return this.#regions;
  }

  find(address: number): Region | undefined {
    const found = this.#found;
    if (found !== undefined && address >= found.start && address < found.end) return found;
    let low = 0;
    let high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#regions[middle].end > address) high = middle;
      else low = middle + 1;
    }
    const region = this.#regions[low];
    if (region === undefined || region.start > address) return undefined;
    this.#found = region;
    return region;
  }

  add(region: Region): void {
    this.#mapped += sizeOf(region);
    const index = this.#regions.findIndex(({ start }) => start >= region.end);
    if (index < 0) this.#regions.push(region);
    else this.#regions.splice(index, 0, region);
  }

  /** Drops the regions for which a test holds, with their pages. */
  remove(test: (region: Region) => boolean): void {
    this.#found = undefined;
    this.generation++;
    const removed = this.#regions.filter(test);
    this.#regions = this.#regions.filter((region) => !test(region));
    for (const region of removed) {
      this.#mapped -= sizeOf(region);
      this.#drop(region.start, region.end);
    }
  }

  /** Replaces a region by others that cover at most the same pages. */
  replace(region: Region, ...others: Region[]): void {
    this.#found = undefined;
    this.generation++;
    this.#regions.splice(this.#regions.indexOf(region), 1, ...others);
    this.#mapped -= sizeOf(region);
    for (const other of others) this.#mapped += sizeOf(other);
    const end = others.at(-1)?.end ?? region.start;
    if (end < region.end) this.#drop(end, region.end);
    for (const other of others) if (!sameRights(region, other)) this.#protect(other);
  }

  /** The frame of a page, given its contents when it is touched first. */
  frame(region: Region, address: number): number {
    const page = Math.floor((address - this.#base) / PAGE_SIZE);
    const known = this.#frames.get(page);
    if (known !== undefined) return known;
    const frame = this.#memory.allocate();
    this.#frames.set(page, frame);
    const start = this.#base + page * PAGE_SIZE;
    for (const content of region.contents) {
      const from = Math.max(start, content.address);
      const to = Math.min(start + PAGE_SIZE, content.address + content.bytes.length);
      if (from >= to) continue;
      const bytes = content.bytes.subarray(from - content.address, to - content.address);
      this.#memory.write(this.#memory.offset(frame) + (from - start), bytes);
    }
    return frame;
  }

  /** The frame of a page for its own user to write: a copy, if other areas use it as well. */
  ownFrame(region: Region, address: number): number {
    const frame = this.frame(region, address);
    const memory = this.#memory;
    if (region.shared || memory.references(frame) === 1) return frame;
    this.generation++;
    const copy = memory.allocate();
    const from = memory.offset(frame);
    memory.write(memory.offset(copy), memory.bytes.subarray(from, from + PAGE_SIZE));
    const page = Math.floor((address - this.#base) / PAGE_SIZE);
    this.#frames.set(page, copy);
    memory.release(frame);
    const start = this.#base + page * PAGE_SIZE;
    for (const { mapped } of this.members) {
      if (mapped !== undefined && mapped.frameAt(start) >= 0) {
        mapped.map(start, copy, this.#flags(region, copy));
      }
    }
    return copy;
  }

  /** Enters a page into a member's page table. */
  enter(member: ProcessMemory, region: Region, address: number, write: boolean): void {
    const frame = write ? this.ownFrame(region, address) : this.frame(region, address);
    const start = address - (address % PAGE_SIZE);
    member.space.map(start, frame, this.#flags(region, frame));
  }

  /** A copy with frames in common. */
  copy(): Area {
    this.generation++;
    const copy = new Area(this.#memory, this.#base);
    copy.#regions = this.#regions.slice();
    copy.size = this.size;
    copy.#mapped = this.#mapped;
    copy.#shares = this.#shares;
    for (const [page, frame] of this.#frames) {
      const address = this.#base + page * PAGE_SIZE;
      this.#memory.share(frame);
      copy.#frames.set(page, frame);
      if (!(this.#shares && this.find(address)?.shared)) this.#makeReadOnly(address);
    }
    return copy;
  }

  /** The frames of a region, which writes do not separate from now on. */
  lend(region: Region): number[] {
    const frames: number[] = [];
    for (let at = region.start; at < region.end; at += PAGE_SIZE) {
      frames.push(this.ownFrame(region, at));
    }
    this.#shares = true;
    if (!region.shared) this.replace(region, { ...region, shared: true });
    return frames;
  }

  /** Puts another region's frames behind pages that nobody has touched. */
  borrow(start: number, frames: readonly number[]): void {
    this.#shares = true;
    for (const [index, frame] of frames.entries()) {
      this.#memory.share(frame);
      this.#frames.set((start - this.#base) / PAGE_SIZE + index, frame);
    }
  }

  join(member: ProcessMemory): void {
    this.members.add(member);
  }

  /** One member less; the last one frees the frames. */
  leave(member: ProcessMemory): void {
    this.members.delete(member);
    if (this.members.size > 0) return;
    for (const frame of this.#frames.values()) this.#memory.release(frame);
    this.#frames.clear();
  }

  #flags(region: Region, frame: number): number {
    const own = region.shared || this.#memory.references(frame) === 1;
    const writable = region.writable && own;
    return PAGE_USER | (writable ? PAGE_WRITE : 0) | (region.executable ? 0 : PAGE_NX);
  }

  #makeReadOnly(address: number): void {
    for (const { mapped } of this.members) {
      const flags = mapped?.flagsAt(address) ?? 0;
      if ((flags & PAGE_WRITE) !== 0) mapped?.protect(address, flags & ~PAGE_WRITE);
    }
  }

  /** Brings the page tables of the members in line with a region's flags and frames. */
  #protect(region: Region): void {
    for (const { mapped } of this.members) {
      if (mapped === undefined) continue;
      this.#eachFrame(region.start, region.end, (_, frame, address) => {
        if (mapped.frameAt(address) >= 0) mapped.map(address, frame, this.#flags(region, frame));
      });
    }
  }

  #drop(start: number, end: number): void {
    this.#eachFrame(start, end, (page, frame, address) => {
      for (const { mapped } of this.members) mapped?.unmap(address);
      this.#frames.delete(page);
      this.#memory.release(frame);
    });
  }

  /** Calls back for the touched pages of a range, going through what is shorter: it or the list. */
  #eachFrame(
    start: number,
    end: number,
    callback: (page: number, frame: number, address: number) => void,
  ): void {
    const first = (start - this.#base) / PAGE_SIZE;
    const last = (end - this.#base) / PAGE_SIZE;
    if (last - first <= this.#frames.size) {
      for (let page = first; page < last; page++) {
        const frame = this.#frames.get(page);
        if (frame !== undefined) callback(page, frame, this.#base + page * PAGE_SIZE);
      }
      return;
    }
    for (const [page, frame] of this.#frames) {
      if (page >= first && page < last) callback(page, frame, this.#base + page * PAGE_SIZE);
    }
  }
}

const sizeOf = ({ start, end }: Region): number => end - start;

function sameRights(a: Region, b: Region): boolean {
  return a.writable === b.writable && a.executable === b.executable;
}
