// The calls of drivers: physical memory of one's own, for root. Source: syscall/driver.rs of 2020.
// Redox mapped and freed whatever it was told; here only what PHYSALLOC gave, as no device is
// anywhere else: the rest is EINVAL.
import { OutOfMemoryError, PAGE_SIZE, type PhysicalMemory } from '../../cpu/index.js';
import { EFAULT, EINVAL, ENOMEM, EPERM, PHYSMAP_WRITE } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Handler } from '../syscall.js';

/** Where frame 0 is: what lies below belongs to the firmware. */
const FIRST_ADDRESS = 0x10_0000;

const addressOf = (frame: number): number => FIRST_ADDRESS + frame * PAGE_SIZE;
const frameAt = (address: number): number => Math.floor((address - FIRST_ADDRESS) / PAGE_SIZE);

/** The frames that programs have asked for by PHYSALLOC. */
export class DriverMemory {
  readonly #memory: PhysicalMemory;
  readonly #frames = new Set<number>();

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  /** How many frames there are. Nobody frees those of a process that ends. */
  get size(): number {
    return this.#frames.size;
  }

  /** The first of some frames in a row. @throws SysError ENOMEM */
  allocate(count: number): number {
    try {
      const first = this.#memory.allocateRun(count);
      for (let i = 0; i < count; i++) this.#frames.add(first + i);
      return first;
    } catch (error) {
      throw error instanceof OutOfMemoryError ? new SysError(ENOMEM) : error;
    }
  }

  /** Frames in a row. @throws SysError EINVAL when they are not all here */
  range(first: number, count: number): number[] {
    if (!(count <= this.#frames.size)) throw new SysError(EINVAL);
    const frames = Array.from({ length: count }, (_, i) => first + i);
    if (!frames.every((frame) => this.#frames.has(frame))) throw new SysError(EINVAL);
    return frames;
  }

  release(frames: readonly number[]): void {
    for (const frame of frames) {
      this.#frames.delete(frame);
      this.#memory.release(frame);
    }
  }
}

function enforceRoot({ euid }: Context): void {
  if (euid !== 0) throw new SysError(EPERM);
}

/** How many pages a size takes; what is negative here was meant without a sign. */
const pages = (size: number): number =>
  size < 0 ? Number.POSITIVE_INFINITY : Math.ceil(size / PAGE_SIZE);

/** iopl(level): refused to root as well, as this machine has no I/O ports */
export const iopl: Handler = (_, caller, level) => {
  enforceRoot(caller);
  throw new SysError(level >= 0 && level <= 3 ? EPERM : EINVAL);
};

/** physalloc(size): the physical address */
export const physalloc: Handler = ({ driverMemory }, caller, size) => {
  enforceRoot(caller);
  return addressOf(driverMemory.allocate(pages(size)));
};

/** physfree(address, size) */
export const physfree: Handler = ({ driverMemory }, caller, address, size) => {
  enforceRoot(caller);
  driverMemory.release(driverMemory.range(frameAt(address), pages(size)));
  return 0;
};

/** physmap(address, size, flags): where the process finds it */
export const physmap: Handler = ({ driverMemory }, caller, address, size, flags) => {
  enforceRoot(caller);
  if (size === 0) return 0;
  const offset = address - addressOf(frameAt(address));
  const frames = driverMemory.range(frameAt(address), pages(offset + size));
  return caller.memory.borrow(frames, { writable: (flags & PHYSMAP_WRITE) !== 0 }) + offset;
};

/** physunmap(address): of the process; 0 is nothing */
export const physunmap: Handler = (_, caller, address) => {
  enforceRoot(caller);
  if (address !== 0 && caller.memory.revoke(address) === undefined) throw new SysError(EFAULT);
  return 0;
};

/** virttophys(address): where a page of the process is now; a write after a fork moves it */
export const virttophys: Handler = ({ cpu }, caller, address) => {
  enforceRoot(caller);
  const offset = address < 0 ? -1 : caller.memory.translate(address, 'read');
  if (offset < 0) throw new SysError(EFAULT);
  return addressOf(cpu.memory.frameOf(offset)) + (address % PAGE_SIZE);
};
