// The helpers by name, bound to a memory: what the engines import.
import { SCRATCH, SELECTORS, X87 } from '../layout.js';
import type { PhysicalMemory } from '../memory.js';
import { bindOperations } from '../x87/index.js';
import { cpuid } from './cpuid.js';
import { divide128Signed } from './divide.js';
import { floatEstimate } from './estimate.js';
import { FloatUnit } from './float.js';
import { bindFxsave } from './fxsave.js';
import { loadSegment, segmentRights } from './segment.js';
import { compareStrings, crc32 } from './strings.js';

export type Helper = (...operands: number[]) => number;

export function createHelpers(memory: PhysicalMemory): Record<string, Helper> {
  const { view } = memory;
  const floats = new FloatUnit(view, memory.buffer);
  return {
    divide128Signed: () => divide128Signed(view),
    cpuid: () => cpuid(view),
    ...bindFxsave(view),
    ...bindX87(view),
    floatArithmetic: (operation, format) => floats.arithmetic(operation, format),
    floatMask: (predicate, format) => floats.mask(predicate, format),
    floatCompare: (signaling, format) => floats.compare(signaling, format),
    floatRound: (immediate, format) => floats.round(immediate, format),
    floatEstimate: (operation, lanes) => floatEstimate(view, operation, lanes),
    floatDot: (immediate, format) => floats.dot(immediate, format),
    compareStrings: (control, first, second) => compareStrings(view, control, first, second),
    crc32,
    floatConvert: (conversion, lanes) => floats.convert(conversion, lanes),
    segmentRights: (selector) => segmentRights(view, selector),
    loadSegment: (segment, selector) => loadSegment(view, segment, selector),
    selector: (segment) => view.getUint16(SELECTORS + segment * 2, true),
  };
}

function bindX87(view: DataView): Record<string, Helper> {
  const operations = Object.entries(bindOperations(view, X87, SCRATCH));
  return Object.fromEntries(operations.map(([name, operation]) => [`x87.${name}`, operation]));
}
