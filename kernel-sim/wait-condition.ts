// WaitCondition, as in the kernel of 2019: contexts block on a list until somebody notifies it.
import type { Context } from './context.js';
import type { Sleep, Syscall } from './syscall.js';

export class WaitCondition implements Sleep {
  readonly interruptible = true;
  readonly #describe: string | (() => string);
  readonly #contexts = new Set<Context>();
  /** The same list, for those who sleep on when a signal wakes them. */
  readonly #stubborn: Sleep = { describe: () => this.describe(), interruptible: false };

  /** @param describe completes "pid 3 waits for ..." */
  constructor(describe: string | (() => string)) {
    this.#describe = describe;
  }

  describe(): string {
    return typeof this.#describe === 'string' ? this.#describe : this.#describe();
  }

  get waiting(): readonly Context[] {
    return [...this.#contexts];
  }

  /** Sleeps until notified (true), or until a signal or a timeout wakes the context (false). */
  *wait(context: Context): Syscall<boolean> {
    context.block();
    this.#contexts.add(context);
    yield this;
    return !this.#contexts.delete(context);
  }

  /** Sleeps until notified, whatever else wakes the context meanwhile. */
  *waitStubbornly(context: Context): Syscall<void> {
    do {
      context.block();
      this.#contexts.add(context);
      yield this.#stubborn;
    } while (this.#contexts.delete(context));
  }

  /** Wakes everybody; gives their number. */
  notify(): number {
    const count = this.#contexts.size;
    for (const context of this.#contexts) context.unblock();
    this.#contexts.clear();
    return count;
  }

  /** Wakes everybody as a signal would: those who wait learn that nothing was notified. */
  interrupt(): void {
    for (const context of this.#contexts) context.unblock();
  }

  /** Takes a context that is ending off the list. */
  forget(context: Context): void {
    this.#contexts.delete(context);
  }
}
