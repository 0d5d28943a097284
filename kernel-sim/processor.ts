// The CPUs of the machine as the kernel knows them: each has its idle context, the one it runs, and
// the contexts that are its own, by pid (context/list.rs of 2020). The emulated core is each of them
// in turn: it changes at the ends of short stretches, and inside the kernel where code says that
// another CPU may come between.
import type { Context } from './context.js';
import type { KernelProfile } from './profile.js';
import type { RunQueue } from './run-queue.js';
import { INTERLEAVE, type Sleep } from './syscall.js';

/** Instructions that one of several CPUs does while the others stand still. */
export const STRETCH = 1000;

export class Processor {
  readonly index: number;
  readonly queue: RunQueue;
  /** It runs while nobody else is there. */
  readonly idle: Context;
  /** The context that has this CPU. */
  current: Context;
  /** What is left of its turn, while another CPU has the emulated core. */
  remaining = 0;
  /** Whether its turn goes on: it gave the emulated core away, but not this CPU. */
  goesOn = false;
  /** What it spins for, interrupts off: until then this CPU does nothing else. */
  spin: Spin | undefined;

  readonly #stretch: number;

  /** @param stretch instructions that it does while the other CPUs stand still */
  constructor(index: number, queue: RunQueue, idle: Context, stretch: number) {
    this.#stretch = stretch;
    this.index = index;
    this.queue = queue;
    this.idle = idle;
    this.current = idle;
  }

  /** Whether there is anything to do. */
  get ready(): boolean {
    if (this.spin !== undefined) return this.spin.over;
    return (this.goesOn && !this.current.parked) || this.queue.contexts.length > 0;
  }

  /** Whether its turn is over and nobody is left to take the next. */
  get deserted(): boolean {
    const { goesOn, current, idle, queue } = this;
    return !goesOn && current !== idle && queue.contexts.length === 0;
  }

  /** A turn begins: how long its first stretch is. */
  beginTurn(quantum: number): number {
    this.remaining = quantum;
    return this.goOn();
  }

  /** A turn goes on: how long its next stretch is. */
  goOn(): number {
    this.goesOn = false;
    this.spin = undefined;
    const stretch = Math.min(this.remaining, this.#stretch);
    this.remaining -= stretch;
    return stretch;
  }

  /** A stretch is over: whether the turn goes on. */
  turnGoesOn(): boolean {
    this.goesOn = this.remaining > 0;
    return this.goesOn;
  }

  /** Whether a context that yields this stays on its CPU. */
  keeps(sleep: Sleep): boolean {
    if (isSpin(sleep)) this.spin = sleep;
    else if (sleep !== INTERLEAVE) return false;
    this.goesOn = true;
    return true;
  }
}

/** A sleep that keeps the CPU. */
export interface Spin extends Sleep {
  /** Whether it may go on. */
  readonly over: boolean;
}

const isSpin = (sleep: Sleep): sleep is Spin => 'over' in sleep;

/** More are only more of the same. */
const MOST_PROCESSORS = 16;

/** @throws RangeError when a kernel cannot run on so many CPUs */
export function checkProcessors(count: number, { name, multiCore }: KernelProfile): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= MOST_PROCESSORS)) {
    throw new RangeError(`a machine has 1 to ${MOST_PROCESSORS} CPUs, not ${count}`);
  }
  if (count > 1 && !multiCore) throw new RangeError(`the kernel ${name} knows one CPU only`);
}
