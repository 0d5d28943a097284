// A region: the blocks that one translated function covers, found by following branches from where
// execution was seen to be hot.
import type { Form } from '../isa/registry.js';
import { PAGE_SIZE } from '../layout.js';
import { isSmall } from './calls.js';
import { pageOf } from './page-test.js';

/** An instruction of a region. */
export interface RegionInstruction {
  readonly address: number;
  readonly length: number;
  /** Linear address of its record. */
  readonly record: number;
  readonly form: Form;
  /** Do its bytes reach into the next page? */
  readonly crosses: boolean;
}

/** Where control goes: a block of the region, or an address outside it. */
export type Target =
  | { readonly block: number; readonly address: number }
  | { readonly block: -1; readonly address: number };

/** How a block ends. */
export type Ending =
  /** On to the next address; also where the next instruction is not for translation. */
  | { readonly kind: 'goto'; readonly to: Target }
  /** The last instruction is a conditional branch. */
  | { readonly kind: 'branch'; readonly taken: Target; readonly next: Target }
  /** The last instruction is a direct jump. */
  | { readonly kind: 'jump'; readonly to: Target }
  /** The last instruction is a call, direct or not, which returns to `next`. */
  | {
      readonly kind: 'call';
      readonly to: number | undefined;
      readonly next: Target;
      /** Where it leads, or may lead, if that is a block of the region. */
      readonly inside: Target | undefined;
    }
  /** The last instruction computes where it goes: perhaps to one of these. */
  | { readonly kind: 'indirect'; readonly guesses: readonly Target[] };

export interface Block {
  readonly address: number;
  readonly instructions: readonly RegionInstruction[];
  readonly ending: Ending;
}

export interface Region {
  /** Addresses at which it is entered: block i begins at the i-th. */
  readonly entries: readonly number[];
  readonly blocks: readonly Block[];
  /** Addresses at which blocks begin that were not taken in by a call. */
  readonly leaders: readonly number[];
  /** Pages that it lies on. */
  readonly pages: ReadonlySet<number>;
}

/** What finds instructions: the code cache, and the table of forms. */
export interface InstructionSource {
  /** The instruction at an address, or undefined where there is none that can be translated. */
  at(address: number): RegionInstruction | undefined;
  /** The target of the direct branch in a record. */
  target(record: number): number;
  /** Where an indirect jump may lead, as far as can be told from what comes before it. */
  guessTargets(run: readonly RegionInstruction[]): readonly number[];
  /** Where an indirect call may lead, if that can be told from the registers as they are now. */
  guessCallee(instruction: RegionInstruction): number | undefined;
  /** Does another region begin at an address? */
  isEntry(address: number): boolean;
  /** May the branch in a record be taken? Not, if it was seen often and never was. */
  mayBeTaken(record: number): boolean;
  /** May it be not taken? Not, if it never was. */
  mayFallThrough(record: number): boolean;
}

/**
 * A place in a region: an address, and which of the region's calls leads to it, 0 for none. What a
 * call takes in is there once for each call, so that its returns know where they go.
 */
type Place = number;

/** Addresses are below this. */
const PLACES = 2 ** 47;
const MOST_CALLS = 32;

const addressAt = (place: Place): number => place % PLACES;
const callAt = (place: Place): number => Math.floor(place / PLACES);

const MOST_INSTRUCTIONS = 250;
/** From this size on a region goes over into others that it meets, instead of having their code, too. */
const LARGE = 80;
const MOST_BLOCKS = 80;

const CONDITIONAL = /^(j(?!mp)|loop)/;

export type Role = 'plain' | 'branch' | 'jump' | 'call' | 'indirect' | 'indirect call';

/** What an instruction does to the flow of control. */
export function roleOf(key: string): Role {
  if (key === 'jmp rel') return 'jump';
  if (key === 'call rel') return 'call';
  if (/^call /.test(key)) return 'indirect call';
  if (/^(jmp |ret)/.test(key)) return 'indirect';
  return CONDITIONAL.test(key) ? 'branch' : 'plain';
}

/** Finds the region entered at some addresses, or undefined when an instruction there is no good. */
export function findRegion(
  entries: readonly number[],
  source: InstructionSource,
): Region | undefined {
  return new RegionFinder(entries, source).find();
}

class RegionFinder {
  readonly #entries: readonly number[];
  readonly #source: InstructionSource;
  readonly #instructions = new Map<Place, RegionInstruction>();
  readonly #leaders: Set<Place>;
  readonly #work: Place[];
  /** Where indirect jumps and returns may lead. */
  readonly #targets = new Map<Place, readonly Place[]>();
  readonly #returns: Place[] = [];
  /** Where calls inside the region lead. */
  readonly #callees = new Map<Place, Place>();
  /** Where those come back to that are there once for each call, by number. */
  readonly #sites: Place[] = [0];
  /** Where calls of the region's own entries come back to. */
  readonly #recursions: Place[] = [];
  readonly #indices = new Map<Place, number>();

  constructor(entries: readonly number[], source: InstructionSource) {
    this.#entries = entries;
    this.#source = source;
    this.#leaders = new Set(entries);
    this.#work = [...entries];
  }

  find(): Region | undefined {
    const entries = this.#entries;
    for (let place = this.#work.shift(); place !== undefined; place = this.#work.shift()) {
      this.#follow(place);
    }
    if (!entries.every((entry) => this.#instructions.has(entry))) return undefined;
    for (const place of this.#returns) {
      const call = callAt(place);
      this.#targets.set(place, call === 0 ? this.#recursions : [this.#sites[call]]);
    }
    const others = [...this.#leaders].filter((leader) => !entries.includes(leader));
    const starts = [...entries, ...others.sort((a, b) => a - b)]
      .filter((start) => this.#instructions.has(start))
      .slice(0, MOST_BLOCKS);
    starts.forEach((start, index) => {
      this.#indices.set(start, index);
    });
    const blocks = starts.map((start) => this.#blockAt(start));
    const pages = new Set<number>();
    for (const { instructions } of blocks) {
      for (const { address, length } of instructions) {
        for (const at of [address, address + length - 1]) pages.add(at - (at % PAGE_SIZE));
      }
    }
    const leaders = starts.filter((start) => callAt(start) === 0);
    return { entries, blocks, leaders, pages };
  }

  #lead(to: Place): void {
    this.#leaders.add(to);
    this.#work.push(to);
  }

  /** Walks straight on from a place, noting where branches lead. */
  #follow(start: Place): void {
    const source = this.#source;
    const call = callAt(start);
    const run: RegionInstruction[] = [];
    for (let place = start; this.#instructions.size < MOST_INSTRUCTIONS; ) {
      if (this.#instructions.has(place)) return;
      if (this.#instructions.size >= LARGE && source.isEntry(addressAt(place))) return;
      const instruction = source.at(addressAt(place));
      if (instruction === undefined) return;
      this.#instructions.set(place, instruction);
      run.push(instruction);
      const { address, record, form } = instruction;
      const next = place + instruction.length;
      const target = (): Place => source.target(record) + call * PLACES;
      const role = roleOf(form.key);
      if (role === 'branch') {
        if (source.mayFallThrough(record)) this.#lead(next);
        if (source.mayBeTaken(record)) this.#lead(target());
      } else if (role === 'jump') {
        this.#lead(target());
      } else if (role === 'call' || role === 'indirect call') {
        this.#lead(next);
        this.#followCall(place, next, instruction);
      } else if (form.key.startsWith('ret')) {
        this.#returns.push(place);
      } else if (role === 'indirect') {
        const targets = source.guessTargets(run).map((to) => to + call * PLACES);
        this.#targets.set(place, targets);
        for (const to of targets) this.#lead(to);
      }
      if (role !== 'plain') return;
      // an edge between pages has to be checked, so it begins a block
      if (pageOf(addressAt(next)) !== pageOf(address)) {
        this.#lead(next);
        return;
      }
      place = next;
    }
  }

  /** Takes a short function into the region; what calls the region itself goes round in it. */
  #followCall(place: Place, next: Place, instruction: RegionInstruction): void {
    if (callAt(place) !== 0) return;
    const source = this.#source;
    const isDirect = roleOf(instruction.form.key) === 'call';
    const callee = isDirect ? source.target(instruction.record) : source.guessCallee(instruction);
    if (callee === undefined) return;
    if (this.#entries.includes(callee)) {
      this.#recursions.push(next);
      this.#callees.set(place, callee);
      return;
    }
    const mayBe = !isDirect || source.mayBeTaken(instruction.record);
    if (!mayBe || this.#sites.length > MOST_CALLS || !isSmall(callee, source)) return;
    const inside = callee + this.#sites.length * PLACES;
    this.#sites.push(next);
    this.#callees.set(place, inside);
    this.#lead(inside);
  }

  #to(place: Place): Target {
    return { block: this.#indices.get(place) ?? -1, address: addressAt(place) };
  }

  #blockAt(start: Place): Block {
    const instructions: RegionInstruction[] = [];
    const block = (ending: Ending): Block => ({ address: addressAt(start), instructions, ending });
    for (let place = start; ; ) {
      const instruction = this.#instructions.get(place);
      if (instruction === undefined || (place !== start && this.#indices.has(place))) {
        return block({ kind: 'goto', to: this.#to(place) });
      }
      instructions.push(instruction);
      const last = place;
      place += instruction.length;
      const next = this.#to(place);
      const target = (): number => this.#source.target(instruction.record);
      const inside = (): Target => this.#to(target() + callAt(start) * PLACES);
      switch (roleOf(instruction.form.key)) {
        case 'branch':
          return block({ kind: 'branch', taken: inside(), next });
        case 'jump':
          return block({ kind: 'jump', to: inside() });
        case 'call':
          return block({ kind: 'call', to: target(), next, inside: this.#calleeAt(last) });
        case 'indirect call':
          return block({ kind: 'call', to: undefined, next, inside: this.#calleeAt(last) });
        case 'indirect': {
          const guesses = (this.#targets.get(last) ?? []).map((to) => this.#to(to));
          return block({ kind: 'indirect', guesses });
        }
        default:
      }
    }
  }

  #calleeAt(call: Place): Target | undefined {
    const callee = this.#callees.get(call);
    const target = callee === undefined ? undefined : this.#to(callee);
    return target !== undefined && target.block >= 0 ? target : undefined;
  }
}

/** Where an instruction that computes its target may lead inside the region. */
export function guessesOf(ending: Ending): readonly Target[] {
  if (ending.kind === 'indirect') return ending.guesses;
  return ending.kind === 'call' && ending.inside !== undefined ? [ending.inside] : [];
}

/** Blocks that may come after a block. */
export function successorsOf({ ending }: Block): number[] {
  const inside = (...targets: Target[]): number[] =>
    targets.map(({ block }) => block).filter((block) => block >= 0);
  switch (ending.kind) {
    case 'branch':
      return inside(ending.taken, ending.next);
    case 'call':
      // what a direct call inside the region calls returns by itself
      if (ending.inside === undefined) return inside(ending.next);
      return inside(ending.inside, ...(ending.to === undefined ? [ending.next] : []));
    case 'indirect':
      return inside(...ending.guesses);
    default:
      return inside(ending.to);
  }
}
