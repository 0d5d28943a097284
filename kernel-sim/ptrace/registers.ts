// proc:PID/regs: register files as the bytes that tracers read and write. Facts: redox_syscall
// f8eda5c and 49dd222, and what a frame of the kernel's loaded of them at each revision.
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
import { FirstIntRegisters, FloatRegisters, IntRegisters, viewOf } from '../abi/index.js';
import type { Context } from '../context.js';
import type { Faults } from '../faults.js';
import { KernelPanic } from '../panic.js';
import type { KernelProfile } from '../profile.js';

/** Registers in the order of IntRegisters, up to rip. */
const ORDER = [R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI, RIP];
const GENERAL = ORDER.length - 1;
/** The first frames held only what a call in C may change. */
const FIRST_SCRATCH = ORDER.indexOf(R11);
const { cs, rflags, rsp, ss, fs } = IntRegisters.fields;
/** Segments as cpu numbers them: ES CS SS DS FS GS. */
const CS = 1;
const SS = 2;
const FS = 4;

const FXSAVE_SIZE = 512;
const ST_SLOTS = 32;
const RESERVED = 5;
const MXCSR = 24;
const MXCSR_MASK = 0xffff;

/** CF PF AF ZF SF TF DF OF AC ID, and those that are always set: IF and bit 1. */
const FLAGS_OF_PROGRAMS = 0x240dd5;
const FLAGS_ALWAYS = 0x202;
/** Whether a program may use ports; programs cannot change it themselves. */
const IOPL = 0x3000;

const firstBytes = new Uint8Array(FirstIntRegisters.size);
const firstView = new DataView(firstBytes.buffer);
const intBytes = new Uint8Array(IntRegisters.size);
const intView = new DataView(intBytes.buffer);
const image = new Uint8Array(FXSAVE_SIZE);

function copyWord(from: DataView, at: number, to: DataView, offset: number): void {
  to.setUint32(offset, from.getUint32(at, true), true);
  to.setUint32(offset + 4, from.getUint32(at + 4, true), true);
}

/** Bytes of regs/int. */
export function intSize({ registers }: KernelProfile): number {
  return registers === 'first' ? FirstIntRegisters.size : IntRegisters.size;
}

/** What regs/int gives of a frame. The bytes are reused by the next call. */
export function saveInt(frame: Registers, profile: KernelProfile): Uint8Array {
  return profile.registers === 'first' ? saveFirst(frame) : saveFrame(frame);
}

function saveFirst(frame: Registers): Uint8Array {
  const { cs, eflags, fs } = FirstIntRegisters.fields;
  const { view } = frame;
  for (let i = FIRST_SCRATCH; i < ORDER.length; i++) {
    copyWord(view, ORDER[i] * 8, firstView, i * 8);
  }
  firstView.setUint32(cs.offset, frame.selector(CS), true);
  copyWord(view, RFLAGS * 8, firstView, eflags.offset);
  firstView.setUint32(fs.offset, frame.selector(FS), true);
  return firstBytes;
}

function saveFrame(frame: Registers): Uint8Array {
  const { view } = frame;
  for (let i = 0; i < ORDER.length; i++) copyWord(view, ORDER[i] * 8, intView, i * 8);
  intView.setUint32(cs.offset, frame.selector(CS), true);
  copyWord(view, RFLAGS * 8, intView, rflags.offset);
  copyWord(view, RSP * 8, intView, rsp.offset);
  intView.setUint32(ss.offset, frame.selector(SS), true);
  intView.setUint32(fs.offset, frame.selector(FS), true);
  return intBytes;
}

/** Changes what may be changed of a frame; the rest is ignored. */
export function loadInt(frame: Registers, bytes: Uint8Array, profile: KernelProfile): void {
  const { registers, faults } = profile;
  const view = viewOf(bytes);
  const first = registers === 'first';
  const end = registers === 'general' ? GENERAL : ORDER.length;
  for (let i = first ? FIRST_SCRATCH : 0; i < end; i++) {
    copyWord(view, i * 8, frame.view, ORDER[i] * 8);
  }
  if (first) {
    const flags = view.getUint32(FirstIntRegisters.fields.eflags.offset, true);
    loadFlags(frame, flags, faults['KP-26'] ? FLAGS_OF_PROGRAMS | IOPL : FLAGS_OF_PROGRAMS);
  }
  if (faults['KP-26']) frame.setSelector(CS, view.getUint16(cs.offset, true));
}

/** The processor has no use for the other bits. */
function loadFlags(frame: Registers, flags: number, writable: number): void {
  frame.setNumber(RFLAGS, ((flags & writable) | FLAGS_ALWAYS) >>> 0);
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

/**
 * Loads all of them. An illegal mxcsr is not refused, and the reserved bits of st are what was
 * written, unless KP-62 is mended.
 */
export function loadFloat(registers: Registers, bytes: Uint8Array, faults: Faults): void {
  registers.fxsave(image);
  const old = image.slice();
  image.set(bytes.subarray(0, FloatRegisters.size));
  image[RESERVED] = old[RESERVED];
  if (!faults['KP-62']) keepReserved(old);
  registers.fxrstor(image);
  // which keeps what exists of it; the kernel's copy has all
  registers.mxcsr = viewOf(image).getUint32(MXCSR, true);
}

/**
 * A switch to a context loads what a tracer stored, and FXRSTOR refuses the reserved bits of MXCSR
 * (KP-62).
 */
export function demandLegalMxcsr({ registers, pid, name }: Context): void {
  const { mxcsr } = registers;
  if (mxcsr <= MXCSR_MASK) return;
  const value = `0x${mxcsr.toString(16)}`;
  throw new KernelPanic(`protection fault: fxrstor with mxcsr ${value} of pid ${pid} (${name})`);
}

/** Leaves in the image what the processor reserves as it was. */
function keepReserved(old: Uint8Array): void {
  for (let slot = 0; slot < 8; slot++) {
    const at = ST_SLOTS + slot * 16 + 10;
    image.set(old.subarray(at, at + 6), at);
  }
  image[MXCSR + 2] = old[MXCSR + 2];
  image[MXCSR + 3] = old[MXCSR + 3];
}
