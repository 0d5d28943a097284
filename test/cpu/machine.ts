// A bare CPU with one code page, one data page and a stack, for tests of the CPU itself.
import {
  type AddressSpace,
  Cpu,
  type Engine,
  type Exit,
  PAGE_NX,
  PAGE_USER,
  PAGE_WRITE,
  type Registers,
} from '../../cpu/index.js';

export const CODE = 0x40_0000;
export const DATA = 0x50_0000;
export const STACK_TOP = 0x60_1000;
/** No page is here. */
export const NOWHERE = 0x70_0000;

export const READ_ONLY = PAGE_USER | PAGE_NX;
export const READ_WRITE = PAGE_USER | PAGE_WRITE | PAGE_NX;
export const EXECUTE = PAGE_USER;

const cpus = new Map<Engine, Cpu>();

/** One CPU for each engine: making one takes longer than most tests. */
function cpuWith(engine: Engine): Cpu {
  let cpu = cpus.get(engine);
  if (cpu === undefined) {
    cpu = new Cpu({ memory: 0x400_0000, engine });
    cpus.set(engine, cpu);
  }
  return cpu;
}

export class TestMachine {
  readonly cpu: Cpu;
  readonly space: AddressSpace;
  readonly registers: Registers;

  /** @param code machine code, placed at `at` */
  constructor(code: readonly number[], at = CODE, engine: Engine = 'auto') {
    this.cpu = cpuWith(engine);
    this.registers = this.cpu.registers;
    this.space = this.cpu.createAddressSpace();
    this.cpu.activate(this.space);
    this.page(CODE, EXECUTE);
    this.page(DATA, READ_WRITE);
    this.page(STACK_TOP - 4096, READ_WRITE);
    this.poke(at, code);
    this.registers.reset();
    this.registers.rip = BigInt(at);
    this.registers.rsp = BigInt(STACK_TOP);
  }

  /** Maps a fresh page. */
  page(address: number, flags: number): number {
    const frame = this.cpu.memory.allocate();
    this.space.map(address, frame, flags);
    return frame;
  }

  poke(address: number, bytes: readonly number[]): void {
    bytes.forEach((byte, i) => {
      this.cpu.memory.write(this.#offset(address + i), Uint8Array.of(byte));
    });
  }

  peek(address: number, length: number): number[] {
    return Array.from({ length }, (_, i) => this.cpu.memory.bytes[this.#offset(address + i)]);
  }

  run(budget = 1000): Exit {
    this.cpu.activate(this.space);
    return this.cpu.run(budget);
  }

  /** Gives back every frame; how many stay in use is a leak. */
  discard(): void {
    const frames: number[] = [];
    this.space.forEachPage((address, frame) => {
      frames.push(frame);
      void address;
    });
    this.space.destroy();
    for (const frame of frames) this.cpu.memory.release(frame);
  }

  #offset(address: number): number {
    return this.cpu.memory.offset(this.space.frameAt(address)) + (address % 4096);
  }
}

/** Little-endian bytes of a 64-bit word. */
export function quad(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(i * 8)) & 0xffn));
}

/** MOV r64, imm64 for one of the eight low registers. */
export const load = (register: number, value: bigint): number[] => [
  0x48,
  0xb8 + register,
  ...quad(value),
];

export const SYSCALL = [0x0f, 0x05];
