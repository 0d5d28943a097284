// A lock that its holder may sleep with: the mutex of one file of proc: until August 2019 (KP-27),
// that of all its files since June 2020 (KP-37). Who wants it meanwhile spins with interrupts off.
import type { Context } from '../context.js';
import { KernelHang } from '../panic.js';
import type { Spin } from '../processor.js';
import type { Syscall } from '../syscall.js';

export class Lock implements Spin {
  readonly interruptible = false;
  readonly #name: string;
  /** Who sleeps with it. */
  holder: Context | undefined;

  /** @param name of what it locks */
  constructor(name: string) {
    this.#name = name;
  }

  get over(): boolean {
    return this.holder === undefined;
  }

  describe(): string {
    const { pid, name } = this.holder ?? { pid: 0, name: 'nobody' };
    return `${this.#name}, with which pid ${pid} (${name}) sleeps; its CPU does nothing else`;
  }

  /**
   * Spins until it is free.
   * @throws KernelHang when there is no other CPU on which anybody could free it
   */
  *awaitFree({ pid, name }: Context, cpus: number): Syscall<void> {
    if (cpus === 1) throw new KernelHang(`pid ${pid} (${name}) spins for ${this.describe()}`);
    while (this.holder !== undefined) yield this;
  }
}
