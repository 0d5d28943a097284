// Paths as relibc's functions take them: the address of a C string in the process's memory, or,
// from TypeScript, text or its bytes. Redox's calls want an address and a length.
import type { SystemCall, SystemCalls } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { encodeText } from '../libc.js';

/** An address of NUL-terminated bytes, or text, or bytes. */
export type CString = number | string | Uint8Array;

/** Makes the call that `call` returns for the path's address and length. */
export function* invokeWithPath(
  libc: Libc,
  path: CString,
  call: (address: number, length: number) => SystemCall,
): SystemCalls<number> {
  if (typeof path === 'number') {
    return yield* libc.invoke(call(path, libc.user.memory.string(path).length));
  }
  const mark = libc.user.mark();
  const bytes = typeof path === 'string' ? encodeText(path) : path;
  const result = yield* libc.invoke(call(libc.scratch(bytes), bytes.length));
  libc.user.release(mark);
  return result;
}
