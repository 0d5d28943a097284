// relibc's Pal for Redox, 2019-08: memory. Anonymous memory is a mapping of the memory: scheme.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  MapArguments,
  O_CLOEXEC,
  O_STAT,
  SYS_BRK,
  SYS_FMAP,
  SYS_FUNMAP,
  SYS_MPROTECT,
} from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { close, open } from './files.js';

/** Returns the address, or -1. `flags`: Redox's PROT_* and MAP_*. The kernel picks the place. */
export function* mmapFile(
  libc: Libc,
  fd: number,
  offset: number,
  size: number,
  flags: number,
): SystemCalls<number> {
  const mark = libc.user.mark();
  const map = libc.scratch(MapArguments.encode({ offset, size, flags }));
  const result = yield* libc.invoke({ number: SYS_FMAP, a: fd, b: map, c: MapArguments.size });
  libc.user.release(mark);
  return result;
}

/** relibc kept the descriptor until munmap; the mapping does not need it, so we close it. */
export function* mmapAnonymous(libc: Libc, size: number, flags: number): SystemCalls<number> {
  const fd = yield* open(libc, 'memory:', O_STAT | O_CLOEXEC);
  if (fd === -1) return -1;
  const address = yield* mmapFile(libc, fd, 0, size, flags);
  const { errno } = libc;
  yield* close(libc, fd);
  libc.errno = errno;
  return address;
}

/** Removes the whole mapping that starts at the address. */
export function munmap(libc: Libc, address: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_FUNMAP, a: address });
}

export function mprotect(
  libc: Libc,
  address: number,
  size: number,
  protection: number,
): SystemCalls<number> {
  return libc.invoke({ number: SYS_MPROTECT, a: address, b: size, c: protection });
}

/** The end of the heap, moved to `address` unless that is 0. */
export function brk(libc: Libc, address: number): SystemCalls<number> {
  return libc.invoke({ number: SYS_BRK, a: address });
}
