// What takes a page of TypeScript rather than a few WebAssembly instructions: helpers that both
// engines import, by name, with the number of their 32-bit operands. Each gives a 32-bit result.

import { OPERATIONS } from '../x87/index.js';

export const HELPERS: Readonly<Record<string, number>> = {
  /** Divides RDX:RAX by the 64-bit word at SCRATCH. */
  divide128Signed: 0,
  /** CPUID of the leaf in EAX, sub-leaf in ECX. */
  cpuid: 0,
  /** An FXSAVE image in the scratch area, wide or not; FXRSTOR gives 1 for #GP. */
  fxsave: 1,
  fxrstor: 1,
  /** XRSTOR of the legacy region in the scratch area: components asked for, those in the area, wide; 1 for #GP. */
  xrstor: 3,
  /** The operations of cpu/x87, each of which takes a selector and gives a status. */
  ...Object.fromEntries(Object.keys(OPERATIONS).map((name) => [`x87.${name}`, 1])),
  /** Selector of a segment register, by number. */
  selector: 1,
  /** Loads a segment register, by number, with a selector; 1 for #GP. */
  loadSegment: 2,
  /** Access rights of the segment that a selector selects; 0 where there is none. */
  segmentRights: 1,
  /** SSE arithmetic by operation and format, on vectors in the scratch area; 1 for #XM. */
  floatArithmetic: 2,
  /** CMPPS and the like, by predicate and format; 1 for #XM. */
  floatMask: 2,
  /** COMISS and the like: signals quiet NaNs or not, format; CF, PF, ZF as bits 0-2, or 8 for #XM. */
  floatCompare: 2,
  /** ROUNDPS and the like, by immediate and format; 1 for #XM. */
  floatRound: 2,
  /** Conversion, by its number, of so many lanes; 1 for #XM. */
  floatConvert: 2,
  /** RCPPS (0) or RSQRTPS (1) of so many lanes. */
  floatEstimate: 2,
  /** DPPS and DPPD, by immediate and format; 1 for #XM. */
  floatDot: 2,
  /** PCMPESTRI and its like: control, lengths; index and flags, the mask in the scratch area. */
  compareStrings: 3,
  /** CRC, value, its bits. */
  crc32: 3,
};
