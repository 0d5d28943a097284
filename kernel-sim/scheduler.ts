// Who runs next, and for how long.
import type { Context } from './context.js';
import type { Processor } from './processor.js';
import type { RunQueue } from './run-queue.js';

/** Says who runs next, and for how long. Ask it nothing twice: it may be random, or a script. */
export interface Scheduler {
  /** One of the queue, undefined if it is empty; `current` had the CPU and may be in the queue. */
  next(queue: RunQueue, current: Context): Context | undefined;
  /** Which of several CPUs goes on, as an index: those that can, and the one that did last. */
  processor(ready: readonly Processor[], last: Processor): number;
  /** Instructions until another context gets its turn, asked for when a turn begins. */
  quantum(): number;
  /** Whether a turn ends with the first system call, too. */
  readonly endsWithCall: boolean;
}

/** How long turns are. */
export interface TurnOptions {
  /**
   * Instructions of a turn. 1 ends it after each instruction, each system call, and each step of a
   * program in TypeScript: a call or a 'pause'.
   */
  readonly quantum?: number;
  /** Ends a turn with its first system call, too. */
  readonly endsWithCall?: boolean;
}

/** About what Redox gave: 11 ticks of its timer. */
export const QUANTUM = 100_000;

/** @throws RangeError when a turn would never begin */
export function checkedQuantum(quantum: number): number {
  if (!(quantum >= 1)) throw new RangeError(`a turn has one instruction or more, not ${quantum}`);
  return quantum;
}

/**
 * Redox's: the next higher pid, then from the lowest. The idle context comes between two rounds, so
 * that a context may follow itself.
 */
export class RoundRobin implements Scheduler {
  readonly endsWithCall: boolean;
  readonly #quantum: number;

  constructor({ quantum = QUANTUM, endsWithCall = false }: TurnOptions = {}) {
    this.#quantum = checkedQuantum(quantum);
    this.endsWithCall = endsWithCall;
  }

  quantum(): number {
    return this.#quantum;
  }

  next(queue: RunQueue, current: Context): Context | undefined {
    const { contexts } = queue;
    return contexts[queue.firstAbove(current.pid)] ?? contexts[0];
  }

  /** They take turns. */
  processor(ready: readonly Processor[], last: Processor): number {
    return Math.max(
      ready.findIndex(({ index }) => index > last.index),
      0,
    );
  }
}
