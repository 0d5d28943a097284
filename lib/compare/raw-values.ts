// Words of a recorded call as what they mean in C.
import { linuxErrnoName } from '../../compat/index.js';
import type { RawCall } from './raw-call.js';

/** 0 or more, `never`, or the name of an error. */
export function resultOf({ result }: RawCall): string {
  if (result === undefined) return 'never';
  return result < 0n && result >= -4095n ? linuxErrnoName(Number(-result)) : result.toString();
}

/** An argument of type int. */
export function int(word: bigint): number {
  return Number(BigInt.asIntN(32, word));
}

export function wordAt(bytes: Uint8Array, offset: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}
