// Decoded code: for each pair of a frame and the virtual page it is executed at, a table from page
// offset to record. A write to a frame drops all records of its pages at once.
import type { RecordDecoder } from './decoder.js';
import { HANDLER, IMMEDIATE, LINK, NEXT, RECORD_SIZE } from './interpreter/record.js';
import { CODE_ARENA, PAGE_SIZE } from './layout.js';
import type { PhysicalMemory } from './memory.js';
import type { Counts } from './profile.js';
import type { Tlb } from './tlb.js';

const TABLE_SIZE = PAGE_SIZE * 4;
/** Most instructions decoded at once. */
const RUN_LENGTH = 48;
const LONGEST_INSTRUCTION = 15;

/** One page of decoded code. */
interface CodePage {
  readonly frame: number;
  readonly page: number;
  /** Linear address of the table of records. */
  readonly table: number;
  /** Pages whose last instruction reaches into this one. */
  readonly dependents: Set<CodePage>;
}

/** How the decoder reaches the page after the one it decodes. */
export type NextPage = (page: number) => number;

export class CodeCache {
  readonly #memory: PhysicalMemory;
  readonly #tlb: Tlb;
  readonly #decoder: RecordDecoder;
  readonly #counts: Counts;
  readonly #goto: number;
  readonly #crossing: number;
  /** Code pages of a frame. */
  readonly #pages = new Map<number, CodePage[]>();
  #top = CODE_ARENA;
  /** Told of a table of records that was emptied, and of all of them going away. */
  dropped: (table: number) => void = () => {};
  reset: () => void = () => {};
  readonly #bytes = new Uint8Array(LONGEST_INSTRUCTION);

  constructor(memory: PhysicalMemory, tlb: Tlb, decoder: RecordDecoder, counts: Counts) {
    this.#counts = counts;
    this.#memory = memory;
    this.#tlb = tlb;
    this.#decoder = decoder;
    this.#goto = decoder.handler('(goto)') ?? 0;
    this.#crossing = decoder.handler('(crossing)') ?? 0;
    memory.codeChanged = (frame) => this.drop(frame);
  }

  /**
   * Decodes from an address until the flow ends, and enters its page into the active TLB bank.
   * @param frame the frame mapped executable at the address
   * @param nextFrame the frame mapped executable at a page, or -1
   * @returns the page whose fetch faults, when not even one instruction could be read; else -1
   */
  decode(address: number, frame: number, nextFrame: NextPage): number {
    this.#reserve((RUN_LENGTH + 4) * RECORD_SIZE + 2 * TABLE_SIZE);
    const page = address - (address % PAGE_SIZE);
    const code = this.#page(frame, page);
    this.#tlb.enterCode(page, code.table);
    const { view } = this.#memory;
    const pageOffset = this.#memory.offset(frame);
    let offset = address - page;
    const known = view.getUint32(code.table + offset * 4, true);
    if (known !== 0) {
      // the TLB had forgotten the page; or an instruction's second page is no longer what it was
      if (view.getUint32(known + HANDLER, true) !== this.#crossing) return -1;
      view.setUint32(code.table + offset * 4, 0, true);
    }
    for (let count = 0; count < RUN_LENGTH; count++) {
      if (offset >= PAGE_SIZE || view.getUint32(code.table + offset * 4, true) !== 0) break;
      const available = Math.min(PAGE_SIZE - offset, LONGEST_INSTRUCTION);
      const bytes = this.#memory.bytes.subarray(
        pageOffset + offset,
        pageOffset + offset + available,
      );
      const decoded = this.#decoder.decode(bytes, page + offset, this.#top);
      this.#counts.decodedInstructions++;
      if (decoded.kind === 'truncated') {
        // records of a run follow one another: the next page's table must not come between them
        if (count > 0) break;
        return this.#decodeCrossing(code, offset, bytes, nextFrame);
      }
      view.setUint32(code.table + offset * 4, this.#top, true);
      this.#top += RECORD_SIZE;
      offset += decoded.length;
      if (decoded.flow === 'end') return -1;
    }
    this.#gotoRecord(page + offset);
    return -1;
  }

  /** The table of records of a page executed at an address, if anything was decoded from it. */
  table(address: number, frame: number): number | undefined {
    const page = address - (address % PAGE_SIZE);
    return this.#pages.get(frame)?.find((code) => code.page === page)?.table;
  }

  /** Drops everything decoded from a frame. */
  drop(frame: number): void {
    for (const code of this.#pages.get(frame) ?? []) this.#clear(code);
    this.#memory.markCode(frame, false);
  }

  /** Decodes an instruction that continues on the next page; gives that page where it is missing. */
  #decodeCrossing(code: CodePage, offset: number, head: Uint8Array, nextFrame: NextPage): number {
    const nextPage = code.page + PAGE_SIZE;
    const frame = nextFrame(nextPage);
    if (frame < 0) return nextPage;
    const next = this.#page(frame, nextPage);
    next.dependents.add(code);
    this.#tlb.enterCode(nextPage, next.table);
    const { view } = this.#memory;
    this.#bytes.set(head);
    const from = this.#memory.offset(frame);
    this.#bytes.set(
      this.#memory.bytes.subarray(from, from + LONGEST_INSTRUCTION - head.length),
      head.length,
    );
    const check = this.#top;
    this.#top += RECORD_SIZE;
    this.#decoder.decode(this.#bytes, code.page + offset, this.#top);
    this.#blank(check);
    view.setUint32(check + HANDLER, this.#crossing, true);
    view.setUint32(check + LINK, next.table, true);
    view.setBigUint64(check + IMMEDIATE, BigInt(nextPage), true);
    view.setBigUint64(check + NEXT, BigInt(code.page + offset), true);
    view.setUint32(code.table + offset * 4, check, true);
    const target = view.getBigUint64(this.#top + NEXT, true);
    this.#top += RECORD_SIZE;
    this.#gotoRecord(Number(target));
    return -1;
  }

  /** Ends a run: goes on at an address, which may lie on the next page. */
  #gotoRecord(target: number): void {
    const { view } = this.#memory;
    this.#blank(this.#top);
    view.setUint32(this.#top + HANDLER, this.#goto, true);
    view.setBigUint64(this.#top + IMMEDIATE, BigInt(target), true);
    // the run before this record ends at target - 1: that is its page
    view.setBigUint64(this.#top + NEXT, BigInt(target - 1), true);
    this.#top += RECORD_SIZE;
  }

  #blank(at: number): void {
    this.#memory.bytes.fill(0, at, at + RECORD_SIZE);
  }

  #page(frame: number, page: number): CodePage {
    let pages = this.#pages.get(frame);
    if (pages === undefined) {
      pages = [];
      this.#pages.set(frame, pages);
    }
    if (!this.#memory.holdsCode(frame)) {
      this.#memory.markCode(frame, true);
      if (this.#memory.clearWritable(frame)) this.#tlb.writeProtect(this.#memory.offset(frame));
    }
    let code = pages.find((candidate) => candidate.page === page);
    if (code === undefined) {
      code = { frame, page, table: this.#top, dependents: new Set() };
      this.#memory.bytes.fill(0, this.#top, this.#top + TABLE_SIZE);
      this.#top += TABLE_SIZE;
      pages.push(code);
    }
    return code;
  }

  #clear(code: CodePage): void {
    this.#counts.codeDrops++;
    this.#memory.bytes.fill(0, code.table, code.table + TABLE_SIZE);
    this.dropped(code.table);
    const dependents = [...code.dependents];
    code.dependents.clear();
    for (const dependent of dependents) this.#clear(dependent);
  }

  /** Makes room; when there is none, everything decoded is dropped. */
  #reserve(bytes: number): void {
    if (this.#top + bytes <= this.#memory.codeArenaEnd) return;
    for (const frame of this.#pages.keys()) this.#memory.markCode(frame, false);
    this.#pages.clear();
    this.#tlb.flushCode();
    this.reset();
    this.#top = CODE_ARENA;
  }
}
