// Where a program on the machine is entered, by which addresses in it are named.
import { linuxSyscallNumber, localPath, type ObservedCall } from '../../compat/index.js';
import type { ImageInfo } from '../../kernel-sim/abi/index.js';
import { fetchString } from './fetch.js';

const OPENAT = linuxSyscallNumber('openat');
const OPEN = linuxSyscallNumber('open');
const MMAP = linuxSyscallNumber('mmap');
/** Offset of e_entry in the header that an ELF file starts with. */
const E_ENTRY = 24;

/**
 * The kernel runs the loader of a dynamic program, and gives it the program's path. The loader opens
 * that and maps the file from its start, all of it at once, whichever loader it is.
 */
export class EntryObserver {
  address = 0;
  #path: string | undefined;
  #file: number | undefined;

  constructor(private readonly dynamic: boolean) {}

  loaded({ entry, path }: ImageInfo): void {
    this.address = entry;
    if (this.dynamic) this.#path = localPath(path);
  }

  /** Told of every call of the program when it has returned. */
  returned(call: ObservedCall, result: number): void {
    if (this.#path === undefined || result < 0) return;
    const { number, user } = call;
    if (number === OPEN || number === OPENAT) {
      const at = Number(call.word(number === OPEN ? 0 : 1));
      const opened = Buffer.from(fetchString(user.memory, at)).toString('latin1');
      this.#file = opened === this.#path ? result : undefined;
    } else if (number === MMAP && Number(call.word(4)) === this.#file && call.word(5) === 0n) {
      this.address = result + user.memory.loadNumber(result + E_ENTRY);
      this.#path = undefined;
    }
  }
}
