// The emulated core and the context whose registers and page table it holds. Both stay there until
// somebody else needs it: most switches are between contexts that run no instruction in between.
import type { Cpu } from '../cpu/index.js';
import type { Context } from './context.js';

export class Core {
  readonly #cpu: Cpu;
  #loaded: Context | undefined;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  /** Puts a context's registers and page table into the core. */
  load(context: Context): void {
    if (this.#loaded === context) return;
    if (this.#loaded !== undefined) this.unload(this.#loaded);
    context.saved.copyTo(this.#cpu.registers);
    context.live = this.#cpu.registers;
    this.#cpu.activate(context.memory.space);
    this.#loaded = context;
  }

  /** Saves a context's registers, if the core has them. The page table may be destroyed then. */
  unload(context: Context): void {
    if (this.#loaded !== context) return;
    this.#cpu.registers.copyTo(context.saved);
    context.live = undefined;
    this.#loaded = undefined;
  }
}
