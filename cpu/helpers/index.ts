// The helpers by name, bound to a memory: what the engines import.
import { SCRATCH, SELECTORS, X87 } from '../layout.js';
import type { PhysicalMemory } from '../memory.js';
import { bindOperations } from '../x87/index.js';
import { cpuid } from './cpuid.js';
import { divide128, divide128Signed } from './divide.js';
import { floatEstimate } from './estimate.js';
import {
  floatArithmetic,
  floatCompare,
  floatConvert,
  floatDot,
  floatMask,
  floatRound,
} from './float.js';
import { bindFxsave } from './fxsave.js';
import { loadSegment } from './segment.js';

import { compareStrings, crc32 } from './strings.js';

export type Helper = (...operands: number[]) => number;

export function createHelpers(memory: PhysicalMemory): Record<string, Helper> {
  const { view } = memory;
  return {
    divide128: () => divide128(view),
    divide128Signed: () => divide128Signed(view),
    cpuid: () => cpuid(view),
    ...bindFxsave(view),
    ...bindX87(view),
    floatArithmetic: (operation, format) => floatArithmetic(view, operation, format),
    floatMask: (predicate, format) => floatMask(view, predicate, format),
    floatCompare: (signaling, format) => floatCompare(view, signaling, format),
    floatRound: (immediate, format) => floatRound(view, immediate, format),
    floatEstimate: (operation, lanes) => floatEstimate(view, operation, lanes),
    floatDot: (immediate, format) => floatDot(view, immediate, format),
    compareStrings: (control, first, second) => compareStrings(view, control, first, second),
    crc32,
    floatConvert: (conversion, lanes) => floatConvert(view, conversion, lanes),
    loadSegment: (segment, selector) => loadSegment(view, segment, selector),
    selector: (segment) => view.getUint16(SELECTORS + segment * 2, true),
  };
}

function bindX87(view: DataView): Record<string, Helper> {
  const operations = Object.entries(bindOperations(view, X87, SCRATCH));
  return Object.fromEntries(operations.map(([name, operation]) => [`x87.${name}`, operation]));
}
