// A region's function: its blocks one after another, the ways between them, and the ways out.
import { LEFT_DECLINED } from '../interpreter/record.js';
import type { Bit, Value } from '../isa/values.js';
import { REMAINING, RIP, TLB_DATA } from '../layout.js';
import { Code } from '../wasm/code.js';
import { ModuleBuilder } from '../wasm/module.js';
import { analyse, type Flow } from './flow.js';
import { Frame } from './frame.js';
import { services } from './imports.js';
import type { TranslatorServices } from './memory.js';
import { Nesting } from './nesting.js';
import { NotTranslatable } from './operands.js';
import { pageOf, pushPageTest } from './page-test.js';
import {
  type Block,
  guessesOf,
  type Region,
  type RegionInstruction,
  successorsOf,
  type Target,
} from './region.js';
import { type Surroundings, TranslatorSemantics } from './semantics.js';
import {
  BODY_SIGNATURE,
  BUDGET,
  DEPTH,
  ENTRY,
  type Place,
  REGION_SIGNATURE,
  WaysOut,
} from './ways-out.js';

/** What the emission must know of the world outside the region. */
export interface Outside {
  readonly view: DataView;
  /** Linear address of the table of records of the page of an address; it identifies the page. */
  pageTable(address: number): number | undefined;
  /** Number of the region that begins, or will begin, at an address of one of these pages. */
  regionNumber(address: number): number;
}

/** Thrown when an instruction cannot be translated after all. */
export class Refused extends Error {
  constructor(readonly instruction: RegionInstruction) {
    super(`${instruction.form.key} is not translated`);
  }
}

/** The module of one region; the functions of its entries are exported by their numbers. */
export function emitRegion(region: Region, outside: Outside): Uint8Array<ArrayBuffer> {
  return new RegionEmitter(region, outside).emit();
}

class RegionEmitter {
  readonly #region: Region;
  readonly #outside: Outside;
  readonly #flow: Flow;
  readonly #module = new ModuleBuilder();
  readonly #code: Code;
  readonly #s: TranslatorSemantics;
  readonly #frame: Frame;
  readonly #engine: TranslatorServices;
  readonly #out: WaysOut;
  readonly #nesting: Nesting;
  /** Instructions of the whole region: no path between budget checks is longer. */
  readonly #longest: number;
  /** Where the emission is. */
  #block: Block;
  #node = 0;
  #place: Place;

  constructor(region: Region, outside: Outside) {
    this.#region = region;
    this.#outside = outside;
    const entries = region.entries.map((_, index) => index);
    this.#flow = analyse({ successors: region.blocks.map(successorsOf), entries });
    this.#block = region.blocks[0];
    this.#place = { instruction: this.#block.instructions[0], left: 0 };
    this.#longest = region.blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);
    this.#module.importTable('regions', 1);
    const regionType = this.#module.type(REGION_SIGNATURE);
    this.#code = new Code(BODY_SIGNATURE.params.length);
    const code = this.#code;
    const root = region.blocks.length;
    const emitBlock = (node: number): void => this.#emitBlock(node);
    this.#nesting = new Nesting(code, this.#flow, { root, entry: ENTRY }, emitBlock);
    this.#frame = new Frame(code);
    this.#engine = services(this.#module);
    this.#s = new TranslatorSemantics(code, outside.view, {
      frame: this.#frame,
      services: this.#engine,
      surroundings: this.#surroundings(),
    });
    this.#out = new WaysOut({
      code,
      frame: this.#frame,
      semantics: this.#s,
      regionType,
      longest: this.#longest,
    });
  }

  emit(): Uint8Array<ArrayBuffer> {
    const code = this.#code;
    this.#prologue();
    code.block();
    this.#s.flags.replace({ kind: 'memory', scopes: [] });
    const { entries, isLoop, isMerge } = this.#flow;
    // where ways meet the flags are in the locals
    const meets = entries.some((entry) => isLoop[entry] || isMerge[entry]);
    if (meets) this.#frame.loadFlags();
    this.#nesting.emit();
    code.end();
    this.#out.common();
    const body = this.#module.add(BODY_SIGNATURE, code);
    this.#region.entries.forEach((_, index) => {
      const entry = new Code(REGION_SIGNATURE.params.length);
      entry.get(BUDGET).get(DEPTH).i32(index).returnCall(body);
      this.#module.export(String(index), this.#module.add(REGION_SIGNATURE, entry));
    });
    return this.#module.finish();
  }

  #prologue(): void {
    const code = this.#code;
    this.#out.ifSpent();
    this.#storeEntryRip();
    code.i32(0).get(BUDGET).access('i32.store', REMAINING);
    code.i32(LEFT_DECLINED).return().end();
    this.#frame.load();
    code.i32(0).access('i32.load', TLB_DATA).set(this.#frame.tlb);
  }

  #storeEntryRip(): void {
    const code = this.#code;
    const [first, ...others] = this.#region.entries;
    code.i32(0).i64(BigInt(first));
    others.forEach((address, index) => {
      code
        .i64(BigInt(address))
        .get(ENTRY)
        .i32(index + 1)
        .op('i32.ne')
        .select();
    });
    code.access('i64.store', RIP);
  }

  #emitBlock(node: number): void {
    const outer = { block: this.#block, node: this.#node, place: this.#place };
    const block = this.#region.blocks[node];
    this.#block = block;
    this.#node = node;
    if (this.#flow.isMerge[node] || this.#flow.isLoop[node]) {
      this.#s.flags.replace({ kind: 'locals', scopes: [] });
      this.#frame.dirty = undefined;
    }
    const count = block.instructions.length;
    if (count > 0) {
      this.#code.get(BUDGET).i32(count).op('i32.sub').set(BUDGET);
    }
    block.instructions.forEach((instruction, index) => {
      this.#place = { instruction, left: count - index };
      try {
        if (instruction.crosses) this.#checkCrossing(instruction);
        this.#s.instruction(instruction);
      } catch (error) {
        if (error instanceof NotTranslatable) throw new Refused(instruction);
        throw error;
      }
    });
    if (block.ending.kind === 'goto') this.#edge(block.ending.to);
    this.#block = outer.block;
    this.#node = outer.node;
    this.#place = outer.place;
  }

  // Leaving and going on

  #surroundings(): Surroundings {
    return {
      fault: () => this.#out.fault(this.#place),
      decline: () => this.#out.decline(this.#place),
      repeat: (again) => this.#repeat(again),
      ahead: (name, ...operands) => this.#ahead(name, operands),
      branch: (taken) => this.#branch(taken),
      jumpRelative: () => this.#jumpRelative(),
      jump: (target) => this.#jump(target),
      aroundHelper: (call) => {
        this.#frame.store();
        call();
        this.#frame.load();
      },
    };
  }

  /** The next iteration is one more instruction to pay for. */
  #repeat(again: () => void): void {
    const code = this.#code;
    this.#out.ifSpent();
    this.#out.after(this.#place, this.#s.instructionAddress());
    code.end();
    code.get(BUDGET).i32(1).op('i32.sub').set(BUDGET);
    again();
  }

  #ahead(name: string, operands: readonly Value[]): Value {
    const code = this.#code;
    const done = this.#s.value(32, () => {
      for (const { local } of operands) code.get(local);
      // what the rest of the path may need is kept back; the iteration that follows is paid for
      code.get(BUDGET).i32(this.#longest).op('i32.sub').i32(0);
      code.get(BUDGET).i32(this.#longest).op('i32.gt_u').select();
      code.i32(1).op('i32.add').call(this.#engine.ahead(name));
    });
    code.get(BUDGET).get(done.local).op('i32.sub').set(BUDGET);
    return this.#s.zeroExtend(done, 64);
  }

  #branch(taken: Bit): void {
    const { ending } = this.#block;
    if (ending.kind !== 'branch') throw new Error('a branch inside a block');
    this.#code.get(taken.local).if();
    this.#divert(() => this.#edge(ending.taken));
    this.#code.end();
    this.#edge(ending.next);
  }

  #jumpRelative(): void {
    const { ending } = this.#block;
    if (ending.kind === 'jump') this.#edge(ending.to);
    else if (ending.kind === 'call' && ending.inside !== undefined) this.#edge(ending.inside);
    else if (ending.kind === 'call' && ending.to !== undefined) this.#call(ending.to, ending.next);
    else throw new Error('a jump inside a block');
  }

  #jump(target: Value): void {
    const { ending } = this.#block;
    const code = this.#code;
    this.#tryGuesses(target, guessesOf(ending));
    code.i32(0).get(target.local).access('i64.store', RIP);
    const regionThere = () => code.get(target.local).call(this.#engine.regionAt);
    if (ending.kind === 'call') {
      this.#callRegion(ending.next, regionThere);
      return;
    }
    // a return goes back to the function that called this one; other jumps may stay translated
    if (this.#place.instruction.form.key.startsWith('ret')) {
      this.#out.return();
      return;
    }
    this.#out.goOnIn(regionThere);
    this.#out.leave();
  }

  /** Compares a computed target with the blocks that it may be: a search among sorted addresses. */
  #tryGuesses(target: Value, guesses: readonly Target[]): void {
    const inside = guesses.filter(({ block }) => block >= 0);
    inside.sort((a, b) => a.address - b.address);
    const code = this.#code;
    const search = (from: number, to: number): void => {
      if (to - from > 2) {
        const middle = (from + to) >> 1;
        code.get(target.local).i64(BigInt(inside[middle].address)).op('i64.lt_u').if();
        search(from, middle);
        code.else();
        search(middle, to);
        code.end();
        return;
      }
      for (const guess of inside.slice(from, to)) {
        code.get(target.local).i64(BigInt(guess.address)).op('i64.eq').if();
        this.#divert(() => this.#edge(guess));
        code.end();
      }
    };
    search(0, inside.length);
  }

  /** Emits one way that control may go; the flags are as they were for the other ways. */
  #divert(emit: () => void): void {
    const { flags } = this.#s;
    const before = flags.current;
    flags.hold(before);
    this.#frame.divert(emit);
    flags.replace(before);
    flags.drop(before);
  }

  /** Control flows along an edge; nothing comes after. */
  #edge(to: Target): void {
    const here = pageOf(this.#block.instructions.at(-1)?.address ?? this.#block.address);
    if (pageOf(to.address) !== here) this.#checkPage(to.address);
    if (to.block < 0) {
      this.#out.goOnIn(() => this.#code.i32(this.#outside.regionNumber(to.address)));
      this.#out.leaveTo(to.address);
      return;
    }
    const { isLoop, isMerge } = this.#flow;
    const isBack = this.#nesting.isBack(this.#node, to.block);
    if (!isBack && !isMerge[to.block]) {
      // around a loop the flags are in their locals
      if (isLoop[to.block]) this.#s.scoped(() => this.#s.flags.settle());
      this.#divert(() => this.#nesting.tree(to.block));
      return;
    }
    if (isBack) {
      this.#out.ifSpent();
      this.#out.leaveTo(to.address);
      this.#code.end();
    }
    this.#s.scoped(() => this.#s.flags.settle());
    this.#nesting.branch(this.#node, to.block);
  }

  #call(target: number, next: Target): void {
    const code = this.#code;
    this.#out.storeRip(target);
    const region = this.#outside.regionNumber(target);
    const here = pageOf(this.#place.instruction.address);
    if (pageOf(target) === here) {
      this.#callRegion(next, () => code.i32(region));
      return;
    }
    this.#callRegion(next, () => {
      code.i32(region).i32(0);
      this.#pushPageTest(target);
      code.select();
    });
  }

  /** Calls a region, with RIP stored, and goes on behind it. */
  #callRegion(next: Target, pushRegion: () => void): void {
    this.#out.call(next.address, pushRegion);
    this.#edge(next);
  }

  /** Leaves before an instruction unless its last bytes are still those that were decoded. */
  #checkCrossing({ address, length }: RegionInstruction): void {
    this.#pushPageTest(address + length - 1);
    this.#code.op('i32.eqz').ifHinted(false);
    this.#out.before(this.#place);
    this.#code.end();
  }

  /** Leaves unless the page of an address is the one that its records were decoded from. */
  #checkPage(address: number): void {
    this.#pushPageTest(address);
    this.#code.op('i32.eqz').ifHinted(false);
    this.#out.leaveTo(address);
    this.#code.end();
  }

  #pushPageTest(address: number): void {
    pushPageTest(this.#code, address, this.#outside.pageTable(address) ?? 0);
  }
}
