// Contexts in the order in which they were added, each once: few at a time, which come and go at every
// stop of a tracee. A Set costs more than all that is done to them.
import type { Context } from './context.js';

export class ContextList {
  readonly #contexts: Context[] = [];

  get size(): number {
    return this.#contexts.length;
  }

  at(index: number): Context {
    return this.#contexts[index];
  }

  add(context: Context): void {
    if (!this.#contexts.includes(context)) this.#contexts.push(context);
  }

  delete(context: Context): void {
    const contexts = this.#contexts;
    const index = contexts.indexOf(context);
    if (index < 0) return;
    if (index === contexts.length - 1) contexts.pop();
    else contexts.splice(index, 1);
  }
}
