// Who runs next, and for how long.
import type { Context } from './context.js';
import type { RunQueue } from './run-queue.js';

export interface Scheduler {
  /** Instructions until another context gets its turn. */
  readonly quantum: number;
  /** One of the queue, undefined if it is empty; `current` had the CPU and may be in the queue. */
  next(queue: RunQueue, current: Context): Context | undefined;
}

/**
 * Redox's: the next higher pid, then from the lowest. The idle context comes between two rounds, so
 * that a context may follow itself.
 */
export class RoundRobin implements Scheduler {
  readonly quantum: number;

  constructor(quantum = 100_000) {
    this.quantum = quantum;
  }

  next(queue: RunQueue, current: Context): Context | undefined {
    const { contexts } = queue;
    return contexts[queue.firstAbove(current.pid)] ?? contexts[0];
  }
}
