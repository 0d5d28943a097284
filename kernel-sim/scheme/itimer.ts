// itimer: — interval timers by clock number, of which Redox had no more than the files: they can be
// opened, read as zeros and written without effect. Source: scheme/itimer.rs of 2019.
import type { UserBuffer } from '../user-buffer.js';
import { clockNumber } from './clock-path.js';
import { Handles } from './handles.js';
import { bytesFromPath } from './path.js';
import { fill, type Scheme } from './scheme.js';

/** An ITimerSpec: two times. */
const SIZE = 32;

export class ItimerScheme implements Scheme {
  readonly #clocks = new Handles<number>();

  open(path: string): number {
    return this.#clocks.add(clockNumber(path));
  }

  read(handle: number, target: UserBuffer): number {
    const length = this.#whole(handle, target);
    return target.write(new Uint8Array(length));
  }

  write(handle: number, source: UserBuffer): number {
    return this.#whole(handle, source);
  }

  #whole(handle: number, { length }: UserBuffer): number {
    this.#clocks.get(handle);
    return length - (length % SIZE);
  }

  fcntl(): number {
    return 0;
  }

  fevent(handle: number): number {
    this.#clocks.get(handle);
    return 0;
  }

  fpath(handle: number, target: UserBuffer): number {
    return fill(target, bytesFromPath(`time:${this.#clocks.get(handle)}`));
  }

  fsync(handle: number): number {
    this.#clocks.get(handle);
    return 0;
  }

  close(handle: number): number {
    this.#clocks.remove(handle);
    return 0;
  }
}
