// What time: and itimer: have in common: files of clocks by number. Source: scheme/time.rs and
// scheme/itimer.rs of 2019, of which the second says time: of its paths, too.
import { CLOCK_MONOTONIC, CLOCK_REALTIME, ENOENT } from '../abi/index.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';
import { Handles } from './handles.js';
import { bytesFromPath } from './path.js';
import { fill, type Scheme } from './scheme.js';

export type ClockNumber = typeof CLOCK_REALTIME | typeof CLOCK_MONOTONIC;

/** @throws SysError ENOENT when it is no clock's */
function clockNumber(path: string): ClockNumber {
  const clock = /^\+?[0-9]+$/.test(path) ? Number(path) : 0;
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) throw new SysError(ENOENT);
  return clock;
}

export abstract class ClockFiles implements Scheme {
  protected readonly clocks = new Handles<ClockNumber>();

  abstract read(handle: number, target: UserBuffer): number;
  abstract write(handle: number, source: UserBuffer): number;

  open(path: string): number {
    return this.clocks.add(clockNumber(path));
  }

  fcntl(): number {
    return 0;
  }

  fevent(handle: number): number {
    this.clocks.get(handle);
    return 0;
  }

  fpath(handle: number, target: UserBuffer): number {
    return fill(target, bytesFromPath(`time:${this.clocks.get(handle)}`));
  }

  fsync(handle: number): number {
    this.clocks.get(handle);
    return 0;
  }

  close(handle: number): number {
    this.clocks.remove(handle);
    return 0;
  }
}
