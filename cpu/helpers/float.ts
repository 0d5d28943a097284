// SSE's floating-point instructions lane by lane, exactly, with the exceptions MXCSR asks for.
// Operands lie at SCRATCH and SCRATCH + 16, the result goes to SCRATCH + 32. Intel SDM vol. 1, 11.5.
import { MXCSR, SCRATCH } from '../layout.js';
import { ARITHMETIC, type ArithmeticName, CONVERSIONS, FORMATS } from './float-operations.js';
import {
  DE,
  DOUBLE,
  type Format,
  IE,
  SINGLE,
  SoftFloat,
  TRUNCATE,
  type Unpacked,
  ZE,
} from './soft-float.js';

const FIRST = SCRATCH;
const SECOND = SCRATCH + 16;
const RESULT = SCRATCH + 32;

/** Found before a result is computed: these keep the others from being looked for. */
const BEFORE = IE | DE | ZE;
/** What a helper gives for #XM. */
const FAULT = 1;

const soft = new SoftFloat();

function load(view: DataView, at: number, { width }: Format): bigint {
  return width === 64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
}

function store(view: DataView, at: number, { width }: Format, bits: bigint): void {
  if (width === 64) view.setBigUint64(at, bits, true);
  else view.setUint32(at, Number(bits), true);
}

const begin = (view: DataView): void => soft.begin(view.getUint32(MXCSR, true));

/** Sets the sticky flags; 1 when one of them is not masked. */
function settle(view: DataView): number {
  const unmasked = soft.flags & ~soft.masks;
  const flags = (unmasked & BEFORE) !== 0 ? soft.flags & BEFORE : soft.flags;
  view.setUint32(MXCSR, view.getUint32(MXCSR, true) | flags, true);
  return unmasked !== 0 ? FAULT : 0;
}

type Operation = (a: Unpacked, b: Unpacked, format: Format, lane: number) => bigint;

const OPERATIONS: Readonly<Record<ArithmeticName, Operation>> = {
  add: (a, b, format) => soft.add(a, b, format),
  sub: (a, b, format) => soft.subtract(a, b, format),
  mul: (a, b, format) => soft.multiply(a, b, format),
  div: (a, b, format) => soft.divide(a, b, format),
  min: (a, b) => soft.extreme(a, b, -1),
  max: (a, b) => soft.extreme(a, b, 1),
  sqrt: (_, b, format) => soft.squareRoot(b, format),
  addsub: (a, b, format, lane) =>
    lane % 2 === 0 ? soft.subtract(a, b, format) : soft.add(a, b, format),
};

/** ADDPS and the like; the lanes a scalar leaves alone are the first operand's. */
export function floatArithmetic(view: DataView, operation: number, format: number): number {
  const compute = OPERATIONS[ARITHMETIC[operation]];
  const { single, lanes } = FORMATS[format];
  return eachLane(view, single ? SINGLE : DOUBLE, lanes, compute);
}

function eachLane(view: DataView, format: Format, lanes: number, compute: Operation): number {
  begin(view);
  const size = format.width / 8;
  for (let at = 0; at < 16; at += 4) {
    view.setUint32(RESULT + at, view.getUint32(FIRST + at, true), true);
  }
  for (let lane = 0; lane < lanes; lane++) {
    const at = lane * size;
    const a = soft.unpack(load(view, FIRST + at, format), format);
    const b = soft.unpack(load(view, SECOND + at, format), format);
    store(view, RESULT + at, format, compute(a, b, format, lane));
  }
  return settle(view);
}

/** CMPPS and the like, by the low three bits of the predicate. */
export function floatMask(view: DataView, predicate: number, format: number): number {
  const { single, lanes } = FORMATS[format];
  const signaling = (predicate & 3) === 1 || (predicate & 3) === 2;
  return eachLane(view, single ? SINGLE : DOUBLE, lanes, (a, b, { width }) => {
    const order = soft.compare(a, b, signaling);
    const holds = [order === 0, order === -1, order === 0 || order === -1, order === undefined];
    const inverted = (predicate & 4) !== 0;
    return holds[predicate & 3] !== inverted ? (1n << BigInt(width)) - 1n : 0n;
  });
}

/** COMISS and the like: CF, PF and ZF as bits 0, 1 and 2; 8 for #XM. */
export function floatCompare(view: DataView, signaling: number, format: number): number {
  begin(view);
  const type = FORMATS[format].single ? SINGLE : DOUBLE;
  const a = soft.unpack(load(view, FIRST, type), type);
  const b = soft.unpack(load(view, SECOND, type), type);
  const order = soft.compare(a, b, signaling !== 0);
  if (settle(view) !== 0) return 8;
  if (order === undefined) return 7;
  return order === 0 ? 4 : order === -1 ? 1 : 0;
}

/** ROUNDPS and the like: the second operand, as the immediate says. */
export function floatRound(view: DataView, immediate: number, format: number): number {
  const { single, lanes } = FORMATS[format];
  return eachLane(view, single ? SINGLE : DOUBLE, lanes, (_, b, type) => {
    const rounding = (immediate & 4) !== 0 ? soft.rounding : immediate & 3;
    const before = soft.flags;
    const result = soft.toIntegral(b, type, rounding);
    // bit 3 keeps the inexact from being noted
    if ((immediate & 8) !== 0) soft.flags = before | (soft.flags & IE);
    return result;
  });
}

/** A conversion by its number, of so many lanes of the first operand. */
export function floatConvert(view: DataView, conversion: number, lanes: number): number {
  begin(view);
  const { from, to, truncate } = CONVERSIONS[conversion];
  const results: bigint[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    const width = from === 'single' || from === 'int32' ? 32 : 64;
    const bits = load(view, FIRST + (lane * width) / 8, width === 32 ? SINGLE : DOUBLE);
    results.push(converted(bits, from, to, truncate === true));
  }
  const type = to === 'single' || to === 'int32' ? SINGLE : DOUBLE;
  results.forEach((bits, lane) => {
    store(view, RESULT + (lane * type.width) / 8, type, bits);
  });
  return settle(view);
}

type Kind = (typeof CONVERSIONS)[number]['from'];

function converted(bits: bigint, from: Kind, to: Kind, truncate: boolean): bigint {
  const target = to === 'single' ? SINGLE : DOUBLE;
  if (from === 'int32' || from === 'int64') {
    return soft.fromInteger(BigInt.asIntN(from === 'int32' ? 32 : 64, bits), target);
  }
  const source = from === 'single' ? SINGLE : DOUBLE;
  const a = soft.unpack(bits, source);
  if (to === 'single' || to === 'double') return soft.convert(a, source, target);
  return soft.toInteger(a, to === 'int32' ? 32 : 64, truncate ? TRUNCATE : soft.rounding);
}

/**
 * DPPS and DPPD: products that the upper half of the immediate asks for, added, put where the lower
 * says. The order of addition tells NaNs apart; it is what processors do, lane by lane: DPPS begins
 * with the neighbour's product, all other sums with the lane's own term.
 */
export function floatDot(view: DataView, immediate: number, format: number): number {
  begin(view);
  const { single, lanes } = FORMATS[format];
  const type = single ? SINGLE : DOUBLE;
  const size = type.width / 8;
  let terms = Array.from({ length: lanes }, (_, lane) => {
    if (((immediate >>> (4 + lane)) & 1) === 0) return 0n;
    const a = soft.unpack(load(view, FIRST + lane * size, type), type);
    const b = soft.unpack(load(view, SECOND + lane * size, type), type);
    return soft.multiply(a, b, type);
  });
  // each stage raises its exceptions before the next begins
  for (let distance = 1; distance < lanes; distance *= 2) {
    if (settle(view) !== 0) return FAULT;
    const before = terms.map((bits) => soft.unpack(bits, type));
    const neighbourFirst = lanes === 4 && distance === 1;
    terms = before.map((own, lane) => {
      const other = before[lane ^ distance];
      return neighbourFirst ? soft.add(other, own, type) : soft.add(own, other, type);
    });
  }
  if (settle(view) !== 0) return FAULT;
  terms.forEach((bits, lane) => {
    const chosen = ((immediate >>> lane) & 1) !== 0;
    store(view, RESULT + lane * size, type, chosen ? bits : 0n);
  });
  return 0;
}
