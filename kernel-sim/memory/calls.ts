// The system calls of memory that name no file. Source: syscall/process.rs of 2019.
import { EFAULT, ENOMEM, PROT_EXEC, PROT_WRITE } from '../abi/index.js';
import { SysError } from '../error.js';
import type { Handler } from '../syscall.js';
import { HEAP } from './layout.js';
import { pageDown } from './process-memory.js';

/** brk(end): 0 asks for the end of the heap */
export const brk: Handler = (_, { memory }, end) => {
  if (end === 0) return memory.heapEnd;
  if (end < HEAP) throw new SysError(ENOMEM);
  memory.resizeHeap(end);
  return end;
};

/** mprotect(address, size, flags): takes the right to write away, but never grants it */
export const mprotect: Handler = (_, { memory }, address, size, flags) => {
  if (!(size > 0)) throw new SysError(EFAULT);
  const start = pageDown(address);
  const executable = (flags & PROT_EXEC) !== 0;
  const keepsWritable = (flags & PROT_WRITE) !== 0;
  const done = memory.protect(start, address + size - start, (region) => ({
    executable,
    writable: region.writable && keepsWritable,
  }));
  if (!done) throw new SysError(EFAULT);
  return 0;
};
