// null:, zero: and rand: — devices without state. Facts: scheme/null.rs, zero.rs of 2019; rand: was
// a daemon (randd), and is seeded here so that a run can be repeated.
import { Random } from '../random.js';
import type { UserBuffer } from '../user-buffer.js';
import { bytesFromPath } from './path.js';
import { fill, type Scheme } from './scheme.js';

/** What the devices have in common: nothing to open, nothing to keep. */
class Device implements Scheme {
  readonly #path: Uint8Array;

  constructor(name: string) {
    this.#path = bytesFromPath(`${name}:`);
  }

  open(): number {
    return 0;
  }

  write(_handle: number, source: UserBuffer): number {
    return source.length;
  }

  fcntl(): number {
    return 0;
  }

  fpath(_handle: number, target: UserBuffer): number {
    return fill(target, this.#path);
  }

  fsync(): number {
    return 0;
  }

  close(): number {
    return 0;
  }
}

export class NullScheme extends Device {
  constructor() {
    super('null');
  }

  read(): number {
    return 0;
  }
}

export class ZeroScheme extends Device {
  constructor() {
    super('zero');
  }

  read(_handle: number, target: UserBuffer): number {
    return target.write(new Uint8Array(target.length));
  }
}

export class RandScheme extends Device {
  readonly #random: Random;

  constructor(seed: number) {
    super('rand');
    this.#random = new Random(seed);
  }

  read(_handle: number, target: UserBuffer): number {
    const bytes = new Uint8Array(target.length);
    for (let i = 0; i < bytes.length; i += 4) {
      const word = this.#random.next();
      for (let j = i; j < i + 4 && j < bytes.length; j++) bytes[j] = word >>> ((j - i) * 8);
    }
    return target.write(bytes);
  }
}
