// The FXSAVE image in the scratch area: x87 state, MXCSR and the XMM registers. Intel SDM vol. 2A,
// "FXSAVE", tables 3-43 and 3-46. XSAVE's legacy region is the same, component by component.
import { MXCSR, SCRATCH, X87, XMM } from '../layout.js';
import { loadFxsave, storeFxsave } from '../x87/environment.js';
import { X87State } from '../x87/state.js';

const INSTRUCTION = SCRATCH + 8;
const DATA = SCRATCH + 16;
const CONTROL = SCRATCH + 24;
const CONTROL_MASK = SCRATCH + 28;
const REGISTERS = SCRATCH + 32;
const VECTORS = SCRATCH + 160;
const VECTORS_SIZE = 256;
/** Bits of MXCSR that may be set. */
const MXCSR_MASK = 0xffff;

/** State components. Intel SDM vol. 1, 13.1. */
const COMPONENT_X87 = 1;
const COMPONENT_SSE = 2;
const INITIAL_FCW = 0x37f;

type Bound = Record<string, (...operands: number[]) => number>;

/** The helpers on one memory; `wide` is 1 with REX.W, when pointers have 64 bits and no selectors. */
export function bindFxsave(view: DataView): Bound {
  const state = new X87State(view, X87, SCRATCH);
  const bytes = new Uint8Array(view.buffer);
  const dropSelectors = (wide: number): void => {
    if (wide !== 0) return;
    view.setUint32(INSTRUCTION + 4, 0, true);
    view.setUint32(DATA + 4, 0, true);
  };
  const saveX87 = (wide: number): void => {
    storeFxsave(state, view, SCRATCH);
    dropSelectors(wide);
  };
  const saveControl = (): void => {
    view.setUint32(CONTROL, view.getUint32(MXCSR, true), true);
    view.setUint32(CONTROL_MASK, MXCSR_MASK, true);
  };
  const saveVectors = (): void => {
    bytes.copyWithin(VECTORS, XMM, XMM + VECTORS_SIZE);
  };
  const loadX87 = (wide: number): void => {
    dropSelectors(wide);
    loadFxsave(state, view, SCRATCH);
  };
  const initialiseX87 = (): void => {
    bytes.fill(0, SCRATCH, CONTROL);
    bytes.fill(0, REGISTERS, VECTORS);
    view.setUint16(SCRATCH, INITIAL_FCW, true);
    loadX87(1);
  };
  return {
    fxsave(wide) {
      saveX87(wide);
      saveControl();
      saveVectors();
      return 0;
    },
    /** 1 for #GP: the image sets a reserved bit of MXCSR. */
    fxrstor(wide) {
      const control = view.getUint32(CONTROL, true);
      if ((control & ~MXCSR_MASK) !== 0) return 1;
      loadX87(wide);
      view.setUint32(MXCSR, control, true);
      bytes.copyWithin(XMM, VECTORS, VECTORS + VECTORS_SIZE);
      return 0;
    },
    /** The components asked for are loaded if the image has them, else initialised. 1 for #GP. */
    xrstor(asked, loaded, wide) {
      const control = view.getUint32(CONTROL, true);
      if ((asked & COMPONENT_SSE) !== 0) {
        if ((control & ~MXCSR_MASK) !== 0) return 1;
        view.setUint32(MXCSR, control, true);
        if ((loaded & COMPONENT_SSE) !== 0) {
          bytes.copyWithin(XMM, VECTORS, VECTORS + VECTORS_SIZE);
        } else bytes.fill(0, XMM, XMM + VECTORS_SIZE);
      }
      if ((loaded & COMPONENT_X87) !== 0) loadX87(wide);
      else if ((asked & COMPONENT_X87) !== 0) initialiseX87();
      return 0;
    },
  };
}
