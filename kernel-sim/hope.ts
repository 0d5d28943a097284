// Kernel code that yields and looks again until somebody else has done something: while everybody
// does so, nobody will, and the kernel of that time would have gone on for ever.
import type { Context } from './context.js';
import type { Kernel } from './kernel.js';
import { KernelHang } from './panic.js';
import type { Syscall } from './syscall.js';

export class Hope {
  readonly #kernel: Kernel;
  /** Contexts that look again, and where. */
  readonly #spinning = new Map<Context, Syscall<void> | undefined>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @throws KernelHang when nobody but such contexts as this one will ever run */
  demand(caller: Context, what: string): void {
    const { signaled, restoring, deadlines, processors, parts } = this.#kernel;
    this.#spinning.set(caller, caller.flow);
    if (signaled.size > 0 || restoring.size > 0 || deadlines.earliest !== undefined) return;
    const spins = (one: Context): boolean =>
      one.flow !== undefined && this.#spinning.get(one) === one.flow;
    const hopeless = processors.every(({ queue }) => queue.contexts.every(spins));
    if (!hopeless || parts.idle(true)) return;
    throw new KernelHang(`pid ${caller.pid} (${caller.name}) looks for ${what}`);
  }
}
