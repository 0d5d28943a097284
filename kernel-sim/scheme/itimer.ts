// itimer: — interval timers by clock number, of which Redox had no more than the files: they can be
// opened, read as zeros and written without effect. Source: scheme/itimer.rs of 2019.
import { ITimerSpec } from '../abi/index.js';
import type { UserBuffer } from '../user-buffer.js';
import { ClockFiles } from './clock-files.js';

export class ItimerScheme extends ClockFiles {
  read(handle: number, target: UserBuffer): number {
    const length = this.#whole(handle, target);
    return target.write(new Uint8Array(length));
  }

  write(handle: number, source: UserBuffer): number {
    return this.#whole(handle, source);
  }

  #whole(handle: number, { length }: UserBuffer): number {
    this.clocks.get(handle);
    return length - (length % ITimerSpec.size);
  }
}
