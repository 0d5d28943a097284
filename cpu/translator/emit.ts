// A region's function: its blocks one after another, the ways between them, and the ways out.
import { LEFT_CONTINUE, LEFT_DECLINED, LEFT_FAULT } from '../interpreter/record.js';
import type { Bit, Value } from '../isa/values.js';
import { EXIT_RECORD, REMAINING, RIP, TLB_DATA } from '../layout.js';
import { Code } from '../wasm/code.js';
import { ModuleBuilder, type Signature } from '../wasm/module.js';
import { analyse, type Flow } from './flow.js';
import { Frame } from './frame.js';
import { services } from './imports.js';
import type { TranslatorServices } from './memory.js';
import { Nesting } from './nesting.js';
import { pageOf, pushPageTest } from './page-test.js';
import {
  type Block,
  guessesOf,
  type Region,
  type RegionInstruction,
  successorsOf,
  type Target,
} from './region.js';
import { NotTranslatable, type Surroundings, TranslatorSemantics } from './semantics.js';

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

const BUDGET = 0;
const DEPTH = 1;
/** Number of the entry to go to. */
const ENTRY = 2;
const REGION_SIGNATURE: Signature = { params: ['i32', 'i32'], results: ['i32'] };
const BODY_SIGNATURE: Signature = { params: ['i32', 'i32', 'i32'], results: ['i32'] };

/** Calls nested deeper than this leave all functions: the host's stack is finite. */
const DEEPEST = 150;

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
  readonly #regionType: number;
  readonly #engine: TranslatorServices;
  readonly #exitCode: number;
  readonly #exitRegion: number;
  readonly #exitDepth: number;
  readonly #nesting: Nesting;
  /** Instructions of the whole region: no path between budget checks is longer. */
  readonly #longest: number;
  /** Where the emission is. */
  #block: Block;
  #node = 0;
  #instruction: RegionInstruction;
  #left = 0;

  constructor(region: Region, outside: Outside) {
    this.#region = region;
    this.#outside = outside;
    const entries = region.entries.map((_, index) => index);
    this.#flow = analyse({ successors: region.blocks.map(successorsOf), entries });
    this.#block = region.blocks[0];
    this.#instruction = this.#block.instructions[0];
    this.#longest = region.blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);
    this.#module.importTable('regions', 1);
    this.#regionType = this.#module.type(REGION_SIGNATURE);
    this.#code = new Code(BODY_SIGNATURE.params.length);
    const code = this.#code;
    const root = region.blocks.length;
    const emitBlock = (node: number): void => this.#emitBlock(node);
    this.#nesting = new Nesting(code, this.#flow, { root, entry: ENTRY }, emitBlock);
    this.#frame = new Frame(code);
    this.#exitCode = code.local('i32');
    this.#exitRegion = code.local('i32');
    this.#exitDepth = 1;
    this.#engine = services(this.#module);
    this.#s = new TranslatorSemantics(code, outside.view, {
      frame: this.#frame,
      services: this.#engine,
      surroundings: this.#surroundings(),
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
    this.#epilogue();
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
    code.get(BUDGET).i32(this.#longest).op('i32.lt_u').ifHinted(false);
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

  /** Stores everything and leaves, or goes on in another region. */
  #epilogue(): void {
    const code = this.#code;
    this.#frame.store();
    this.#frame.storeFlags();
    code.i32(0).get(BUDGET).access('i32.store', REMAINING);
    code.get(this.#exitRegion).if();
    code.get(BUDGET).get(DEPTH).get(this.#exitRegion).returnCallIndirect(this.#regionType);
    code.end();
    code.get(this.#exitCode);
  }

  #emitBlock(node: number): void {
    const outer = {
      block: this.#block,
      node: this.#node,
      instruction: this.#instruction,
      left: this.#left,
    };
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
      this.#instruction = instruction;
      this.#left = count - index;
      try {
        if (instruction.crosses) this.#checkCrossing(instruction);
        this.#s.instruction(instruction);
      } catch (error) {
        if (error instanceof NotTranslatable) throw new Refused(instruction);
        throw error;
      }
    });
    this.#left = 0;
    if (block.ending.kind === 'goto') this.#edge(block.ending.to);
    this.#block = outer.block;
    this.#node = outer.node;
    this.#instruction = outer.instruction;
    this.#left = outer.left;
  }

  // Leaving and going on

  #surroundings(): Surroundings {
    return {
      fault: () => this.#fault(),
      decline: () => this.#decline(),
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

  #fault(): void {
    const code = this.#code;
    code.i32(0).i32(this.#instruction.record).access('i32.store', EXIT_RECORD);
    // of the instructions that the block has paid for, this one and those after it do not retire
    code.get(BUDGET).i32(this.#left).op('i32.add').set(BUDGET);
    this.#exit(LEFT_FAULT);
  }

  /** Leaves as before a fault, but for the interpreter to carry this instruction out. */
  #decline(): void {
    this.#storeRip(this.#instruction.address);
    this.#code.get(BUDGET).i32(this.#left).op('i32.add').set(BUDGET);
    this.#exit(LEFT_DECLINED);
  }

  /** Leaves with this instruction, or iteration, complete. */
  #leaveAfter(next: Value): void {
    const code = this.#code;
    code.i32(0).get(next.local).access('i64.store', RIP);
    code
      .get(BUDGET)
      .i32(this.#left - 1)
      .op('i32.add')
      .set(BUDGET);
    this.#exit(LEFT_CONTINUE);
  }

  /** The next iteration is one more instruction to pay for. */
  #repeat(again: () => void): void {
    const code = this.#code;
    code.get(BUDGET).i32(this.#longest).op('i32.lt_u').ifHinted(false);
    this.#leaveAfter(this.#s.instructionAddress());
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

  /** Flags into their locals, then out. */
  #exit(exitCode: number): void {
    this.#s.scoped(() => this.#s.flags.settle());
    this.#code
      .i32(exitCode)
      .set(this.#exitCode)
      .br(this.#code.depth - this.#exitDepth);
  }

  #storeFlags(): void {
    const { flags } = this.#s;
    if (flags.current.kind === 'memory') return;
    this.#s.scoped(() => flags.settle());
    this.#frame.storeFlags();
  }

  /** Leaves by a return, with RIP stored: like the common way out, but for what is clean. */
  #return(): void {
    const code = this.#code;
    this.#frame.storeDirty();
    this.#storeFlags();
    code.i32(0).get(BUDGET).access('i32.store', REMAINING);
    code.i32(LEFT_CONTINUE).return();
  }

  #leaveTo(address: number): void {
    this.#storeRip(address);
    this.#exit(LEFT_CONTINUE);
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
    if (ending.kind === 'call') {
      this.#callRegion(ending.next, () => code.get(target.local).call(this.#engine.regionAt));
      return;
    }
    // a return goes back to the function that called this one; other jumps may stay translated
    if (this.#instruction.form.key.startsWith('ret')) {
      this.#return();
      return;
    }
    code.get(target.local).call(this.#engine.regionAt).set(this.#exitRegion);
    this.#exit(LEFT_CONTINUE);
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
      this.#code.i32(this.#outside.regionNumber(to.address)).set(this.#exitRegion);
      this.#leaveTo(to.address);
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
      this.#code.get(BUDGET).i32(this.#longest).op('i32.lt_u').ifHinted(false);
      this.#leaveTo(to.address);
      this.#code.end();
    }
    this.#s.scoped(() => this.#s.flags.settle());
    this.#nesting.branch(this.#node, to.block);
  }

  #call(target: number, next: Target): void {
    const code = this.#code;
    this.#storeRip(target);
    const region = this.#outside.regionNumber(target);
    const here = pageOf(this.#instruction.address);
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

  /** Calls a region, with RIP stored; goes on here if it comes back to the next instruction. */
  #callRegion(next: Target, pushRegion: () => void): void {
    const code = this.#code;
    const why = this.#exitCode;
    this.#frame.storeDirty();
    this.#storeFlags();
    code.get(DEPTH).i32(DEEPEST).op('i32.lt_u').ifHinted(true, 'i32');
    code.get(BUDGET).get(DEPTH).i32(1).op('i32.add');
    pushRegion();
    code.callIndirect(this.#regionType);
    code.else();
    code.i32(0).get(BUDGET).access('i32.store', REMAINING).i32(LEFT_CONTINUE);
    code.end().set(why);
    // whatever happened, the registers are in memory
    code.get(why).i32(LEFT_DECLINED).op('i32.eq').ifHinted(false).i32(LEFT_CONTINUE).return().end();
    code.get(why).i32(LEFT_CONTINUE).op('i32.ne');
    code
      .i32(0)
      .access('i64.load', RIP)
      .i64(BigInt(next.address))
      .op('i64.ne')
      .op('i32.or')
      .ifHinted(false);
    code.get(why).return().end();
    code.i32(0).access('i32.load', REMAINING).set(BUDGET);
    this.#frame.load();
    this.#frame.clean();
    this.#s.flags.replace({ kind: 'memory', scopes: [] });
    code.get(BUDGET).i32(this.#longest).op('i32.lt_u').ifHinted(false);
    this.#leaveTo(next.address);
    code.end();
    this.#edge(next);
  }

  /** Leaves before an instruction unless its last bytes are still those that were decoded. */
  #checkCrossing({ address, length }: RegionInstruction): void {
    this.#pushPageTest(address + length - 1);
    this.#code.op('i32.eqz').ifHinted(false);
    this.#code.get(BUDGET).i32(this.#left).op('i32.add').set(BUDGET);
    this.#leaveTo(address);
    this.#code.end();
  }

  /** Leaves unless the page of an address is the one that its records were decoded from. */
  #checkPage(address: number): void {
    this.#pushPageTest(address);
    this.#code.op('i32.eqz').ifHinted(false);
    this.#leaveTo(address);
    this.#code.end();
  }

  #pushPageTest(address: number): void {
    pushPageTest(this.#code, address, this.#outside.pageTable(address) ?? 0);
  }

  #storeRip(address: number): void {
    this.#code.i32(0).i64(BigInt(address)).access('i64.store', RIP);
  }
}
