// Results as the kernel of the time understood them. Facts, section 1.1, "Error decode".
import { LAST_ERRNO } from '../abi/index.js';
import { SysError } from '../error.js';

/**
 * A scheme's result. Only its low 32 bits tell an error from a success, so that a large number
 * (an offset that ends in 0xffffffff) can be taken for one. @throws SysError
 */
export function checked(result: number): number {
  const low = result | 0;
  if (low < 0 && low >= -LAST_ERRNO) throw new SysError(-low);
  return result;
}
