// The contexts that may run, by ascending pid.
import type { Context } from './context.js';

export class RunQueue {
  readonly #contexts: Context[] = [];

  get contexts(): readonly Context[] {
    return this.#contexts;
  }

  /** Looks again whether a context may run. */
  refresh(context: Context): void {
    const { runnable, pid } = context;
    if (context.queued === runnable) return;
    context.queued = runnable;
    const contexts = this.#contexts;
    // the end of the list is where a tracee comes and goes
    const last = contexts.at(-1);
    if (!runnable && last === context) contexts.pop();
    else if (!runnable) contexts.splice(this.firstAbove(pid - 1), 1);
    else if (last === undefined || last.pid < pid) contexts.push(context);
    else contexts.splice(this.firstAbove(pid), 0, context);
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
