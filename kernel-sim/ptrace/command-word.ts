// The word of flags that is written to a trace file since 2019-07-24.
import { EINVAL } from '../abi/index.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';

/** Every flag that a command word may hold: the masks count as flags, too. */
const KNOWN_BITS = 0xffff;

/** @throws SysError EINVAL for other bits, if they are looked at */
export function commandWord(source: UserBuffer, checked: boolean): number {
  const word = source.word(0);
  if (word <= KNOWN_BITS) return word;
  if (checked) throw new SysError(EINVAL);
  return word % (KNOWN_BITS + 1);
}
