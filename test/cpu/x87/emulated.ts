// Runs one record (oracle.c) on the emulated FPU and answers in the same form.

import { loadFxsave, storeFxsave } from '../../../cpu/x87/environment.js';
import { X87State } from '../../../cpu/x87/state.js';
import { DONE, FAULT } from '../../../cpu/x87/words.js';
import { type Instruction, WIDTHS } from './instructions.js';
import { RECORD_SIZE } from './silicon.js';

const SIGFPE = 8;
const SCRATCH = X87State.SIZE + 8;
const ARITHMETIC_FLAGS = 0x45;
/** FCOMI and its family clear these. */
const CLEARED_FLAGS = 0x890;

const view = new DataView(new ArrayBuffer(SCRATCH + 128));
const state = new X87State(view, 0, SCRATCH);

export function emulate(instruction: Instruction, input: DataView): Uint8Array {
  const output = new Uint8Array(RECORD_SIZE);
  output.set(new Uint8Array(input.buffer, input.byteOffset, 288));
  const out = new DataView(output.buffer);
  loadFxsave(state, input, 0);
  const bytes = new Uint8Array(view.buffer, SCRATCH, 128);
  if (instruction.load !== undefined) {
    bytes.set(
      new Uint8Array(input.buffer, input.byteOffset + 160, WIDTHS[instruction.load] ?? 108),
    );
  }
  const status = instruction.operation(state, instruction.selector);
  if (status === FAULT) {
    out.setUint32(304, SIGFPE, true);
    return output;
  }
  if (status === DONE && instruction.store !== undefined) {
    output.set(bytes.subarray(0, instruction.store), 160);
  }
  let rflags = input.getUint32(296, true);
  if (instruction.flags === true) {
    rflags = (rflags & ~(ARITHMETIC_FLAGS | CLEARED_FLAGS)) | view.getUint32(SCRATCH, true);
  }
  out.setUint32(296, rflags, true);
  instruction.after?.(state, 0);
  storeFxsave(state, out, 0);
  return output;
}
