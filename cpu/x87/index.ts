// The x87 operations by name, for engines to bind: each takes a selector (words.ts) and gives a
// status.

import * as control from './control.js';
import * as environment from './environment.js';
import type { Operation } from './operations.js';
import * as basic from './operations.js';
import * as scaling from './scaling.js';
import { X87State } from './state.js';
import * as transcendental from './transcendental.js';

/**
 * Names are mnemonics, with one for all of a family: FLD also stands for FILD and FBLD; FST for
 * FSTP, FIST, FISTP and FBSTP; FADD for FADDP and FIADD; FCOM for FCOMP, FCOMPP and FICOM.
 */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  fadd: basic.fadd,
  fsub: basic.fsub,
  fsubr: basic.fsubr,
  fmul: basic.fmul,
  fdiv: basic.fdiv,
  fdivr: basic.fdivr,
  fsqrt: basic.fsqrt,
  fcom: basic.fcom,
  fucom: basic.fucom,
  fcomi: basic.fcomi,
  fucomi: basic.fucomi,
  fld: basic.fld,
  fst: basic.fst,
  fstpnce: basic.fstpnce,
  fisttp: basic.fisttp,
  fxch: basic.fxch,
  fcmov: basic.fcmov,
  fchs: control.fchs,
  fabs: control.fabs,
  ftst: control.ftst,
  fxam: control.fxam,
  fld1: control.fld1,
  fldz: control.fldz,
  fldl2t: control.fldl2t,
  fldl2e: control.fldl2e,
  fldpi: control.fldpi,
  fldlg2: control.fldlg2,
  fldln2: control.fldln2,
  fincstp: control.fincstp,
  fdecstp: control.fdecstp,
  ffree: control.ffree,
  ffreep: control.ffreep,
  fwait: control.fwait,
  fninit: control.fninit,
  fnclex: control.fnclex,
  fldcw: control.fldcw,
  fnstcw: control.fnstcw,
  fnstsw: control.fnstsw,
  frndint: scaling.frndint,
  fscale: scaling.fscale,
  fxtract: scaling.fxtract,
  fprem: scaling.fprem,
  fprem1: scaling.fprem1,
  fnstenv: environment.fnstenv,
  maskAll: environment.maskAll,
  fldenv: environment.fldenv,
  fnsave: environment.fnsave,
  frstor: environment.frstor,
  f2xm1: transcendental.f2xm1,
  fyl2x: transcendental.fyl2x,
  fyl2xp1: transcendental.fyl2xp1,
  fsin: transcendental.fsin,
  fcos: transcendental.fcos,
  fsincos: transcendental.fsincos,
  fptan: transcendental.fptan,
  fpatan: transcendental.fpatan,
};

/** Functions of one selector, each bound to the state at `offset`. */
export function bindOperations(
  view: DataView,
  offset: number,
  scratch: number,
): Record<string, (selector: number) => number> {
  const state = new X87State(view, offset, scratch);
  const bound: Record<string, (selector: number) => number> = {};
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    bound[name] = (selector) => operation(state, selector);
  }
  return bound;
}
