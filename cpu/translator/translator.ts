// Translated regions: made when a branch target has become hot, found by number in a table, dropped
// when code that they were made from changes.
import { USER_END } from '../address-space.js';
import type { CodeCache } from '../code-cache.js';
import { handlerForms, handlerKeys } from '../interpreter/generate.js';
import {
  COUNTS,
  FELL_THROUGH,
  HANDLER,
  HEAT,
  IMMEDIATE,
  LENGTH,
  LINK,
  NEXT,
  ORIGINAL,
  RECORD_SIZE,
  REGION,
  TRANSLATED_HANDLER,
} from '../interpreter/record.js';
import type { Form } from '../isa/registry.js';
import { PAGE_SIZE, THRESHOLD } from '../layout.js';
import type { PhysicalMemory } from '../memory.js';
import type { Mmu } from '../mmu.js';
import { emitRegion, type Outside, Refused } from './emit.js';
import { type Guest, guessCallee, guessTargets } from './jump-tables.js';
import {
  findRegion,
  type InstructionSource,
  type Region,
  type RegionInstruction,
} from './region.js';

/** Bytes of WebAssembly kept at most; beyond, all regions are dropped and the hot ones made anew. */
const MOST_BYTES = 0x100_0000;
/** Room for this many regions to begin with. */
const FIRST_REGIONS = 1023;
const TWO_32 = 0x1_0000_0000;

/** Most entries of one region; beyond, a hot address in it begins another region. */
const MOST_ENTRIES = 6;
/** Below every threshold for two thousand million arrivals. */
const COLDEST = -0x8000_0000;
/** An address in a region that has so much of the heat that it takes is an entry of the next version. */
const WARM = 1 / 4;

interface Translated {
  /** Record that its entry replaced. */
  readonly record: number;
  readonly region: Region;
}

export class Translator {
  /** Regions made so far. */
  made = 0;
  /** Bytes of WebAssembly written for them. */
  written = 0;
  readonly #memory: PhysicalMemory;
  readonly #mmu: Mmu;
  readonly #code: CodeCache;
  readonly #table: WebAssembly.Table;
  readonly #imports: WebAssembly.Imports;
  readonly #noRegion: unknown;
  readonly #everything: boolean;
  readonly #forms: readonly (Form | undefined)[];
  /** Handler before an instruction that reaches into the next page. */
  readonly #crossing: number;
  /** Forms that only the interpreter runs. */
  readonly #refused = new Set<Form>();
  /** Number of the region at an offset of a page, by its key. */
  readonly #numbers = new Map<number, number>();
  readonly #translated = new Map<number, Translated>();
  /** The region that has a block at an offset of a page, by the key of {@link #keyOf}. */
  readonly #covering = new Map<number, Region>();
  /** Regions that lie on a page, by its table of records. */
  readonly #byTable = new Map<number, Set<number>>();
  #bytes = 0;
  /** The guest's registers and memory as they are now. */
  readonly #guest: Guest = {
    record: (at) => this.#memory.view.getBigUint64(at, true),
    field: (at) => this.#memory.view.getUint16(at, true),
    register: (index) => this.#number(index * 8),
    word: (address, bytes) => this.#word(address, bytes),
  };
  #lastNumber = 0;

  constructor(parts: {
    readonly memory: PhysicalMemory;
    readonly mmu: Mmu;
    readonly code: CodeCache;
    readonly table: WebAssembly.Table;
    /** What the interpreter's module exports, `noRegion` among it. */
    readonly engine: WebAssembly.Exports;
    /** Also what was never seen to run: for tests. */
    readonly everything: boolean;
  }) {
    const { memory, mmu, code, table, engine } = parts;
    this.#everything = parts.everything;
    this.#memory = memory;
    this.#mmu = mmu;
    this.#code = code;
    this.#table = table;
    this.#forms = handlerForms();
    this.#crossing = handlerKeys().indexOf('(crossing)');
    this.#noRegion = engine.noRegion;
    this.#imports = {
      env: { memory: memory.memory, regions: table },
      engine,
    };
    table.set(0, engine.noRegion);
    table.grow(FIRST_REGIONS, engine.noRegion);
    code.dropped = (records) => this.#drop(records);
    code.reset = () => this.#dropAll(true);
  }

  /** Translates the region that begins at an address of the current space. */
  translate(address: number): void {
    let replaced: readonly number[] = [];
    const source: InstructionSource = {
      at: (at) => this.#instructionAt(at),
      target: (record) => this.#number(record + IMMEDIATE),
      guessTargets: (run) => guessTargets(run, this.#guest),
      guessCallee: (instruction) => guessCallee(instruction, this.#guest),
      isEntry: (at) => !replaced.includes(at) && this.#isEntry(at),
      mayBeTaken: (record) => this.#everything || this.#wasTaken(record),
      mayFallThrough: (record) =>
        this.#everything || this.#memory.view.getUint8(record + FELL_THROUGH) !== 0,
    };
    for (;;) {
      const entries = this.#entriesWith(address);
      replaced = entries;
      const region = findRegion(entries, source) ?? findRegion([address], source);
      if (region === undefined) {
        this.#neverMind(address);
        return;
      }
      try {
        this.#enter(region, emitRegion(region, this.#outside()));
        return;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.#refused.add(error.instruction.form);
      }
    }
  }

  /**
   * Entries of the region to make for a hot address: where a region covers it already, those of that
   * region, which the new one replaces, and what else in it is warm.
   */
  #entriesWith(address: number): readonly number[] {
    const covering = this.#covering.get(this.#keyOf(address));
    if (covering === undefined || covering.entries.length >= MOST_ENTRIES) return [address];
    const entries = [...covering.entries, address];
    for (const leader of covering.leaders) {
      if (entries.length >= MOST_ENTRIES) break;
      if (!entries.includes(leader) && this.#isWarm(leader)) entries.push(leader);
    }
    return entries;
  }

  #isEntry(address: number): boolean {
    const number = this.#numbers.get(this.#keyOf(address));
    return number !== undefined && this.#translated.has(number);
  }

  /** What cannot be translated stays as it is for a long time. */
  #neverMind(address: number): void {
    const record = this.#recordAt(address);
    if (record !== 0) this.#memory.view.setInt32(record + HEAT, COLDEST, true);
  }

  /** The record at an address, 0 where nothing is decoded. */
  #recordAt(address: number): number {
    return this.#recordIn(this.#tableOf(address), address);
  }

  #recordIn(table: number | undefined, address: number): number {
    if (table === undefined) return 0;
    return this.#memory.view.getUint32(table + (address % PAGE_SIZE) * 4, true);
  }

  #isWarm(address: number): boolean {
    const { view } = this.#memory;
    const record = this.#recordAt(address);
    if (record === 0) return false;
    return view.getInt32(record + HEAT, true) >= view.getUint32(THRESHOLD, true) * WARM;
  }

  /** A word of guest memory as a signed number, if it lies on one readable page. */
  #word(address: number, bytes: 4 | 8): number | undefined {
    if (!(address >= 0 && address < USER_END)) return undefined;
    const offset = this.#mmu.peek(address);
    if (offset < 0 || (address % PAGE_SIZE) + bytes > PAGE_SIZE) return undefined;
    return bytes === 4 ? this.#memory.view.getInt32(offset, true) : this.#number(offset);
  }

  #outside(): Outside {
    return {
      view: this.#memory.view,
      pageTable: (address) => this.#tableOf(address),
      regionNumber: (address) => this.#numberAt(address),
    };
  }

  #enter(region: Region, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#bytes + bytes.length > MOST_BYTES) this.#dropAll(false);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports);
    const numbers = region.entries.map((entry, index) => {
      const number = this.#numberAt(entry);
      this.#forget(number);
      const { record } = region.blocks[index].instructions[0];
      this.#table.set(number, instance.exports[index]);
      this.#translated.set(number, { record, region });
      this.#replaceHandler(record, number);
      return number;
    });
    for (const leader of region.leaders) this.#covering.set(this.#keyOf(leader), region);
    for (const page of region.pages) {
      const table = this.#tableOf(page);
      if (table === undefined) continue;
      const regions = this.#byTable.get(table);
      if (regions === undefined) this.#byTable.set(table, new Set(numbers));
      else for (const number of numbers) regions.add(number);
    }
    this.#bytes += bytes.length;
    this.written += bytes.length;
    this.made++;
  }

  #replaceHandler(record: number, number: number): void {
    const { view } = this.#memory;
    view.setUint32(record + ORIGINAL, view.getUint32(record + HANDLER, true), true);
    view.setUint32(record + HANDLER, TRANSLATED_HANDLER, true);
    view.setUint32(record + REGION, number, true);
  }

  /** The number of the region that begins, or may begin one day, at an address. */
  #numberAt(address: number): number {
    const key = this.#keyOf(address);
    if (key < 0) return 0;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = ++this.#lastNumber;
      // growing costs every instance that knows the table
      if (number >= this.#table.length) this.#table.grow(this.#table.length, this.#noRegion);
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Tells an offset of a page from all others; -1 where no code is. */
  #keyOf(address: number): number {
    const table = this.#tableOf(address);
    return table === undefined ? -1 : table * PAGE_SIZE + (address % PAGE_SIZE);
  }

  #tableOf(address: number): number | undefined {
    const frame = this.#mmu.executable(address);
    return frame < 0 ? undefined : this.#code.table(address, frame);
  }

  #instructionAt(address: number): RegionInstruction | undefined {
    if (!(address >= 0 && address < USER_END)) return undefined;
    const frame = this.#mmu.executable(address);
    if (frame < 0) return undefined;
    const { view } = this.#memory;
    let record = this.#recordIn(this.#code.table(address, frame), address);
    if (record === 0) {
      this.#code.decode(address, frame, (page) => this.#mmu.executable(page));
      record = this.#recordIn(this.#code.table(address, frame), address);
      if (record === 0) return undefined;
    }
    const crosses = view.getUint32(record + HANDLER, true) === this.#crossing;
    // its own record comes after the one that checks the page it reaches into
    if (crosses) record += RECORD_SIZE;
    let handler = view.getUint32(record + HANDLER, true);
    if (handler === TRANSLATED_HANDLER) handler = view.getUint32(record + ORIGINAL, true);
    const form = this.#forms[handler];
    if (form === undefined || this.#refused.has(form)) return undefined;
    return { address, length: view.getUint8(record + LENGTH), record, form, crosses };
  }

  /** A taken branch is linked to its target, or its target has been counted. */
  #wasTaken(record: number): boolean {
    const { view } = this.#memory;
    if (view.getUint32(record + LINK, true) !== 0) return true;
    const target = this.#number(record + IMMEDIATE);
    const next = this.#number(record + NEXT);
    if (Math.floor(target / PAGE_SIZE) !== Math.floor((next - 1) / PAGE_SIZE)) return true;
    if (view.getUint8(record + COUNTS) === 0) return false;
    const at = this.#recordAt(target);
    return at !== 0 && view.getUint32(at + HEAT, true) !== 0;
  }

  #number(at: number): number {
    const { view } = this.#memory;
    return view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);
  }

  #drop(records: number): void {
    const regions = this.#byTable.get(records);
    if (regions === undefined) return;
    this.#byTable.delete(records);
    for (const number of regions) this.#forget(number);
  }

  #forget(number: number): void {
    const translated = this.#translated.get(number);
    if (translated === undefined) return;
    this.#translated.delete(number);
    for (const leader of translated.region.leaders) {
      const at = this.#keyOf(leader);
      if (this.#covering.get(at) === translated.region) this.#covering.delete(at);
    }
    this.#table.set(number, this.#noRegion);
    const { view } = this.#memory;
    const { record } = translated;
    view.setUint32(record + HANDLER, view.getUint32(record + ORIGINAL, true), true);
    view.setUint32(record + HEAT, 0, true);
  }

  /** @param recordsGone the tables that numbers were given by are gone too */
  #dropAll(recordsGone: boolean): void {
    for (const number of [...this.#translated.keys()]) {
      if (recordsGone) this.#table.set(number, this.#noRegion);
      else this.#forget(number);
    }
    this.#translated.clear();
    this.#covering.clear();
    this.#byTable.clear();
    this.#bytes = 0;
    if (recordsGone) this.#numbers.clear();
  }
}
