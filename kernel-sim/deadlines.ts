// What happens at a certain time, the earliest first: contexts wake, devices are called. A binary
// heap, in which the entries of contexts that were woken otherwise stay until they come up.
import type { Context } from './context.js';

interface Entry {
  readonly deadline: number;
  /** Who wakes, or what is called. */
  readonly target: Context | (() => void);
}

export class Deadlines {
  readonly #heap: Entry[] = [];

  /** Wakes a blocked context at a time. */
  set(context: Context, deadline: number): void {
    context.deadline = deadline;
    this.#push({ deadline, target: context });
  }

  /** Calls back at a time. */
  call(deadline: number, callback: () => void): void {
    this.#push({ deadline, target: callback });
  }

  /** The earliest time at which something happens, if anything does. */
  get earliest(): number | undefined {
    while (this.#heap.length > 0 && !isCurrent(this.#heap[0])) this.#pop();
    return this.#heap[0]?.deadline;
  }

  /** Does everything whose time has come. */
  wake(now: number): void {
    for (let next = this.earliest; next !== undefined && next <= now; next = this.earliest) {
      const { target } = this.#heap[0];
      this.#pop();
      if (typeof target === 'function') {
        target();
      } else {
        target.deadline = undefined;
        target.unblock();
      }
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >>> 1;
      if (heap[parent].deadline <= entry.deadline) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ; ) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].deadline < heap[child].deadline) child++;
      if (heap[parent].deadline <= heap[child].deadline) break;
      this.#swap(parent, child);
      parent = child;
    }
  }

  #swap(i: number, j: number): void {
    const entry = this.#heap[i];
    this.#heap[i] = this.#heap[j];
    this.#heap[j] = entry;
  }
}

const isCurrent = ({ target, deadline }: Entry): boolean =>
  typeof target === 'function' || target.deadline === deadline;
