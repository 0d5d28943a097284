// The contexts that may run, by ascending pid.
import type { Context } from './context.js';

export class RunQueue {
  readonly #contexts: Context[] = [];
  readonly #queued = new Set<Context>();

  get contexts(): readonly Context[] {
    return this.#contexts;
  }

  /** Looks again whether a context may run. */
  refresh(context: Context): void {
    const queued = this.#queued.has(context);
    if (queued === context.runnable) return;
    const index = this.firstAbove(context.pid - 1);
    if (queued) {
      this.#queued.delete(context);
      this.#contexts.splice(index, 1);
    } else {
      this.#queued.add(context);
      this.#contexts.splice(index, 0, context);
    }
  }

  /** Index of the first context whose pid is greater; the length when there is none. */
  firstAbove(pid: number): number {
    let low = 0;
    let high = this.#contexts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#contexts[middle].pid > pid) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
