// A lock whose waiters keep their CPU and have interrupts off, as spin::Mutex and RwLock are used in
// Redox's kernel: whoever sleeps with one stops every CPU that wants it.
import type { Context } from './context.js';
import type { Spin } from './processor.js';
import type { Syscall } from './syscall.js';

export class SpinLock {
  readonly #name: string;
  readonly #spin: Spin;
  #holder: Context | undefined;

  /** @param name completes "waits for ..." */
  constructor(name: string) {
    this.#name = name;
    const over = (): boolean => this.#holder === undefined;
    this.#spin = {
      describe: () => this.#describe(),
      interruptible: false,
      get over() {
        return over();
      },
    };
  }

  get holder(): Context | undefined {
    return this.#holder;
  }

  /** Takes the lock; on one CPU the machine hangs if somebody has it who sleeps. */
  *acquire(context: Context): Syscall<void> {
    while (this.#holder !== undefined) yield this.#spin;
    this.#holder = context;
  }

  release(): void {
    this.#holder = undefined;
  }

  #describe(): string {
    const { pid, name } = this.#holder ?? { pid: 0, name: 'nobody' };
    return `${this.#name}, which pid ${pid} (${name}) has locked, and keeps its CPU meanwhile`;
  }
}
