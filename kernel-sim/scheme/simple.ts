// null:, zero: and rand: — devices without state. Facts: scheme/null.rs, zero.rs of 2019; rand: was
// a daemon (randd), and is seeded here so that a run can be repeated.
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
  #state: number;

  constructor(seed: number) {
    super('rand');
    this.#state = seed | 0;
  }

  read(_handle: number, target: UserBuffer): number {
    const bytes = new Uint8Array(target.length);
    for (let i = 0; i < bytes.length; i += 4) {
      const word = this.#next();
      for (let j = i; j < i + 4 && j < bytes.length; j++) bytes[j] = word >>> ((j - i) * 8);
    }
    return target.write(bytes);
  }

  /** SplitMix, in 32 bits (the finalizer is MurmurHash3's). */
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  }
}
