// The ways out of a region's function: what of the guest's state each of them stores, and what it
// gives back of the budget. A block pays for all its instructions when it begins.
import { LEFT_CONTINUE, LEFT_DECLINED, LEFT_FAULT } from '../interpreter/record.js';
import type { Value } from '../isa/values.js';
import { EXIT_RECORD, REMAINING, RIP } from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { Signature } from '../wasm/module.js';
import type { Frame } from './frame.js';
import type { RegionInstruction } from './region.js';
import type { TranslatorSemantics } from './semantics.js';

/** The parameters of a region's function. */
export const BUDGET = 0;
export const DEPTH = 1;
/** Number of the entry to go to. */
export const ENTRY = 2;
export const REGION_SIGNATURE: Signature = { params: ['i32', 'i32'], results: ['i32'] };
export const BODY_SIGNATURE: Signature = { params: ['i32', 'i32', 'i32'], results: ['i32'] };

/** Calls nested deeper than this leave all functions: the host's stack is finite. */
const DEEPEST = 150;

/** Depth of the code of the block that ends before the common way out. */
const EXIT_DEPTH = 1;

export interface WaysOutParts {
  readonly code: Code;
  readonly frame: Frame;
  readonly semantics: TranslatorSemantics;
  /** Index of the type of regions' functions. */
  readonly regionType: number;
  /** Instructions of the whole region: no path between budget checks is longer. */
  readonly longest: number;
}

/** An instruction, and how many instructions its block has left with it. */
export interface Place {
  readonly instruction: RegionInstruction;
  readonly left: number;
}

export class WaysOut {
  readonly #code: Code;
  readonly #frame: Frame;
  readonly #s: TranslatorSemantics;
  readonly #regionType: number;
  readonly #longest: number;
  readonly #exitCode: number;
  readonly #exitRegion: number;

  constructor({ code, frame, semantics, regionType, longest }: WaysOutParts) {
    this.#code = code;
    this.#frame = frame;
    this.#s = semantics;
    this.#regionType = regionType;
    this.#longest = longest;
    this.#exitCode = code.local('i32');
    this.#exitRegion = code.local('i32');
  }

  /** What {@link exit} goes to: stores everything and leaves, or goes on in another region. */
  common(): void {
    const code = this.#code;
    this.#frame.store();
    this.#frame.storeFlags();
    this.#storeBudget();
    code.get(this.#exitRegion).if();
    code.get(BUDGET).get(DEPTH).get(this.#exitRegion).returnCallIndirect(this.#regionType);
    code.end();
    code.get(this.#exitCode);
  }

  /** Opens code for when the budget does not last to the next check. */
  ifSpent(): void {
    this.#code.get(BUDGET).i32(this.#longest).op('i32.lt_u').ifHinted(false);
  }

  fault({ instruction, left }: Place): void {
    this.#code.i32(0).i32(instruction.record).access('i32.store', EXIT_RECORD);
    // of the instructions that the block has paid for, this one and those after it do not retire
    this.#giveBack(left);
    this.#exit(LEFT_FAULT);
  }

  /** Leaves as before a fault, but for the interpreter to carry this instruction out. */
  decline({ instruction, left }: Place): void {
    this.storeRip(instruction.address);
    this.#giveBack(left);
    this.#exit(LEFT_DECLINED);
  }

  /** Leaves before an instruction. */
  before({ instruction, left }: Place): void {
    this.#giveBack(left);
    this.leaveTo(instruction.address);
  }

  /** Leaves with this instruction, or iteration, complete. */
  after({ left }: Place, next: Value): void {
    this.#code.i32(0).get(next.local).access('i64.store', RIP);
    this.#giveBack(left - 1);
    this.leave();
  }

  /** Leaves between two blocks. */
  leaveTo(address: number): void {
    this.storeRip(address);
    this.leave();
  }

  /** Leaves with RIP stored. */
  leave(): void {
    this.#exit(LEFT_CONTINUE);
  }

  /** Says which region the common way out goes on in, if any. */
  goOnIn(pushRegion: () => void): void {
    pushRegion();
    this.#code.set(this.#exitRegion);
  }

  /** Leaves by a return, with RIP stored: like the common way out, but for what is clean. */
  return(): void {
    this.#frame.storeDirty();
    this.#storeFlags();
    this.#storeBudget();
    this.#code.i32(LEFT_CONTINUE).return();
  }

  /** Calls a region, with RIP stored; leaves unless it comes back to the instruction at `next`. */
  call(next: number, pushRegion: () => void): void {
    const code = this.#code;
    const why = this.#exitCode;
    this.#frame.storeDirty();
    this.#storeFlags();
    code.get(DEPTH).i32(DEEPEST).op('i32.lt_u').ifHinted(true, 'i32');
    code.get(BUDGET).get(DEPTH).i32(1).op('i32.add');
    pushRegion();
    code.callIndirect(this.#regionType);
    code.else();
    this.#storeBudget();
    code.i32(LEFT_CONTINUE);
    code.end().set(why);
    // whatever happened, the registers are in memory
    code.get(why).i32(LEFT_DECLINED).op('i32.eq').ifHinted(false).i32(LEFT_CONTINUE).return().end();
    code.get(why).i32(LEFT_CONTINUE).op('i32.ne');
    code.i32(0).access('i64.load', RIP).i64(BigInt(next)).op('i64.ne').op('i32.or').ifHinted(false);
    code.get(why).return().end();
    code.i32(0).access('i32.load', REMAINING).set(BUDGET);
    this.#frame.load();
    this.#frame.clean();
    this.#s.flags.replace({ kind: 'memory', scopes: [] });
    this.ifSpent();
    this.leaveTo(next);
    code.end();
  }

  storeRip(address: number): void {
    this.#code.i32(0).i64(BigInt(address)).access('i64.store', RIP);
  }

  #giveBack(instructions: number): void {
    this.#code.get(BUDGET).i32(instructions).op('i32.add').set(BUDGET);
  }

  #storeBudget(): void {
    this.#code.i32(0).get(BUDGET).access('i32.store', REMAINING);
  }

  #storeFlags(): void {
    const { flags } = this.#s;
    if (flags.current.kind === 'memory') return;
    this.#s.scoped(() => flags.settle());
    this.#frame.storeFlags();
  }

  /** Flags into their locals, then out by the common way. */
  #exit(exitCode: number): void {
    this.#s.scoped(() => this.#s.flags.settle());
    this.#code
      .i32(exitCode)
      .set(this.#exitCode)
      .br(this.#code.depth - EXIT_DEPTH);
  }
}
