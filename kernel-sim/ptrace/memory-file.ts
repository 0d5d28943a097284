// proc:PID/mem: the memory of another process. Its frames are mapped beside the caller's own, so that
// read-only pages are written, too, and all of a range is transferred or nothing (with_context_memory
// of ptrace.rs, since 6fbb4fba).
import { PAGE_SIZE } from '../../cpu/index.js';
import { EBADF, EFAULT, SEEK_CUR, SEEK_END, SEEK_SET } from '../abi/index.js';
import { SysError } from '../error.js';
import type { ProcessMemory } from '../memory/process-memory.js';
import type { Services } from '../scheme/services.js';
import type { UserBuffer } from '../user-buffer.js';
import { ProcFile } from './proc-file.js';
import { present } from './target.js';

/** What fitted on the kernel's stack, when memory was copied through it (KP-09). */
const STACK_BUFFER = 4096;

/** The kernel looked only at the bits that index its page tables (KP-68). */
const ADDRESS_LIMIT = 2 ** 48;
const LARGEST_OFFSET = 2n ** 63n - 1n;

export class MemoryFile extends ProcFile {
  readonly name = 'mem';
  readonly #services: Services;
  #offset = 0;

  constructor(pid: number, flags: number, services: Services) {
    super(pid, flags);
    this.#services = services;
  }

  override read(target: UserBuffer): number {
    const length = this.#reach(target.length);
    const address = this.#range(length);
    const bytes = new Uint8Array(length);
    this.#memory.copyOut(address, bytes);
    target.write(bytes);
    this.#offset += length;
    return length;
  }

  override write(source: UserBuffer): number {
    const length = this.#reach(source.length);
    const address = this.#range(length);
    this.#memory.copyIn(address, source.read(0, length), 'force');
    this.#offset += length;
    return length;
  }

  override seek(offset: number, whence: number): number {
    if (!this.#services.profile.servesMemory) throw new SysError(EBADF);
    if (whence === SEEK_SET) this.#offset = offset;
    else if (whence === SEEK_CUR) this.#offset = Math.max(0, this.#offset + offset);
    else if (whence === SEEK_END) return this.#seekEnd(offset);
    else throw new SysError(EBADF);
    return this.#offset;
  }

  /** Counts from the largest offset there is, and over its end into the negative. */
  #seekEnd(offset: number): number {
    const sum = BigInt.asIntN(64, LARGEST_OFFSET + BigInt(Math.trunc(offset)));
    this.#offset = Math.max(0, Number(sum));
    // the low word decides whether this is taken for an error, and a double would lose it
    const low = Number(BigInt.asIntN(32, sum));
    return low < 0 && sum > 0n ? low : this.#offset;
  }

  /** A zombie still has a context, but no pages. @throws SysError ESRCH */
  get #memory(): ProcessMemory {
    return present(this.#services.contexts, this.pid).memory;
  }

  /** How much of a transfer happens. @throws SysError EBADF while there were none */
  #reach(length: number): number {
    const { servesMemory, faults } = this.#services.profile;
    if (!servesMemory) throw new SysError(EBADF);
    return faults['KP-09'] ? Math.min(length, STACK_BUFFER) : length;
  }

  /** The address of a range that is mapped. @throws SysError ESRCH, EFAULT */
  #range(length: number): number {
    const memory = this.#memory;
    const address = ((this.#offset % ADDRESS_LIMIT) + ADDRESS_LIMIT) % ADDRESS_LIMIT;
    const aliased = address !== this.#offset;
    if (aliased && !this.#services.profile.faults['KP-68']) throw new SysError(EFAULT);
    if (length === 0) demandNothing(memory, address);
    else if (!memory.accessible(address, length, false)) throw new SysError(EFAULT);
    return address;
  }
}

/**
 * The kernel went through the pages from the first byte's to the last one's even if there was no
 * byte: all of memory at address 0, one page within a page, none at the start of one.
 */
function demandNothing(memory: ProcessMemory, address: number): void {
  const nothing = address % PAGE_SIZE === 0 && address !== 0;
  if (nothing || (address !== 0 && memory.accessible(address, 1, false))) return;
  throw new SysError(EFAULT);
}
