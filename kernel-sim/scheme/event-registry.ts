// Who wants to know of which file: the registry behind event: queues. Facts: event.rs of 2019.
import type { Context } from '../context.js';
import type { Syscall } from '../syscall.js';
import { WaitCondition } from '../wait-condition.js';

/** One thing that happened to a subscribed file. */
export interface FileEvent {
  /** The subscriber's descriptor. */
  readonly id: number;
  readonly flags: number;
  readonly data: bigint;
}

export class EventQueue {
  readonly #events: FileEvent[] = [];
  readonly #ready: WaitCondition;

  constructor(id: number) {
    this.#ready = new WaitCondition(`an event on queue ${id}`);
  }

  send(event: FileEvent): void {
    this.#events.push(event);
    this.#ready.notify();
  }

  /** Waits for events and takes at most `limit`; undefined when a signal came first. */
  *receive(limit: number, caller: Context): Syscall<readonly FileEvent[] | undefined> {
    while (this.#events.length === 0) {
      if (!(yield* this.#ready.wait(caller))) return undefined;
    }
    return this.#events.splice(0, limit);
  }
}

interface Subscription {
  readonly queue: EventQueue;
  readonly id: number;
  readonly data: bigint;
  flags: number;
}

export class EventRegistry {
  /** By scheme, then by handle. */
  readonly #files = new Map<number, Map<number, Subscription[]>>();

  /** Subscribes, changes a subscription, or with no flags ends it. */
  subscribe(
    schemeId: number,
    handle: number,
    queue: EventQueue,
    { id, flags, data }: FileEvent,
  ): void {
    const files = this.#files.get(schemeId) ?? new Map<number, Subscription[]>();
    this.#files.set(schemeId, files);
    const others = (files.get(handle) ?? []).filter(
      (one) => one.queue !== queue || one.id !== id || one.data !== data,
    );
    files.set(handle, flags === 0 ? others : [...others, { queue, id, data, flags }]);
  }

  /** All that anybody wants to know of a file. */
  wanted(schemeId: number, handle: number): number {
    const subscriptions = this.#files.get(schemeId)?.get(handle) ?? [];
    return subscriptions.reduce((flags, one) => flags | one.flags, 0);
  }

  /** Tells the subscribers of a file what happened to it. */
  trigger(schemeId: number, handle: number, flags: number): void {
    const subscriptions = this.#files.get(schemeId)?.get(handle);
    if (subscriptions === undefined) return;
    for (const { queue, id, data, flags: wanted } of subscriptions) {
      const common = wanted & flags;
      if (common !== 0) queue.send({ id, flags: common, data });
    }
  }

  /** The file is closed: its subscriptions end. */
  forget(schemeId: number, handle: number): void {
    this.#files.get(schemeId)?.delete(handle);
  }
}
