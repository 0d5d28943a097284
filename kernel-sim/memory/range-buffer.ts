// The buffer of a system call in its caller's memory, validated when the call began.
import { EFAULT } from '../abi/index.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';
import type { ProcessMemory } from './process-memory.js';

export class RangeBuffer implements UserBuffer {
  readonly length: number;
  readonly #memory: ProcessMemory;
  readonly #address: number;

  constructor(memory: ProcessMemory, address: number, length: number) {
    this.#memory = memory;
    this.#address = address;
    this.length = length;
  }

  read(offset = 0, length = this.length - offset): Uint8Array {
    const bytes = new Uint8Array(length);
    // another thread may have unmapped the range while the call slept
    if (this.#memory.copyOut(this.#address + offset, bytes) < length) throw new SysError(EFAULT);
    return bytes;
  }

  word(offset: number): number {
    const word = this.#memory.word(this.#address + offset);
    if (word < 0) throw new SysError(EFAULT);
    return word;
  }

  write(bytes: Uint8Array, offset = 0): number {
    const count = Math.min(bytes.length, this.length - offset);
    const source = count === bytes.length ? bytes : bytes.subarray(0, count);
    const done = this.#memory.copyIn(this.#address + offset, source, 'write');
    if (done < count) throw new SysError(EFAULT);
    return count;
  }
}
