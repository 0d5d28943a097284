// What the x87 instructions do to the state, one function per family. Every function takes the
// state and a selector (words.ts) and returns a status; engines bind them by name. Intel SDM
// vol. 2A, "FADD" to "FYL2XP1".

import { add, multiply } from './add.js';
import { compare as order, UNORDERED } from './compare.js';
import { loadDecimal, storeDecimal } from './decimal.js';
import { divide, squareRoot } from './divide.js';
import { storeInteger } from './integer.js';
import { storeDouble, storeSingle } from './narrow.js';
import type { Operand } from './operand.js';
import type { Rounder } from './rounder.js';
import type { X87State } from './state.js';
import {
  BCD,
  C0,
  C1,
  C2,
  C3,
  DE,
  DONE,
  F32,
  F64,
  F80,
  FAULT,
  I16,
  I32,
  I64,
  IE,
  MEMORY,
  POP,
  POP_TWICE,
  ROUND_TO_ZERO,
  SF,
  type Status,
  TO_REGISTER,
  WITHHELD,
} from './words.js';

export type Operation = (state: X87State, selector: number) => Status;

/** Reads the memory operand that the engine left in the scratch area. */
function readScratch(state: X87State, format: number, operand: Operand): void {
  const { view, scratch } = state;
  switch (format) {
    case F32:
      operand.setSingle(view.getInt32(scratch, true));
      break;
    case F64:
      operand.setDouble(view.getInt32(scratch + 4, true), view.getInt32(scratch, true));
      break;
    case F80:
      operand.setExtended(
        view.getUint16(scratch + 8, true),
        view.getInt32(scratch + 4, true),
        view.getInt32(scratch, true),
      );
      break;
    case I16:
      operand.setInteger(view.getInt16(scratch, true));
      break;
    case I32:
      operand.setInteger(view.getInt32(scratch, true));
      break;
    case I64:
      operand.setInteger64(view.getInt32(scratch + 4, true), view.getInt32(scratch, true));
      break;
    default:
      loadDecimal(view, scratch, operand);
  }
}

/** Reads ST(0) into `a` and the selected operand into `b`; false when a register is empty. */
function readPair(state: X87State, selector: number): boolean {
  if (state.isEmpty(0)) return false;
  if ((selector & MEMORY) !== 0) {
    readScratch(state, selector & 7, state.b);
  } else {
    if (state.isEmpty(selector & 7)) return false;
    state.read(selector & 7, state.b);
  }
  state.read(0, state.a);
  return true;
}

function popSelected(state: X87State, selector: number): void {
  if ((selector & (POP | POP_TWICE)) !== 0) state.pop();
  if ((selector & POP_TWICE) !== 0) state.pop();
}

type Binary = (rounder: Rounder, destination: Operand, source: Operand) => void;

/** destination = destination op source, where either may be ST(0). */
function binary(compute: Binary): Operation {
  return (state, selector) => {
    if (state.pending) return FAULT;
    const rounder = state.begin();
    const destination = (selector & TO_REGISTER) !== 0 ? selector & 7 : 0;
    if (!readPair(state, selector)) {
      if (!state.underflow()) return WITHHELD;
      state.writeIndefinite(destination);
    } else {
      if ((selector & TO_REGISTER) !== 0) compute(rounder, state.b, state.a);
      else compute(rounder, state.a, state.b);
      if (state.commit(destination) !== DONE) return WITHHELD;
    }
    popSelected(state, selector);
    return DONE;
  };
}

export const fadd = binary((r, destination, source) => add(r, destination, source, 0));
export const fsub = binary((r, destination, source) => add(r, destination, source, 1));
export const fsubr = binary((r, destination, source) => add(r, source, destination, 1));
export const fmul = binary(multiply);
export const fdiv = binary(divide);
export const fdivr = binary((r, destination, source) => divide(r, source, destination));

export const fsqrt: Operation = (state) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  if (state.isEmpty(0)) return emptyResult(state);
  state.read(0, state.a);
  squareRoot(rounder, state.a);
  return state.commit(0);
};

/** ST(0) was needed and is empty. */
export function emptyResult(state: X87State): Status {
  if (!state.underflow()) return WITHHELD;
  state.writeIndefinite(0);
  return DONE;
}

/** The condition code of comparing ST(0) with the selected operand. */
function conditionCode(state: X87State, selector: number, quiet: boolean): number {
  const { rounder } = state;
  if (readPair(state, selector)) return order(rounder, state.a, state.b, quiet);
  state.statusWord &= ~C1;
  rounder.flags = IE | SF;
  return UNORDERED;
}

function comparison(quiet: boolean): Operation {
  return (state, selector) => {
    if (state.pending) return FAULT;
    state.begin();
    return finishComparison(state, selector, conditionCode(state, selector, quiet));
  };
}

/** An unmasked exception withholds the pops, but processors set the condition code all the same. */
export function finishComparison(state: X87State, selector: number, code: number): Status {
  state.statusWord = (state.statusWord & ~(C0 | C2 | C3)) | code;
  return popUnlessUnmasked(state, selector);
}

function popUnlessUnmasked(state: X87State, selector: number): Status {
  if ((state.raise(state.rounder.flags) & (IE | DE)) !== 0) return WITHHELD;
  popSelected(state, selector);
  return DONE;
}

export const fcom = comparison(false);
export const fucom = comparison(true);

/**
 * Leaves ZF, PF and CF, where RFLAGS has them, as a 32-bit word in the scratch area. They are to
 * be written even when the status is WITHHELD. C1 stays as it was unless the stack faults.
 */
function comparisonToFlags(quiet: boolean): Operation {
  return (state, selector) => {
    if (state.pending) return FAULT;
    state.beginKeepingC1();
    const code = conditionCode(state, selector, quiet);
    state.view.setInt32(state.scratch, code >>> 8, true);
    return popUnlessUnmasked(state, selector);
  };
}

export const fcomi = comparisonToFlags(false);
export const fucomi = comparisonToFlags(true);

/** FLD, FILD, FBLD. */
export const fld: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  const register = selector & 7;
  const fromMemory = (selector & MEMORY) !== 0;
  if (!fromMemory && state.isEmpty(register)) {
    if (!state.underflow()) return WITHHELD;
    return pushIndefinite(state);
  }
  if (!state.isEmpty(7)) return state.overflow() ? pushIndefinite(state) : WITHHELD;
  if (!fromMemory) {
    state.push();
    state.copy((register + 1) & 7, 0);
    return DONE;
  }
  if (register === F80) {
    const { view, scratch } = state;
    state.push();
    state.write(
      0,
      view.getUint16(scratch + 8, true),
      view.getInt32(scratch + 4, true),
      view.getInt32(scratch, true),
    );
    return DONE;
  }
  readScratch(state, register, state.a);
  rounder.precision = 64;
  rounder.exact(state.a);
  // A denormal is loaded even when DE is not masked.
  if ((state.raise(rounder.flags) & IE) !== 0) return WITHHELD;
  state.push();
  state.writeResult(0);
  return DONE;
};

export function pushIndefinite(state: X87State): Status {
  state.push();
  state.writeIndefinite(0);
  return DONE;
}

/** FST, FSTP, FIST, FISTP, FBSTP. */
export const fst: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  if ((selector & MEMORY) !== 0) return storeMemory(state, selector, rounder.mode);
  if (state.isEmpty(0)) {
    if (!state.underflow()) return WITHHELD;
    state.writeIndefinite(selector & 7);
  } else {
    state.copy(0, selector & 7);
  }
  popSelected(state, selector);
  return DONE;
};

/** FSTPNCE, which the manual leaves out: FSTP that stores nothing when ST(0) is empty. */
export const fstpnce: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  if (!state.isEmpty(0)) return fst(state, selector | POP);
  state.begin();
  state.pop();
  return DONE;
};

/** FISTTP. */
export const fisttp: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  state.begin();
  return storeMemory(state, selector | POP, ROUND_TO_ZERO);
};

/** Changes no register and nothing of the state but the status word and the tags. */
function storeMemory(state: X87State, selector: number, mode: number): Status {
  const { rounder, a } = state;
  const format = selector & 7;
  if (state.isEmpty(0)) {
    if (!state.underflow()) return WITHHELD;
    a.setExtended(0xffff, 0xc000_0000, 0);
  } else {
    state.read(0, a);
  }
  if (!convert(state, format, mode) || !state.settle()) {
    state.raise(rounder.flags);
    return WITHHELD;
  }
  popSelected(state, selector);
  return DONE;
}

/** Writes `a` to the scratch area; false when an unmasked exception forbids the store. */
function convert(state: X87State, format: number, mode: number): boolean {
  const { rounder, a, view, scratch } = state;
  switch (format) {
    case F32:
      return storeSingle(rounder, a, view, scratch);
    case F64:
      return storeDouble(rounder, a, view, scratch);
    case F80: {
      const address = state.address(0);
      const empty = state.isEmpty(0);
      view.setUint16(scratch + 8, empty ? 0xffff : view.getUint16(address + 8, true), true);
      view.setInt32(scratch + 4, empty ? 0xc000_0000 : view.getInt32(address + 4, true), true);
      view.setInt32(scratch, empty ? 0 : view.getInt32(address, true), true);
      return true;
    }
    case BCD:
      storeDecimal(rounder, a, view, scratch);
      return true;
    default:
      storeInteger(rounder, a, view, scratch, format, mode);
      return true;
  }
}

export const fxch: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  state.begin();
  const index = selector & 7;
  const emptyTop = state.isEmpty(0);
  const emptyOther = state.isEmpty(index);
  if (emptyTop || emptyOther) {
    if (!state.underflow()) return WITHHELD;
    if (emptyTop) state.writeIndefinite(0);
    if (emptyOther) state.writeIndefinite(index);
  }
  const { view } = state;
  const first = state.address(0);
  const signExponent = view.getUint16(first + 8, true);
  const high = view.getInt32(first + 4, true);
  const low = view.getInt32(first, true);
  state.copy(index, 0);
  state.write(index, signExponent, high, low);
  return DONE;
};

/** FCMOVcc: the caller has evaluated the condition and adds TAKEN when it holds. */
export const TAKEN = TO_REGISTER;
export const fcmov: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  state.beginKeepingC1();
  if (state.isEmpty(0) || state.isEmpty(selector & 7)) return emptyResult(state);
  if ((selector & TAKEN) !== 0) state.copy(selector & 7, 0);
  return DONE;
};
