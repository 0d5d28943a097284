// WaitCondition, as in the kernel of 2019: contexts block on a list until somebody notifies it.
import type { Context } from './context.js';
import type { Sleep, Syscall } from './syscall.js';

export class WaitCondition implements Sleep {
  readonly interruptible = true;
  readonly #describe: string | (() => string);
  readonly #contexts: Context[] = [];
  /** The same list, for those who sleep on when a signal wakes them. */
  readonly #stubborn: Sleep = { describe: () => this.describe(), interruptible: false };
  readonly #deaf: Sleep = { ...this.#stubborn, holdsSignals: true };

  /** @param describe completes "pid 3 waits for ..." */
  constructor(describe: string | (() => string)) {
    this.#describe = describe;
  }

  describe(): string {
    return typeof this.#describe === 'string' ? this.#describe : this.#describe();
  }

  get waiting(): readonly Context[] {
    return this.#contexts;
  }

  /** Sleeps until notified (true), or until a signal or a timeout wakes the context (false). */
  *wait(context: Context): Syscall<boolean> {
    this.#enlist(context);
    yield this;
    return !this.leave(context);
  }

  /** Sleeps until notified, whatever else wakes the context meanwhile. */
  *waitStubbornly(context: Context): Syscall<void> {
    do yield this.enter(context);
    while (this.leave(context));
  }

  /**
   * The beginning of a stubborn sleep, for code that must not pay for another generator: yield what
   * this gives, and again while {@link leave} says that nobody notified.
   */
  enter(context: Context): Sleep {
    this.#enlist(context);
    return this.#stubborn;
  }

  /** The same for a sleep that a signal may end even if it cannot be delivered. */
  enterLightly(context: Context): Sleep {
    this.#enlist(context);
    return this;
  }

  /** The same for a sleep from which no signal wakes but SIGKILL. */
  enterDeaf(context: Context): Sleep {
    this.#enlist(context);
    return this.#deaf;
  }

  /** Takes a context off the list; false when it was not there, that is, was notified. */
  leave(context: Context): boolean {
    const index = this.#contexts.indexOf(context);
    if (index >= 0) this.#contexts.splice(index, 1);
    return index >= 0;
  }

  /** Wakes everybody; gives their number. */
  notify(): number {
    const contexts = this.#contexts;
    const count = contexts.length;
    // one is the rule, and setting a length is slow
    if (count === 1) {
      contexts.pop()?.unblock();
      return 1;
    }
    for (let index = 0; index < count; index++) contexts[index].unblock();
    if (count > 0) contexts.length = 0;
    return count;
  }

  /** Wakes everybody as a signal would: those who wait learn that nothing was notified. */
  interrupt(): void {
    for (const context of this.#contexts) context.unblock();
  }

  #enlist(context: Context): void {
    context.block();
    if (!this.#contexts.includes(context)) this.#contexts.push(context);
  }
}
