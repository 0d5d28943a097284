// Linux's calls on memory, by relibc's functions for Redox. The kernel of 2019 picks the place of
// a mapping itself, removes only whole ones, and never grants back a right that mprotect removed.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import * as redox from '../../../kernel-sim/abi/index.js';
import * as linux from '../../headers/linux.js';
import { PAGE_SIZE } from '../../headers/sys-user.js';
import { pread } from '../../pal/files.js';
import { brk, mmapAnonymous, mmapFile, mprotect, munmap } from '../../pal/memory.js';
import type { Handler, LinuxCall } from '../linux-call.js';

function pages(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
}

function protectionOf(protection: number): number {
  let flags = 0;
  if ((protection & linux.PROT_READ) !== 0) flags |= redox.PROT_READ;
  if ((protection & linux.PROT_WRITE) !== 0) flags |= redox.PROT_WRITE;
  if ((protection & linux.PROT_EXEC) !== 0) flags |= redox.PROT_EXEC;
  return flags;
}

function* mmap(call: LinuxCall): SystemCalls<number> {
  const [address, size, flags] = [call.value(0), pages(call.value(1)), call.int(3)];
  if (size <= 0) return call.libc.fail(redox.EINVAL);
  if ((flags & linux.MAP_FIXED) !== 0) {
    return yield* mapOver(call, address, size);
  }
  const sharing = (flags & linux.MAP_SHARED) !== 0 ? redox.MAP_SHARED : redox.MAP_PRIVATE;
  if ((flags & linux.MAP_ANONYMOUS) !== 0) {
    return yield* mapAnonymous(call, size, call.int(2), sharing);
  }
  // A private copy may be written to, as a loader puts further segments over the first (see below).
  const own = sharing === redox.MAP_PRIVATE;
  const word = protectionOf(call.int(2)) | sharing | (own ? redox.PROT_WRITE : 0);
  const mapped = yield* mmapFile(call.libc, call.int(4), call.value(5), size, word);
  if (mapped === -1) return -1;
  call.process.mappings.add(mapped, size);
  if (own) call.process.mappings.putFile(mapped, size);
  return mapped;
}

/**
 * Memory reserved with PROT_NONE is made accessible with mprotect later (thread stacks, malloc's
 * arenas), which this kernel refuses; so it is readable and writable from the start.
 */
function* mapAnonymous(
  { libc, process }: LinuxCall,
  size: number,
  protection: number,
  sharing: number,
): SystemCalls<number> {
  const access = protectionOf(protection) | redox.PROT_READ | redox.PROT_WRITE;
  // What is to be executed has the rights that were asked for, and no more.
  const word = (protection & linux.PROT_EXEC) === 0 ? access : protectionOf(protection);
  const mapped = yield* mmapAnonymous(libc, size, word | sharing);
  if (mapped !== -1) process.mappings.add(mapped, size);
  return mapped;
}

/**
 * MAP_FIXED, which this kernel has not: a guard page can be had by taking its rights away, fresh
 * anonymous memory in the midst of a mapping by clearing it, and a part of a file by reading it.
 */
function* mapOver(call: LinuxCall, address: number, size: number): SystemCalls<number> {
  const anonymous = (call.int(3) & linux.MAP_ANONYMOUS) !== 0;
  if (anonymous && call.int(2) === 0) {
    return (yield* mprotect(call.libc, address, size, redox.PROT_NONE)) === -1 ? -1 : address;
  }
  const { process, user } = call;
  const inside =
    process.mappings.covers(address, size) && user.memory.accessible(address, size, true);
  if (anonymous && inside) {
    clear(call, address, size);
    return address;
  }
  if (inside && (call.int(3) & linux.MAP_SHARED) === 0) return yield* readOver(call, address, size);
  call.report('mmap(MAP_FIXED)');
  return call.libc.fail(redox.ENOSYS);
}

/**
 * A segment of a file, within the range that its loader has reserved by mapping the first. If that
 * lies over a reservation itself, it stays writable, too.
 */
function* readOver(call: LinuxCall, address: number, size: number): SystemCalls<number> {
  const { libc, process } = call;
  const first = !process.mappings.holdsFile(address, size);
  clear(call, address, size);
  process.mappings.putFile(address, size);
  for (let done = 0; done < size; ) {
    const rest = size - done;
    const length = yield* pread(libc, call.int(4), address + done, rest, call.value(5) + done);
    if (length === -1) return -1;
    if (length === 0) break;
    done += length;
  }
  const access = protectionOf(call.int(2)) | (first ? redox.PROT_WRITE : 0);
  return (yield* mprotect(libc, address, size, access)) === -1 ? -1 : address;
}

function clear({ user }: LinuxCall, address: number, size: number): void {
  const zeros = new Uint8Array(PAGE_SIZE);
  for (let offset = 0; offset < size; offset += PAGE_SIZE) {
    user.memory.write(address + offset, zeros.subarray(0, Math.min(PAGE_SIZE, size - offset)));
  }
}

function* unmap(call: LinuxCall, address: number, size: number): SystemCalls<number> {
  for (const start of call.process.mappings.remove(address, pages(size))) {
    if ((yield* munmap(call.libc, start)) === -1) return -1;
  }
  return 0;
}

function* mremap(call: LinuxCall): SystemCalls<number> {
  const [address, oldSize, size] = [call.value(0), pages(call.value(1)), pages(call.value(2))];
  if (size <= oldSize) {
    yield* unmap(call, address + size, oldSize - size);
    return address;
  }
  if ((call.int(3) & linux.MREMAP_MAYMOVE) === 0) return call.libc.fail(redox.ENOMEM);
  const moved = yield* mapAnonymous(call, size, 0, redox.MAP_PRIVATE);
  if (moved === -1) return -1;
  const { memory } = call.user;
  for (let offset = 0; offset < oldSize; offset += PAGE_SIZE) {
    memory.write(moved + offset, memory.read(address + offset, PAGE_SIZE));
  }
  yield* unmap(call, address, oldSize);
  return moved;
}

/**
 * A loader takes all rights from the holes between segments before it maps these, so that some of
 * them lie there; this kernel would not give the rights back.
 */
function* protect(call: LinuxCall): SystemCalls<number> {
  const [address, size] = [call.value(0), pages(call.value(1))];
  const protection = protectionOf(call.int(2));
  const hole = protection === 0 && call.process.mappings.holdsFile(address, size);
  return hole ? 0 : yield* mprotect(call.libc, address, size, protection);
}

/** Advice may be ignored, but MADV_DONTNEED promises zeros. */
function* madvise(call: LinuxCall): SystemCalls<number> {
  const [address, size] = [call.value(0), pages(call.value(1))];
  if (call.int(2) === linux.MADV_DONTNEED && call.process.mappings.covers(address, size)) {
    yield 'pause';
    clear(call, address, size);
  }
  return 0;
}

/** On failure Linux answers with the break as it was, not with an error. */
function* setBreak(call: LinuxCall): SystemCalls<number> {
  const moved = yield* brk(call.libc, call.value(0));
  return moved === -1 ? yield* brk(call.libc, 0) : moved;
}

export const MEMORY_CALLS: Readonly<Record<string, Handler>> = {
  mmap,
  munmap: (call) => unmap(call, call.value(0), call.value(1)),
  mremap,
  mprotect: protect,
  madvise,
  brk: setBreak,
};
