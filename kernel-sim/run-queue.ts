// The contexts that may run, by ascending pid.
import type { Context } from './context.js';

/** So many are moved sooner than splice() is called. */
const FEW = 8;

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
    const last = contexts[contexts.length - 1];
    if (!runnable && last === context) contexts.pop();
    else if (!runnable) this.#removeAt(this.firstAbove(pid - 1));
    else if (last === undefined || last.pid < pid) contexts.push(context);
    else this.#insertAt(this.firstAbove(pid), context);
  }

  #removeAt(index: number): void {
    const contexts = this.#contexts;
    const last = contexts.length - 1;
    if (last - index > FEW) {
      contexts.splice(index, 1);
      return;
    }
    for (let i = index; i < last; i++) contexts[i] = contexts[i + 1];
    contexts.pop();
  }

  #insertAt(index: number, context: Context): void {
    const contexts = this.#contexts;
    const { length } = contexts;
    if (length - index > FEW) {
      contexts.splice(index, 0, context);
      return;
    }
    contexts.push(context);
    for (let i = length; i > index; i--) contexts[i] = contexts[i - 1];
    contexts[index] = context;
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
