// The FXSAVE image in the scratch area: x87 state, MXCSR and the XMM registers. Intel SDM vol. 2A,
// "FXSAVE", tables 3-43 and 3-46.
import { MXCSR, SCRATCH, X87, XMM } from '../layout.js';
import { loadFxsave, storeFxsave } from '../x87/environment.js';
import { X87State } from '../x87/state.js';

const INSTRUCTION = SCRATCH + 8;
const DATA = SCRATCH + 16;
const CONTROL = SCRATCH + 24;
const CONTROL_MASK = SCRATCH + 28;
const VECTORS = SCRATCH + 160;
const VECTORS_SIZE = 256;
/** Bits of MXCSR that may be set. */
const MXCSR_MASK = 0xffff;

/** The helpers on one memory; `wide` is 1 with REX.W, when pointers have 64 bits and no selectors. */
export function bindFxsave(view: DataView): Record<string, (wide: number) => number> {
  const state = new X87State(view, X87, SCRATCH);
  const bytes = new Uint8Array(view.buffer);
  return {
    fxsave(wide) {
      storeFxsave(state, view, SCRATCH);
      if (wide === 0) {
        view.setUint32(INSTRUCTION + 4, 0, true);
        view.setUint32(DATA + 4, 0, true);
      }
      view.setUint32(CONTROL, view.getUint32(MXCSR, true), true);
      view.setUint32(CONTROL_MASK, MXCSR_MASK, true);
      bytes.copyWithin(VECTORS, XMM, XMM + VECTORS_SIZE);
      return 0;
    },
    /** 1 for #GP: the image sets a reserved bit of MXCSR. */
    fxrstor(wide) {
      const control = view.getUint32(CONTROL, true);
      if ((control & ~MXCSR_MASK) !== 0) return 1;
      if (wide === 0) {
        view.setUint32(INSTRUCTION + 4, 0, true);
        view.setUint32(DATA + 4, 0, true);
      }
      loadFxsave(state, view, SCRATCH);
      view.setUint32(MXCSR, control, true);
      bytes.copyWithin(XMM, VECTORS, VECTORS + VECTORS_SIZE);
      return 0;
    },
  };
}
