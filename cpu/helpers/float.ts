// SSE's floating-point instructions lane by lane, exactly, with the exceptions MXCSR asks for.
// Operands lie at SCRATCH and SCRATCH + 16, the result goes to SCRATCH + 32. Intel SDM vol. 1, 11.5.
import { MXCSR, SCRATCH } from '../layout.js';
import { ARITHMETIC, type ArithmeticName, CONVERSIONS, FORMATS } from './float-operations.js';
import { QuickFloat } from './quick-float.js';
import {
  DE,
  DOUBLE,
  type Format,
  IE,
  NEAREST,
  PE,
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

type Operation = (a: Unpacked, b: Unpacked, format: Format) => bigint;
type Kind = (typeof CONVERSIONS)[number]['from'];

const formatOf = (kind: Kind): Format => (kind === 'single' || kind === 'int32' ? SINGLE : DOUBLE);

/** What ADDSUBPS does in a lane. */
const inLane = (name: ArithmeticName, lane: number): ArithmeticName =>
  name !== 'addsub' ? name : lane % 2 === 0 ? 'sub' : 'add';

export class FloatUnit {
  readonly #view: DataView;
  readonly #soft = new SoftFloat();
  readonly #quick: QuickFloat;
  readonly #operations: Readonly<Record<Exclude<ArithmeticName, 'addsub'>, Operation>>;

  constructor(view: DataView, buffer: ArrayBuffer) {
    this.#view = view;
    this.#quick = new QuickFloat(buffer);
    const soft = this.#soft;
    this.#operations = {
      add: (a, b, format) => soft.add(a, b, format),
      sub: (a, b, format) => soft.subtract(a, b, format),
      mul: (a, b, format) => soft.multiply(a, b, format),
      div: (a, b, format) => soft.divide(a, b, format),
      min: (a, b) => soft.extreme(a, b, -1),
      max: (a, b) => soft.extreme(a, b, 1),
      sqrt: (_, b, format) => soft.squareRoot(b, format),
    };
  }

  /** ADDPS and the like; the lanes a scalar leaves alone are the first operand's. */
  arithmetic(operation: number, format: number): number {
    const name = ARITHMETIC[operation];
    const { single, lanes } = FORMATS[format];
    this.#keepFirst();
    const quick = this.#quick;
    if (quick.begin(this.#mxcsr)) {
      const size = single ? 4 : 8;
      for (let at = 0, lane = 0; lane < lanes; at += size, lane++) {
        quick.operate(inLane(name, lane), single, FIRST + at, SECOND + at, RESULT + at);
      }
      this.#mxcsr |= quick.flags;
      return 0;
    }
    return this.#eachLane(single ? SINGLE : DOUBLE, lanes, (a, b, type, lane) => {
      const each = inLane(name, lane);
      return this.#operations[each === 'addsub' ? 'add' : each](a, b, type);
    });
  }

  /** CMPPS and the like, by the low three bits of the predicate. */
  mask(predicate: number, format: number): number {
    const { single, lanes } = FORMATS[format];
    const kind = predicate & 3;
    const signaling = kind === 1 || kind === 2;
    this.#keepFirst();
    const quick = this.#quick;
    if (quick.begin(this.#mxcsr)) {
      const size = single ? 4 : 8;
      for (let at = 0, lane = 0; lane < lanes; at += size, lane++) {
        quick.noteCompared(single, signaling, FIRST + at, SECOND + at);
        const holds = quick.holds(single, predicate, FIRST + at, SECOND + at);
        this.#view.setInt32(RESULT + at, holds ? -1 : 0, true);
        if (!single) this.#view.setInt32(RESULT + at + 4, holds ? -1 : 0, true);
      }
      this.#mxcsr |= quick.flags;
      return 0;
    }
    return this.#eachLane(single ? SINGLE : DOUBLE, lanes, (a, b, { width }) => {
      const order = this.#soft.compare(a, b, signaling);
      const holds = [order === 0, order === -1, order === 0 || order === -1, order === undefined];
      return holds[kind] !== ((predicate & 4) !== 0) ? (1n << BigInt(width)) - 1n : 0n;
    });
  }

  /** COMISS and the like: CF, PF and ZF as bits 0, 1 and 2; 8 for #XM. */
  compare(signaling: number, format: number): number {
    const { single } = FORMATS[format];
    const quick = this.#quick;
    if (quick.begin(this.#mxcsr)) {
      const a = single ? quick.single(FIRST) : quick.double(FIRST);
      const b = single ? quick.single(SECOND) : quick.double(SECOND);
      quick.noteCompared(single, signaling !== 0, FIRST, SECOND);
      this.#mxcsr |= quick.flags;
      return a < b ? 1 : a > b ? 0 : a === b ? 4 : 7;
    }
    this.#soft.begin(this.#mxcsr);
    const type = single ? SINGLE : DOUBLE;
    const order = this.#soft.compare(
      this.#unpack(FIRST, type),
      this.#unpack(SECOND, type),
      signaling !== 0,
    );
    if (this.#settle() !== 0) return 8;
    if (order === undefined) return 7;
    return order === 0 ? 4 : order === -1 ? 1 : 0;
  }

  /** ROUNDPS and the like: the second operand, as the immediate says. */
  round(immediate: number, format: number): number {
    const { single, lanes } = FORMATS[format];
    const soft = this.#soft;
    this.#keepFirst();
    const quick = this.#quick;
    if (quick.begin(this.#mxcsr)) {
      const rounding = (immediate & 4) !== 0 ? NEAREST : immediate & 3;
      const size = single ? 4 : 8;
      for (let at = 0, lane = 0; lane < lanes; at += size, lane++) {
        quick.integral(single, rounding, (immediate & 8) !== 0, SECOND + at, RESULT + at);
      }
      this.#mxcsr |= quick.flags;
      return 0;
    }
    return this.#eachLane(single ? SINGLE : DOUBLE, lanes, (_, b, type) => {
      const rounding = (immediate & 4) !== 0 ? soft.rounding : immediate & 3;
      const result = soft.toIntegral(b, type, rounding);
      // bit 3 keeps the inexact from being noted
      if ((immediate & 8) !== 0) soft.flags &= ~PE;
      return result;
    });
  }

  /** A conversion by its number, of so many lanes of the first operand. */
  convert(conversion: number, lanes: number): number {
    const { from, to, truncate } = CONVERSIONS[conversion];
    if (this.#convertQuickly(from, to, truncate === true, lanes)) return 0;
    this.#soft.begin(this.#mxcsr);
    const source = formatOf(from);
    const results: bigint[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const bits = this.#load(FIRST + (lane * source.width) / 8, source);
      results.push(this.#converted(bits, from, to, truncate === true));
    }
    const target = formatOf(to);
    results.forEach((bits, lane) => {
      this.#store(RESULT + (lane * target.width) / 8, target, bits);
    });
    return this.#settle();
  }

  /**
   * DPPS and DPPD: products that the upper half of the immediate asks for, added, put where the lower
   * says. The order of addition tells NaNs apart; it is what processors do, lane by lane: DPPS begins
   * with the neighbour's product, all other sums with the lane's own term.
   */
  dot(immediate: number, format: number): number {
    const soft = this.#soft;
    soft.begin(this.#mxcsr);
    const { single, lanes } = FORMATS[format];
    const type = single ? SINGLE : DOUBLE;
    const size = type.width / 8;
    let terms = Array.from({ length: lanes }, (_, lane) => {
      if (((immediate >>> (4 + lane)) & 1) === 0) return 0n;
      const a = this.#unpack(FIRST + lane * size, type);
      return soft.multiply(a, this.#unpack(SECOND + lane * size, type), type);
    });
    // each stage raises its exceptions before the next begins
    for (let distance = 1; distance < lanes; distance *= 2) {
      if (this.#settle() !== 0) return FAULT;
      const before = terms.map((bits) => soft.unpack(bits, type));
      const neighbourFirst = lanes === 4 && distance === 1;
      terms = before.map((own, lane) => {
        const other = before[lane ^ distance];
        return neighbourFirst ? soft.add(other, own, type) : soft.add(own, other, type);
      });
    }
    if (this.#settle() !== 0) return FAULT;
    terms.forEach((bits, lane) => {
      const chosen = ((immediate >>> lane) & 1) !== 0;
      this.#store(RESULT + lane * size, type, chosen ? bits : 0n);
    });
    return 0;
  }

  get #mxcsr(): number {
    return this.#view.getUint32(MXCSR, true);
  }
  set #mxcsr(value: number) {
    this.#view.setUint32(MXCSR, value, true);
  }

  #load(at: number, { width }: Format): bigint {
    return width === 64
      ? this.#view.getBigUint64(at, true)
      : BigInt(this.#view.getUint32(at, true));
  }

  #store(at: number, { width }: Format, bits: bigint): void {
    if (width === 64) this.#view.setBigUint64(at, bits, true);
    else this.#view.setUint32(at, Number(bits), true);
  }

  #unpack(at: number, format: Format): Unpacked {
    return this.#soft.unpack(this.#load(at, format), format);
  }

  #keepFirst(): void {
    for (let at = 0; at < 16; at += 4) {
      this.#view.setUint32(RESULT + at, this.#view.getUint32(FIRST + at, true), true);
    }
  }

  #eachLane(
    format: Format,
    lanes: number,
    compute: (a: Unpacked, b: Unpacked, format: Format, lane: number) => bigint,
  ): number {
    this.#soft.begin(this.#mxcsr);
    for (let lane = 0, at = 0; lane < lanes; lane++, at += format.width / 8) {
      const a = this.#unpack(FIRST + at, format);
      const b = this.#unpack(SECOND + at, format);
      this.#store(RESULT + at, format, compute(a, b, format, lane));
    }
    return this.#settle();
  }

  /** Sets the sticky flags; 1 when one of them is not masked. */
  #settle(): number {
    const { flags, masks } = this.#soft;
    const unmasked = flags & ~masks;
    this.#mxcsr |= (unmasked & BEFORE) !== 0 ? flags & BEFORE : flags;
    return unmasked !== 0 ? FAULT : 0;
  }

  /** The same where the host's numbers will do; false where not. */
  #convertQuickly(from: Kind, to: Kind, truncate: boolean, lanes: number): boolean {
    const quick = this.#quick;
    if (from === 'int32' || from === 'int64' || !quick.begin(this.#mxcsr)) return false;
    const single = from === 'single';
    const source = formatOf(from).width / 8;
    const target = formatOf(to).width / 8;
    for (let lane = 0; lane < lanes; lane++) {
      const at = FIRST + lane * source;
      const result = RESULT + lane * target;
      if (to === 'int32' || to === 'int64') {
        quick.integer(single, target * 8, truncate ? TRUNCATE : NEAREST, at, result);
      } else if (!quick.convert(single, at, result)) {
        return false;
      }
    }
    this.#mxcsr |= quick.flags;
    return true;
  }

  #converted(bits: bigint, from: Kind, to: Kind, truncate: boolean): bigint {
    const soft = this.#soft;
    const target = formatOf(to);
    if (from === 'int32' || from === 'int64') {
      return soft.fromInteger(BigInt.asIntN(from === 'int32' ? 32 : 64, bits), target);
    }
    const source = formatOf(from);
    const a = soft.unpack(bits, source);
    if (to === 'single' || to === 'double') return soft.convert(a, source, target);
    return soft.toInteger(a, to === 'int32' ? 32 : 64, truncate ? TRUNCATE : soft.rounding);
  }
}
