// memory: — anonymous memory by FMAP, and how much of it there is. Facts: scheme/memory.rs of 2019.

import type { PhysicalMemory } from '../../cpu/index.js';
import { PAGE_SIZE } from '../../cpu/index.js';
import { PROT_EXEC, PROT_WRITE, StatVfs } from '../abi/index.js';
import type { Context } from '../context.js';
import type { UserBuffer } from '../user-buffer.js';
import { bytesFromPath } from './path.js';
import { fill, type MapRequest, type Scheme } from './scheme.js';

export class MemoryScheme implements Scheme {
  readonly #frames: PhysicalMemory;

  constructor(frames: PhysicalMemory) {
    this.#frames = frames;
  }

  open(): number {
    return 0;
  }

  fmap(_handle: number, { size, flags }: MapRequest, caller: Context): number {
    if (size === 0) return 0;
    return caller.memory.grant(size, {
      writable: (flags & PROT_WRITE) !== 0,
      executable: (flags & PROT_EXEC) !== 0,
    });
  }

  fcntl(): number {
    return 0;
  }

  fpath(_handle: number, target: UserBuffer): number {
    return fill(target, bytesFromPath('memory:'));
  }

  fstatvfs(_handle: number, target: UserBuffer): number {
    const free = this.#frames.frames - this.#frames.allocated;
    target.write(
      StatVfs.encode({
        f_bsize: PAGE_SIZE,
        f_blocks: this.#frames.frames,
        f_bfree: free,
        f_bavail: free,
      }),
    );
    return 0;
  }

  close(): number {
    return 0;
  }
}
