// Bytes that a system call reads or writes: a range of the caller's memory that was validated when
// the call began, or the kernel's own.
import { getWord, viewOf } from './abi/index.js';

export interface UserBuffer {
  readonly length: number;
  /** A copy of `length` bytes from `offset`; all of them unless said. */
  read(offset?: number, length?: number): Uint8Array;
  /** The unsigned 64-bit word at an offset, exact below 2^53. */
  word(offset: number): number;
  /** Stores what fits behind `offset`; gives how many bytes that was. */
  write(bytes: Uint8Array, offset?: number): number;
}

/** A buffer of the kernel's own. */
export class KernelBuffer implements UserBuffer {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array | number) {
    this.bytes = typeof bytes === 'number' ? new Uint8Array(bytes) : bytes;
  }

  get length(): number {
    return this.bytes.length;
  }

  read(offset = 0, length = this.length - offset): Uint8Array {
    return this.bytes.slice(offset, offset + length);
  }

  word(offset: number): number {
    return getWord(viewOf(this.bytes), offset);
  }

  write(bytes: Uint8Array, offset = 0): number {
    const count = Math.min(bytes.length, this.length - offset);
    this.bytes.set(bytes.subarray(0, count), offset);
    return count;
  }
}
