// Signs, classification, constants, the stack pointer and the control words. Intel SDM vol. 1,
// 8.3.3 "Load Constant", 8.3.6 "Comparison and Classification", 8.3.10 "Control".

import { compare, UNORDERED } from './compare.js';
import { FINITE, INFINITE, type Operand, UNSUPPORTED, ZERO } from './operand.js';
import { emptyResult, finishComparison, type Operation, pushIndefinite } from './operations.js';
import type { X87State } from './state.js';
import {
  BUSY,
  C0,
  C1,
  C2,
  C3,
  DONE,
  ES,
  EXCEPTIONS,
  FAULT,
  IE,
  ROUND_NEAREST,
  ROUND_UP,
  SF,
  WITHHELD,
} from './words.js';

const SIGN = 0x8000;
const INITIAL_CONTROL_WORD = 0x37f;
/** FCW bit 6 cannot be cleared, and what is above RC and PC's reserved bit 12 reads as zero. */
const CONTROL_FIXED = 0x40;
const CONTROL_WRITABLE = 0x1f3f;

function changeSign(change: (signExponent: number) => number): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    state.begin();
    if (state.isEmpty(0)) return emptyResult(state);
    const address = state.address(0) + 8;
    state.view.setUint16(address, change(state.view.getUint16(address, true)), true);
    return DONE;
  };
}

export const fchs = changeSign((signExponent) => signExponent ^ SIGN);
export const fabs = changeSign((signExponent) => signExponent & ~SIGN);

export const ftst: Operation = (state) => {
  if (state.pending) return FAULT;
  const rounder = state.begin();
  let code = UNORDERED;
  if (state.isEmpty(0)) {
    rounder.flags = IE | SF;
  } else {
    state.read(0, state.a);
    state.b.setExtended(0, 0, 0);
    code = compare(rounder, state.a, state.b, false);
  }
  return finishComparison(state, 0, code);
};

export const fxam: Operation = (state) => {
  if (state.pending) return FAULT;
  state.begin();
  state.read(0, state.a);
  const code = state.isEmpty(0) ? C3 | C0 : classify(state.a);
  const sign = state.a.sign === 1 ? C1 : 0;
  state.statusWord = (state.statusWord & ~(C0 | C2 | C3)) | code | sign;
  return DONE;
};

function classify(a: Operand): number {
  switch (a.kind) {
    case ZERO:
      return C3;
    case FINITE:
      return a.denormal ? C3 | C2 : C2;
    case INFINITE:
      return C2 | C0;
    case UNSUPPORTED:
      return 0;
    default:
      return C0;
  }
}

/**
 * A constant truncated to 64 bits; `next` says whether the true value is nearer to the one above.
 */
function constant(exponent: number, high: number, low: number, next: 0 | 1): Operation {
  return (state) => {
    if (state.pending) return FAULT;
    const { mode } = state.begin();
    if (!state.isEmpty(7)) return state.overflow() ? pushIndefinite(state) : WITHHELD;
    const up = exact(high, low) ? 0 : mode === ROUND_UP ? 1 : mode === ROUND_NEAREST ? next : 0;
    state.push();
    state.write(0, exponent, high, low + up);
    return DONE;
  };
}

function exact(high: number, low: number): boolean {
  return (high & 0x7fff_ffff) === 0 && low === 0;
}

export const fld1 = constant(0x3fff, 0x8000_0000, 0, 0);
export const fldz = constant(0, 0, 0, 0);
export const fldl2t = constant(0x4000, 0xd49a_784b, 0xcd1b_8afe, 0);
export const fldl2e = constant(0x3fff, 0xb8aa_3b29, 0x5c17_f0bb, 1);
export const fldpi = constant(0x4000, 0xc90f_daa2, 0x2168_c234, 1);
export const fldlg2 = constant(0x3ffd, 0x9a20_9a84, 0xfbcf_f798, 1);
export const fldln2 = constant(0x3ffe, 0xb172_17f7, 0xd1cf_79ab, 1);

export const fincstp: Operation = (state) => {
  if (state.pending) return FAULT;
  state.begin();
  state.top = state.top + 1;
  return DONE;
};

export const fdecstp: Operation = (state) => {
  if (state.pending) return FAULT;
  state.begin();
  state.top = state.top - 1;
  return DONE;
};

export const ffree: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  state.begin();
  state.free(selector & 7);
  return DONE;
};

/** FFREEP, which the manual leaves out: FFREE and a pop. */
export const ffreep: Operation = (state, selector) => {
  if (state.pending) return FAULT;
  state.begin();
  state.free(selector & 7);
  state.pop();
  return DONE;
};

/** FWAIT and FNOP: only the pending exception matters. */
export const fwait: Operation = (state) => (state.pending ? FAULT : DONE);

export const fninit: Operation = (state) => {
  state.controlWord = INITIAL_CONTROL_WORD;
  state.statusWord = 0;
  state.tags = 0;
  state.opcode = 0;
  state.instructionPointer = 0n;
  state.dataPointer = 0n;
  return DONE;
};

export const fnclex: Operation = (state) => {
  state.statusWord &= ~(EXCEPTIONS | SF | ES | BUSY);
  return DONE;
};

export function setControlWord(state: X87State, value: number): void {
  state.controlWord = (value & CONTROL_WRITABLE) | CONTROL_FIXED;
  state.summarise();
}

export const fldcw: Operation = (state) => {
  if (state.pending) return FAULT;
  setControlWord(state, state.view.getUint16(state.scratch, true));
  return DONE;
};

export const fnstcw: Operation = (state) => {
  state.view.setUint16(state.scratch, state.controlWord, true);
  return DONE;
};

export const fnstsw: Operation = (state) => {
  state.view.setUint16(state.scratch, state.statusWord, true);
  return DONE;
};
