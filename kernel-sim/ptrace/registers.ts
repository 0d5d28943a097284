// proc:PID/regs: register files as the bytes that tracers read and write. Facts, sections 1.5 and
// 2.2: since 2019-08-03 the general registers and rip can be written; the rest is ignored.
import {
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  type Registers,
  RFLAGS,
  RIP,
  RSI,
  RSP,
} from '../../cpu/index.js';
import { FloatRegisters, IntRegisters, viewOf } from '../abi/index.js';

/** Registers in the order of IntRegisters, up to rip: also those that may be written. */
const ORDER = [R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI, RIP];
const { cs, rflags, rsp, ss, fs } = IntRegisters.fields;
/** Segments as cpu numbers them: ES CS SS DS FS GS. */
const CS = 1;
const SS = 2;
const FS = 4;

const FXSAVE_SIZE = 512;
const ST_SLOTS = 32;
const RESERVED = 5;

const intBytes = new Uint8Array(IntRegisters.size);
const intView = new DataView(intBytes.buffer);
const image = new Uint8Array(FXSAVE_SIZE);

function copyWord(from: DataView, at: number, to: DataView, offset: number): void {
  to.setUint32(offset, from.getUint32(at, true), true);
  to.setUint32(offset + 4, from.getUint32(at + 4, true), true);
}

/** The IntRegisters of a frame. The bytes are reused by the next call. */
export function saveInt(frame: Registers): Uint8Array {
  const { view } = frame;
  for (let i = 0; i < ORDER.length; i++) copyWord(view, ORDER[i] * 8, intView, i * 8);
  intView.setUint32(cs.offset, frame.selector(CS), true);
  copyWord(view, RFLAGS * 8, intView, rflags.offset);
  copyWord(view, RSP * 8, intView, rsp.offset);
  intView.setUint32(ss.offset, frame.selector(SS), true);
  intView.setUint32(fs.offset, frame.selector(FS), true);
  return intBytes;
}

/** Changes what may be changed of a frame. */
export function loadInt(frame: Registers, bytes: Uint8Array): void {
  const view = viewOf(bytes);
  for (let i = 0; i < ORDER.length; i++) copyWord(view, i * 8, frame.view, ORDER[i] * 8);
}

/** The FloatRegisters of a register file; bytes that the processor reserves are zero. */
export function saveFloat(registers: Registers): Uint8Array {
  registers.fxsave(image);
  image[RESERVED] = 0;
  for (let slot = 0; slot < 8; slot++) {
    const at = ST_SLOTS + slot * 16;
    image.fill(0, at + 10, at + 16);
  }
  return image.subarray(0, FloatRegisters.size);
}

/** Loads all of them: an illegal mxcsr is not refused here either (KP-62). */
export function loadFloat(registers: Registers, bytes: Uint8Array): void {
  registers.fxsave(image);
  const reserved = image[RESERVED];
  image.set(bytes.subarray(0, FloatRegisters.size));
  image[RESERVED] = reserved;
  registers.fxrstor(image);
}
