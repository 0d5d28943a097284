// IDIV of RDX:RAX by a 64-bit word. Intel SDM vol. 2A, "IDIV".
import { SCRATCH } from '../layout.js';

const RAX_AT = 0;
const RDX_AT = 16;

/** Truncates towards zero; 0, or 1 for #DE with the registers as they were. The divisor is at SCRATCH. */
export function divide128Signed(view: DataView): number {
  const divisor = view.getBigInt64(SCRATCH, true);
  if (divisor === 0n) return 1;
  const dividend = (view.getBigInt64(RDX_AT, true) << 64n) | view.getBigUint64(RAX_AT, true);
  const quotient = dividend / divisor;
  if (BigInt.asIntN(64, quotient) !== quotient) return 1;
  view.setBigInt64(RAX_AT, quotient, true);
  view.setBigInt64(RDX_AT, dividend % divisor, true);
  return 0;
}
