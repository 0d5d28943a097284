// event: — each open is a queue; what is written to it subscribes, what is read happened. Facts,
// section 6; scheme/event.rs of 2019.
import { EBADF, EINTR, Event } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { filesOf } from './description.js';
import { EventQueue, type EventRegistry } from './event-registry.js';
import { Handles } from './handles.js';
import { bytesFromPath } from './path.js';
import { fill, type Scheme, settle } from './scheme.js';

export class EventScheme implements Scheme {
  readonly #registry: EventRegistry;
  readonly #queues = new Handles<EventQueue>();

  constructor(registry: EventRegistry) {
    this.#registry = registry;
  }

  open(): number {
    return this.#queues.add(new EventQueue(this.#queues.next));
  }

  *read(handle: number, target: UserBuffer, caller: Context): Syscall<number> {
    const queue = this.#queues.get(handle);
    const limit = Math.floor(target.length / Event.size);
    if (limit === 0) return 0;
    const events = yield* queue.receive(limit, caller);
    if (events === undefined) throw new SysError(EINTR);
    for (const [index, event] of events.entries()) {
      target.write(Event.encode(event), index * Event.size);
    }
    return events.length * Event.size;
  }

  *write(handle: number, source: UserBuffer, caller: Context): Syscall<number> {
    const queue = this.#queues.get(handle);
    const count = Math.floor(source.length / Event.size);
    for (let index = 0; index < count; index++) {
      const event = Event.decode(source.read(index * Event.size, Event.size));
      const file = filesOf(caller).get(event.id);
      this.#registry.subscribe(file.schemeId, file.handle, queue, event);
      const wanted = this.#registry.wanted(file.schemeId, file.handle);
      if (file.scheme.fevent === undefined) throw new SysError(EBADF);
      const ready = yield* settle(file.scheme.fevent(file.handle, wanted, caller));
      if (ready !== 0) this.#registry.trigger(file.schemeId, file.handle, ready);
    }
    return count * Event.size;
  }

  fcntl(handle: number): number {
    this.#queues.get(handle);
    return 0;
  }

  fpath(handle: number, target: UserBuffer): number {
    this.#queues.get(handle);
    return fill(target, bytesFromPath(`event:${handle}`));
  }

  fsync(handle: number): number {
    this.#queues.get(handle);
    return 0;
  }

  close(handle: number): number {
    this.#queues.remove(handle);
    return 0;
  }
}
