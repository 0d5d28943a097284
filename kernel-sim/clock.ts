// Virtual time: one nanosecond per retired instruction, a fixed price for what no CPU executes,
// and skips while everybody sleeps. Programs see it in ticks of the PIT, as Redox's did.
import type { Cpu } from '../cpu/index.js';

/** Nanoseconds between two interrupts of the PIT with divisor 2685. */
export const TICK = 2_250_286;

export class Clock {
  readonly #cpu: Cpu;
  /** Seconds since 1970 when the machine was switched on. */
  readonly boot: number;
  /** What the CPU had done before. */
  readonly #before: number;
  /** The timer has interrupted before any program runs: some take a clock at zero for a broken one. */
  #added = TICK;

  constructor(cpu: Cpu, boot: number) {
    this.#cpu = cpu;
    this.boot = boot;
    this.#before = cpu.retired;
  }

  /** Instructions retired since the machine was switched on. */
  get retired(): number {
    return this.#cpu.retired - this.#before;
  }

  /** Nanoseconds since the machine was switched on. */
  get now(): number {
    return this.retired + this.#added;
  }

  /** The same as programs see it: in whole ticks. */
  get monotonic(): number {
    const now = this.now;
    return now - (now % TICK);
  }

  /** How often the timer interrupted since the machine was switched on. */
  get ticks(): number {
    return Math.floor(this.now / TICK);
  }

  /** Lets time pass for work that retires no instruction. */
  charge(nanoseconds: number): void {
    this.#added += nanoseconds;
  }

  /** Everybody sleeps: goes on to the tick at which a deadline has passed. */
  skipTo(deadline: number): void {
    const tick = Math.ceil(deadline / TICK) * TICK;
    if (tick > this.now) this.#added += tick - this.now;
  }
}
