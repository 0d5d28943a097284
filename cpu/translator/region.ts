// A region: the blocks that one translated function covers, found by following branches from where
// execution was seen to be hot.
import type { Form } from '../isa/registry.js';
import { PAGE_SIZE } from '../layout.js';

/** An instruction of a region. */
export interface RegionInstruction {
  readonly address: number;
  readonly length: number;
  /** Linear address of its record. */
  readonly record: number;
  readonly form: Form;
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
  | { readonly kind: 'call'; readonly to: number | undefined; readonly next: Target }
  /** The last instruction computes where it goes: perhaps to one of these. */
  | { readonly kind: 'indirect'; readonly guesses: readonly Target[] };

export interface Block {
  readonly address: number;
  readonly instructions: readonly RegionInstruction[];
  readonly ending: Ending;
}

export interface Region {
  readonly entry: number;
  readonly blocks: readonly Block[];
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
  /** May the branch in a record be taken? Not, if it was seen often and never was. */
  mayBeTaken(record: number): boolean;
}

const MOST_INSTRUCTIONS = 250;
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

/** Finds the region entered at an address, or undefined when its first instruction is no good. */
export function findRegion(entry: number, source: InstructionSource): Region | undefined {
  const instructions = new Map<number, RegionInstruction>();
  const guesses = new Map<number, readonly number[]>();
  const leaders = new Set<number>([entry]);
  const work = [entry];
  for (let address = work.shift(); address !== undefined; address = work.shift()) {
    follow(address, source, { instructions, guesses, leaders, work });
  }
  if (!instructions.has(entry)) return undefined;
  const starts = [
    entry,
    ...[...leaders].filter((leader) => leader !== entry).sort((a, b) => a - b),
  ];
  const kept = starts.filter((start) => instructions.has(start)).slice(0, MOST_BLOCKS);
  const indices = new Map(kept.map((start, index) => [start, index]));
  const blocks = kept.map((start) => blockAt(start, source, { instructions, guesses, indices }));
  const pages = new Set<number>();
  for (const { instructions: all } of blocks) {
    for (const { address } of all) pages.add(address - (address % PAGE_SIZE));
  }
  return { entry, blocks, pages };
}

/** Walks straight on from an address, noting where branches lead. */
function follow(
  start: number,
  source: InstructionSource,
  found: {
    readonly instructions: Map<number, RegionInstruction>;
    /** Where indirect jumps may lead, by their addresses. */
    readonly guesses: Map<number, readonly number[]>;
    readonly leaders: Set<number>;
    readonly work: number[];
  },
): void {
  const { instructions, guesses, leaders, work } = found;
  const run: RegionInstruction[] = [];
  let address = start;
  while (instructions.size < MOST_INSTRUCTIONS && !instructions.has(address)) {
    const instruction = source.at(address);
    if (instruction === undefined) return;
    instructions.set(address, instruction);
    run.push(instruction);
    const next = address + instruction.length;
    const role = roleOf(instruction.form.key);
    const lead = (to: number): void => {
      leaders.add(to);
      work.push(to);
    };
    if (role === 'branch') {
      lead(next);
      if (source.mayBeTaken(instruction.record)) lead(source.target(instruction.record));
    } else if (role === 'jump') {
      lead(source.target(instruction.record));
    } else if (role === 'call' || role === 'indirect call') {
      lead(next);
    } else if (role === 'indirect') {
      const targets = source.guessTargets(run);
      guesses.set(address, targets);
      for (const target of targets) lead(target);
    }
    if (role !== 'plain') return;
    // an edge between pages has to be checked, so it begins a block
    if (Math.floor(next / PAGE_SIZE) !== Math.floor(address / PAGE_SIZE)) {
      lead(next);
      return;
    }
    address = next;
  }
}

function blockAt(
  start: number,
  source: InstructionSource,
  found: {
    readonly instructions: ReadonlyMap<number, RegionInstruction>;
    readonly guesses: ReadonlyMap<number, readonly number[]>;
    readonly indices: ReadonlyMap<number, number>;
  },
): Block {
  const { instructions, guesses, indices } = found;
  const to = (address: number): Target => ({ block: indices.get(address) ?? -1, address });
  const body: RegionInstruction[] = [];
  let address = start;
  for (;;) {
    const instruction = instructions.get(address);
    if (instruction === undefined || (address !== start && indices.has(address))) {
      return { address: start, instructions: body, ending: { kind: 'goto', to: to(address) } };
    }
    body.push(instruction);
    address += instruction.length;
    const next = to(address);
    const target = (): number => source.target(instruction.record);
    switch (roleOf(instruction.form.key)) {
      case 'branch':
        return {
          address: start,
          instructions: body,
          ending: { kind: 'branch', taken: to(target()), next },
        };
      case 'jump':
        return { address: start, instructions: body, ending: { kind: 'jump', to: to(target()) } };
      case 'call':
        return {
          address: start,
          instructions: body,
          ending: { kind: 'call', to: target(), next },
        };
      case 'indirect call':
        return {
          address: start,
          instructions: body,
          ending: { kind: 'call', to: undefined, next },
        };
      case 'indirect':
        return {
          address: start,
          instructions: body,
          ending: {
            kind: 'indirect',
            guesses: (guesses.get(instruction.address) ?? []).map(to),
          },
        };
      default:
    }
  }
}
