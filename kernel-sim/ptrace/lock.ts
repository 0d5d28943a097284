// A lock that its holder may sleep with: the mutex of one file of proc: until August 2019 (KP-27),
// that of all its files since June 2020 (KP-37). Who wants it meanwhile spins with interrupts off.
import type { Context } from '../context.js';
import { KernelHang } from '../panic.js';

export class Lock {
  readonly #name: string;
  /** Who sleeps with it. */
  holder: Context | undefined;

  /** @param name of what it locks */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws KernelHang */
  demand({ pid, name }: Context): void {
    if (this.holder === undefined) return;
    const sleeper = `pid ${this.holder.pid} (${this.holder.name})`;
    const spinner = `pid ${pid} (${name})`;
    throw new KernelHang(`${spinner} spins for ${this.#name}, with which ${sleeper} sleeps`);
  }
}
