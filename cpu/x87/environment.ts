// The x87 state as memory images: FNSTENV, FLDENV, FNSAVE and FRSTOR in the 32-bit protected-mode
// layout that 64-bit mode uses too (or, prefixed, the 16-bit one), and the x87 part of FXSAVE64. Intel SDM vol. 1, figure 8-9
// "Protected Mode x87 FPU State Image in Memory, 32-Bit Format"; vol. 2A, "FXSAVE".

import { setControlWord } from './control.js';
import { FINITE, ZERO } from './operand.js';
import type { Operation } from './operations.js';
import type { X87State } from './state.js';
import { DONE, EXCEPTIONS, FAULT } from './words.js';

export const ENVIRONMENT_SIZE = 28;
const REGISTER_SIZE = 10;
/** What FNSAVE stores after the environment. */
export const REGISTERS_SIZE = 8 * REGISTER_SIZE;
/** Selector for the layout of 16-bit code, which an operand-size prefix chooses. */
export const SHORT = 1;
export const SHORT_ENVIRONMENT_SIZE = 14;
/** The bytes of an FXSAVE image that this file owns: header and x87 registers. */
export const FXSAVE_REGISTERS = 32;

const TAG_VALID = 0;
const TAG_ZERO = 1;
const TAG_SPECIAL = 2;
const TAG_EMPTY = 3;

/** Two bits for each physical register, from what it holds. */
function fullTags(state: X87State): number {
  const { top, a } = state;
  let word = 0;
  for (let physical = 0; physical < 8; physical++) {
    let tag = TAG_EMPTY;
    if (((state.tags >>> physical) & 1) !== 0) {
      state.read((physical - top) & 7, a);
      tag = a.kind === ZERO ? TAG_ZERO : TAG_SPECIAL;
      if (a.kind === FINITE && !a.denormal) tag = TAG_VALID;
    }
    word |= tag << (2 * physical);
  }
  return word;
}

function abridge(word: number): number {
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) {
    if (((word >>> (2 * physical)) & 3) !== TAG_EMPTY) tags |= 1 << physical;
  }
  return tags;
}

/** The image only: the engine stores it, then calls `maskAll`. */
export const fnstenv: Operation = (state, selector) => {
  if (selector === SHORT) storeShortEnvironment(state);
  else storeEnvironment(state);
  return DONE;
};

function storeEnvironment(state: X87State): void {
  const { view, scratch } = state;
  view.setUint32(scratch, 0xffff_0000 | state.controlWord, true);
  view.setUint32(scratch + 4, 0xffff_0000 | state.statusWord, true);
  view.setUint32(scratch + 8, 0xffff_0000 | fullTags(state), true);
  view.setUint32(scratch + 12, Number(state.instructionPointer & 0xffff_ffffn), true);
  view.setUint32(scratch + 16, state.opcode << 16, true);
  view.setUint32(scratch + 20, Number(state.dataPointer & 0xffff_ffffn), true);
  view.setUint32(scratch + 24, 0xffff_0000, true);
}

/** SDM vol. 1, figure 8-11; the selectors are zero as in the longer layout. */
function storeShortEnvironment(state: X87State): void {
  const { view, scratch } = state;
  view.setUint16(scratch, state.controlWord, true);
  view.setUint16(scratch + 2, state.statusWord, true);
  view.setUint16(scratch + 4, fullTags(state), true);
  view.setUint16(scratch + 6, Number(state.instructionPointer & 0xffffn), true);
  view.setUint16(scratch + 8, 0, true);
  view.setUint16(scratch + 10, Number(state.dataPointer & 0xffffn), true);
  view.setUint16(scratch + 12, 0, true);
}

/** What FNSTENV does after its store. */
export const maskAll: Operation = (state) => {
  setControlWord(state, state.controlWord | EXCEPTIONS);
  return DONE;
};

function loadEnvironment(state: X87State, selector: number): void {
  const { view, scratch } = state;
  const step = selector === SHORT ? 2 : 4;
  state.statusWord = view.getUint16(scratch + step, true);
  setControlWord(state, view.getUint16(scratch, true));
  state.tags = abridge(view.getUint16(scratch + 2 * step, true));
  if (selector === SHORT) {
    state.instructionPointer = BigInt(view.getUint16(scratch + 6, true));
    state.opcode = 0;
    state.dataPointer = BigInt(view.getUint16(scratch + 10, true));
  } else {
    state.instructionPointer = BigInt(view.getUint32(scratch + 12, true));
    state.opcode = view.getUint16(scratch + 18, true);
    state.dataPointer = BigInt(view.getUint32(scratch + 20, true));
  }
}

export const fldenv: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  loadEnvironment(state, selector);
  return DONE;
};

function registersAt(state: X87State, selector: number): number {
  return state.scratch + (selector === SHORT ? SHORT_ENVIRONMENT_SIZE : ENVIRONMENT_SIZE);
}

function copyRegister(view: DataView, from: number, to: number): void {
  view.setInt32(to, view.getInt32(from, true), true);
  view.setInt32(to + 4, view.getInt32(from + 4, true), true);
  view.setUint16(to + 8, view.getUint16(from + 8, true), true);
}

/** The image only: the engine stores it, then calls `fninit`. */
export const fnsave: Operation = (state, selector) => {
  fnstenv(state, selector);
  for (let index = 0; index < 8; index++) {
    const target = registersAt(state, selector) + REGISTER_SIZE * index;
    copyRegister(state.view, state.address(index), target);
  }
  return DONE;
};

export const frstor: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  loadEnvironment(state, selector);
  for (let index = 0; index < 8; index++) {
    const source = registersAt(state, selector) + REGISTER_SIZE * index;
    copyRegister(state.view, source, state.address(index));
  }
  return DONE;
};

/** Writes bytes 0-23 and 32-159 of an FXSAVE64 image. */
export function storeFxsave(state: X87State, image: DataView, at: number): void {
  image.setUint16(at, state.controlWord, true);
  image.setUint16(at + 2, state.statusWord, true);
  image.setUint16(at + 4, state.tags, true);
  image.setUint16(at + 6, state.opcode, true);
  image.setBigUint64(at + 8, state.instructionPointer, true);
  image.setBigUint64(at + 16, state.dataPointer, true);
  for (let index = 0; index < 8; index++) {
    const target = at + FXSAVE_REGISTERS + 16 * index;
    const source = state.address(index);
    image.setBigUint64(target, state.view.getBigUint64(source, true), true);
    image.setBigUint64(target + 8, BigInt(state.view.getUint16(source + 8, true)), true);
  }
}

export function loadFxsave(state: X87State, image: DataView, at: number): void {
  state.statusWord = image.getUint16(at + 2, true);
  setControlWord(state, image.getUint16(at, true));
  state.tags = image.getUint8(at + 4);
  state.opcode = image.getUint16(at + 6, true);
  state.instructionPointer = image.getBigUint64(at + 8, true);
  state.dataPointer = image.getBigUint64(at + 16, true);
  for (let index = 0; index < 8; index++) {
    const source = at + FXSAVE_REGISTERS + 16 * index;
    const target = state.address(index);
    state.view.setBigUint64(target, image.getBigUint64(source, true), true);
    state.view.setBigUint64(target + 8, BigInt(image.getUint16(source + 8, true)), true);
  }
}
