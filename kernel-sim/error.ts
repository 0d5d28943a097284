// How kernel code refuses a call: it throws the number of the error. Only syscall/entry.ts turns
// it into a result; anything else that is thrown is a mistake of ours and stops the machine.
import { errnoName } from './abi/index.js';

/** Not an Error: no stack trace is recorded, so that a refusal costs no more than a result. */
export class SysError {
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }

  toString(): string {
    return errnoName(this.errno);
  }
}

/** Userspace written in TypeScript touched memory it does not have: its process dies of it. */
export class SegmentationFault extends Error {
  readonly address: number;

  constructor(address: number) {
    super(`no such memory: 0x${address.toString(16)}`);
    this.name = 'SegmentationFault';
    this.address = address;
  }
}
