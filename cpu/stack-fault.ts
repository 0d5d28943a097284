// Which accesses go through the stack segment: an address that is not canonical is #SS there, and #GP
// elsewhere. Intel SDM vol. 3A, 6.15, "#SS".
import { USER_END } from './address-space.js';
import { BASE, HANDLER, ORIGINAL, SEGMENT, TRANSLATED_HANDLER } from './interpreter/record.js';
import { ZERO } from './layout.js';
import { RBP, type Registers, RSP } from './registers.js';

/** Whether the instruction in a record went beyond the canonical addresses by the stack segment. */
export function usesStackSegment(
  view: DataView,
  record: number,
  keys: readonly string[],
  registers: Registers,
): boolean {
  const base = view.getUint16(record + BASE, true);
  const plain = view.getUint16(record + SEGMENT, true) === ZERO;
  if (plain && (base === RSP * 8 || base === RBP * 8)) return true;
  let handler = view.getUint32(record + HANDLER, true);
  if (handler === TRANSLATED_HANDLER) handler = view.getUint32(record + ORIGINAL, true);
  const key = keys[handler];
  // the slot pushed to or popped from lies right beside the pointer
  const outside = (pointer: number): boolean => registers.number(pointer) > USER_END - 16;
  if (/^(leave|enter)/.test(key) && outside(RBP)) return true;
  return /^(push|pop|call|ret|enter)/.test(key) && outside(RSP);
}
