// The open files of one scheme, by handle. Handles only grow, as in the kernel's own schemes.
import { EBADF } from '../abi/index.js';
import { SysError } from '../error.js';

export class Handles<T> {
  readonly #files = new Map<number, T>();
  #next = 0;

  /** The handle that comes next. */
  get next(): number {
    return this.#next;
  }

  add(file: T): number {
    const handle = this.reserve();
    this.#files.set(handle, file);
    return handle;
  }

  /** Uses up a handle. */
  reserve(): number {
    return this.#next++;
  }

  set(handle: number, file: T): void {
    this.#files.set(handle, file);
  }

  keys(): Iterable<number> {
    return this.#files.keys();
  }

  /** @throws SysError EBADF */
  get(handle: number): T {
    const file = this.#files.get(handle);
    if (file === undefined) throw new SysError(EBADF);
    return file;
  }

  /** @throws SysError EBADF */
  remove(handle: number): T {
    const file = this.get(handle);
    this.#files.delete(handle);
    return file;
  }
}
