// RFLAGS.TF in the frame of a tracee: one instruction, then #DB.
import { FLAG_TF, type Registers, RFLAGS } from '../../cpu/index.js';
import type { Faults } from '../faults.js';

/** Bit 1 is set whatever is written. */
const ALWAYS_SET = 2;

export function addTrapFlag(frame: Registers): void {
  frame.setNumber(RFLAGS, (frame.number(RFLAGS) | FLAG_TF) >>> 0);
}

/** For a tracer. Gives 0, as callers that act on a frame must give a number. */
export function setTrapFlag(frame: Registers, faults: Faults): number {
  // `=` for `|=` lost every flag that the next branch looks at (KP-06)
  if (faults['KP-06']) frame.setNumber(RFLAGS, ALWAYS_SET);
  addTrapFlag(frame);
  return 0;
}

export function clearTrapFlag(frame: Registers): void {
  frame.setNumber(RFLAGS, (frame.number(RFLAGS) & ~FLAG_TF) >>> 0);
}
