// Calls that no number stands for. Source: syscall/mod.rs of 2019-2020: a number's class and kind of
// argument are looked at before the rest of it, so that a call on a file is checked as one.
import {
  ENOSYS,
  SYS_ARG,
  SYS_ARG_MSLICE,
  SYS_ARG_SLICE,
  SYS_CLASS,
  SYS_CLASS_FILE,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { filesOf } from '../scheme/description.js';

/** @throws SysError EFAULT, EBADF or ENOSYS */
export function unknownCall(
  caller: Context,
  number: number,
  descriptor: number,
  address: number,
  length: number,
): never {
  if ((number & SYS_CLASS) === SYS_CLASS_FILE) {
    const argument = number & SYS_ARG;
    if (argument === SYS_ARG_SLICE || argument === SYS_ARG_MSLICE) {
      caller.memory.buffer(address, length, argument === SYS_ARG_MSLICE);
    }
    filesOf(caller).get(descriptor);
  }
  throw new SysError(ENOSYS);
}
