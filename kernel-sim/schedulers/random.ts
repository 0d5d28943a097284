// A scheduler that throws dice: anybody may be next, and turns are long or short. The same seed
// throws the same dice.
import type { Context } from '../context.js';
import type { Processor } from '../processor.js';
import { Random } from '../random.js';
import type { RunQueue } from '../run-queue.js';
import { checkedQuantum, QUANTUM, type Scheduler, type TurnOptions } from '../scheduler.js';

/** Sets its dice apart from those of rand:, which has the machine's seed as well. */
const STREAM = 0x7363_6865;

/** Anybody who can run may be next, for turns of random length: one interleaving for each seed. */
export class RandomScheduler implements Scheduler {
  readonly endsWithCall: boolean;
  readonly #random: Random;
  readonly #scales: number;
  readonly #longest: number;

  /** @param options `quantum` is the longest turn */
  constructor(seed: number, { quantum = QUANTUM, endsWithCall = false }: TurnOptions = {}) {
    this.#random = new Random(seed ^ STREAM);
    this.#longest = checkedQuantum(quantum);
    this.#scales = Math.floor(Math.log2(quantum)) + 1;
    this.endsWithCall = endsWithCall;
  }

  /** Each order of magnitude is as likely as the others: races need short turns and long ones. */
  quantum(): number {
    const scale = 2 ** this.#random.below(this.#scales);
    return Math.min(scale + this.#random.below(scale), this.#longest);
  }

  next({ contexts }: RunQueue): Context | undefined {
    return contexts.length === 0 ? undefined : contexts[this.#random.below(contexts.length)];
  }

  processor(ready: readonly Processor[]): number {
    return this.#random.below(ready.length);
  }
}
