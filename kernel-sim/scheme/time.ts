// time: — a clock by number; reading tells the time, writing a time asks for an event then. Facts:
// scheme/time.rs and context/timeout.rs of 2019.
import { CLOCK_REALTIME, EVENT_READ, TimeSpec } from '../abi/index.js';
import type { UserBuffer } from '../user-buffer.js';
import { ClockFiles, type ClockNumber } from './clock-files.js';
import type { EventRegistry } from './event-registry.js';
import type { Services } from './services.js';

const SECOND = 1_000_000_000;

export class TimeScheme extends ClockFiles {
  readonly #id: number;
  readonly #events: EventRegistry;
  readonly #services: Services;

  constructor(id: number, events: EventRegistry, services: Services) {
    super();
    this.#id = id;
    this.#events = events;
    this.#services = services;
  }

  read(handle: number, target: UserBuffer): number {
    const now = this.#now(this.clocks.get(handle));
    const count = Math.floor(target.length / TimeSpec.size);
    const time = TimeSpec.encode({ tv_sec: Math.floor(now / SECOND), tv_nsec: now % SECOND });
    for (let i = 0; i < count; i++) target.write(time, i * TimeSpec.size);
    return count * TimeSpec.size;
  }

  write(handle: number, source: UserBuffer): number {
    const clock = this.clocks.get(handle);
    const count = Math.floor(source.length / TimeSpec.size);
    const sinceBoot = this.#services.monotonic() - this.#now(clock);
    for (let i = 0; i < count; i++) {
      const { tv_sec, tv_nsec } = TimeSpec.decode(source.read(i * TimeSpec.size, TimeSpec.size));
      this.#services.schedule(tv_sec * SECOND + tv_nsec + sinceBoot, () => {
        this.#events.trigger(this.#id, handle, EVENT_READ);
      });
    }
    return count * TimeSpec.size;
  }

  #now(clock: ClockNumber): number {
    return clock === CLOCK_REALTIME ? this.#services.realtime() : this.#services.monotonic();
  }
}
