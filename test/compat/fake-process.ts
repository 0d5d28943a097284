// A process without a kernel: flat memory, registers, and a function that answers its system
// calls. Tests see each call in order, with the bytes its pointers pointed to.

import { Registers } from '../../cpu/index.js';
import type { SystemCall, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import { SYS_CLOSE, SYS_OPEN, SYS_WRITE } from '../../kernel-sim/abi/index.js';

const MEMORY = 0x2_0000;

export interface FakeProcess extends Userspace {
  readonly bytes: Uint8Array;
  readonly registers: Registers;
}

/** Scratch memory starts at three quarters of the memory and grows down. */
export function fakeProcess(size = MEMORY): FakeProcess {
  const stack = (size / 4) * 3;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let scratch = stack;
  const end = (address: number) => {
    const nul = bytes.indexOf(0, address);
    return nul === -1 ? size : nul;
  };
  const registers = new Registers(new ArrayBuffer(Registers.SIZE));
  registers.setNumber(4, stack);
  return {
    bytes,
    registers,
    memory: {
      read: (address, length) => bytes.slice(address, address + length),
      readInto: (address, target) => target.set(bytes.subarray(address, address + target.length)),
      write: (address, source) => bytes.set(source, address),
      load8: (address) => view.getUint8(address),
      load32: (address) => view.getUint32(address, true),
      load64: (address) => view.getBigUint64(address, true),
      store8: (address, value) => view.setUint8(address, value),
      store32: (address, value) => view.setUint32(address, value, true),
      store64: (address, value) => view.setBigUint64(address, value, true),
      loadNumber: (address) => Number(view.getBigUint64(address, true)),
      storeNumber: (address, value) =>
        view.setBigUint64(address, BigInt.asUintN(64, BigInt(value)), true),
      string: (address) => bytes.slice(address, end(address)),
      accessible: (address, length) => address > 0 && address + length <= size,
    },
    reserve: (length) => {
      scratch -= (length + 15) & ~15;
      return scratch;
    },
    mark: () => scratch,
    release: (mark) => {
      scratch = mark;
    },
    handlerAddress: () => 0,
    nextChild: () => {},
  };
}

export type Answer = (call: SystemCall, process: FakeProcess) => number;

/** Runs userspace code to its end; every system call is answered by `answer`. */
export function drive<T>(process: FakeProcess, code: SystemCalls<T>, answer: Answer): T {
  let step = code.next(0);
  while (step.done !== true) {
    step = code.next(step.value === 'pause' ? 0 : answer(step.value, process));
  }
  return step.value;
}

/** A call that never returns, such as EXIT, ends the run of its program. */
export class Exited extends Error {
  constructor(readonly status: number) {
    super(`exit(${status})`);
  }
}

export function text(process: FakeProcess, address: unknown, length: unknown): string {
  return new TextDecoder('latin1').decode(process.memory.read(Number(address), Number(length)));
}

export function hex(process: FakeProcess, address: unknown, length: unknown): string {
  return Buffer.from(process.memory.read(Number(address), Number(length))).toString('hex');
}

/** A short form of the calls on files: `open proc:7/trace 1000000`, `write 4 0100...`. */
export function describeCall(call: SystemCall, process: FakeProcess): string {
  switch (call.number) {
    case SYS_OPEN:
      return `open ${text(process, call.a, call.b)} ${Number(call.c).toString(16)}`;
    case SYS_WRITE:
      return `write ${call.a} ${hex(process, call.b, call.c)}`;
    case SYS_CLOSE:
      return `close ${call.a}`;
    default:
      return [call.number.toString(16), call.a, call.b, call.c].join(' ');
  }
}
