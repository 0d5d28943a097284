// What both engines share of the semantics: memory through the TLB, the scratch area, helpers.
import { type Alignment, type Operand, Semantics } from '../isa/semantics.js';
import type { Bit, Value, Vector, Width } from '../isa/values.js';
import { FS_BASE, GS_BASE, RFLAGS, SCRATCH, TLB_DATA, TLB_DATA_ENTRIES } from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { AccessOp } from '../wasm/opcodes.js';

/** Functions that emitted code calls, by index in its module. */
export interface Services {
  /** (address, bytes) -> linear address or 0: see cpu/mmu.ts. */
  readonly slowRead: number;
  readonly slowWrite: number;
  /** High half of a product. */
  readonly multiplyHigh: number;
  readonly multiplyHighSigned: number;
  /** (high, low, divisor) -> quotient: see cpu/interpreter/divide.ts. */
  readonly divideWide: number;
  readonly helper: (name: string, operands: number) => number;
}

export const LOAD: Readonly<Record<Width, AccessOp>> = {
  8: 'i32.load8_u',
  16: 'i32.load16_u',
  32: 'i32.load',
  64: 'i64.load',
};
export const STORE: Readonly<Record<Width, AccessOp>> = {
  8: 'i32.store8',
  16: 'i32.store16',
  32: 'i32.store',
  64: 'i64.store',
};

const VECTOR_LOAD: Readonly<Record<number, AccessOp>> = {
  4: 'v128.load32_zero',
  8: 'v128.load64_zero',
};

/** Memory translated for an instruction that reads it and writes it. */
export interface Window {
  /** Local: linear address, i32. */
  readonly host: number;
  /** Emits what completes the write, once its bytes are there. */
  readonly finish: () => void;
}

/** What goes on at a linear address, which is in the local `host`. */
export interface Access {
  readonly host: number;
  /** On a page that the TLB knows. */
  readonly quick: () => void;
  /** Elsewhere: a write may have to be completed by the MMU. */
  readonly slow: () => void;
}

export abstract class EngineSemantics extends Semantics {
  readonly #services: Services;
  /** Memory operands translated for writing, by slot. */
  readonly #windows = new Map<number, Window>();

  constructor(code: Code, services: Services) {
    super(code);
    this.#services = services;
  }

  /** Emits the way out of the instruction after a fault that has been noted. */
  protected abstract emitFault(): void;
  /** Pushes the linear address of the active TLB bank's data entries. */
  protected pushTlb(): void {
    this.code.i32(0).access('i32.load', TLB_DATA);
  }

  /** Emits a store after the slow way of translation, and what completes it. */
  protected abstract emitSlowStore(store: () => void): void;
  /** Translates an address for writing, or faults, without yet writing. */
  protected abstract window(address: Value, bytes: number): Window;

  /** An operand that is not in memory. */
  protected abstract readRegister(operand: Operand): Value;
  protected abstract writeRegister(operand: Operand, value: Value): void;
  protected abstract readVectorRegister(operand: Operand): Vector;
  protected abstract writeVectorRegister(operand: Operand, value: Vector): void;

  /** Forgets what was translated for the operands of the instruction before. */
  protected beginInstruction(): void {
    this.#windows.clear();
  }

  // Operands

  read(operand: Operand): Value {
    if (operand.kind !== 'memory') return this.readRegister(operand);
    return this.load(this.address(operand), operand.bits as Width);
  }

  readForWrite(operand: Operand): Value {
    if (operand.kind !== 'memory') return this.read(operand);
    const width = operand.bits as Width;
    const window = this.window(this.address(operand), width / 8);
    this.#windows.set(operand.slot, window);
    return this.value(width, () => this.code.get(window.host).access(LOAD[width], 0));
  }

  write(operand: Operand, value: Value): void {
    if (operand.kind !== 'memory') {
      this.writeRegister(operand, value);
      return;
    }
    const window = this.#windows.get(operand.slot);
    if (window === undefined) {
      this.store(this.address(operand), value);
      return;
    }
    this.code.get(window.host).get(value.local).access(STORE[value.width], 0);
    window.finish();
  }

  readVector(operand: Operand, alignment?: Alignment): Vector {
    if (operand.kind !== 'memory') return this.readVectorRegister(operand);
    const address = this.address(operand);
    if (alignment?.aligned === true) this.requireAligned(address, 16);
    return this.loadVector(address, operand.bits / 8);
  }

  writeVector(operand: Operand, value: Vector, alignment?: Alignment): void {
    if (operand.kind !== 'memory') {
      this.writeVectorRegister(operand, value);
      return;
    }
    const address = this.address(operand);
    if (alignment?.aligned === true) this.requireAligned(address, 16);
    this.storeVector(address, value, operand.bits / 8);
  }

  // Words of the register file and of the scratch area

  state(offset: number, width: Width): Value {
    return this.value(width, () => this.code.i32(0).access(LOAD[width], offset));
  }

  setState(offset: number, value: Value): void {
    this.code.i32(0).get(value.local).access(STORE[value.width], offset);
  }

  scratch(offset: number): Vector {
    return this.newVector(() => this.code.i32(0).access('v128.load', SCRATCH + offset));
  }

  setScratch(offset: number, value: Vector): void {
    this.code
      .i32(0)
      .get(value.local)
      .access('v128.store', SCRATCH + offset);
  }

  // Memory

  load(address: Value, width: Width): Value {
    const local = this.integerLocal(width);
    this.#access(address, width / 8, false, (host) => {
      this.code.get(host).access(LOAD[width], 0).set(local);
    });
    return { width, local };
  }

  store(address: Value, value: Value): void {
    this.#access(address, value.width / 8, true, (host) => {
      this.code.get(host).get(value.local).access(STORE[value.width], 0);
    });
  }

  loadVector(address: Value, bytes: number): Vector {
    if (bytes < 4) {
      const low = this.load(address, (bytes * 8) as Width);
      return this.replaceLane(this.vectorConstant(new Uint8Array(16)), low, 0);
    }
    const local = this.code.local('v128');
    const load = VECTOR_LOAD[bytes] ?? 'v128.load';
    this.#access(address, bytes, false, (host) => {
      this.code.get(host).access(load, 0).set(local);
    });
    return { vector: true, local };
  }

  storeVector(address: Value, value: Vector, bytes: number): void {
    if (bytes < 16) {
      this.store(address, this.extractLane(value, (bytes * 8) as Width, 0));
      return;
    }
    this.#access(address, bytes, true, (host) => {
      this.code.get(host).get(value.local).access('v128.store', 0);
    });
  }

  fromMemory(address: Value, bytes: number, offset = 0): void {
    this.#access(address, bytes, false, (host) => {
      this.code
        .i32(SCRATCH + offset)
        .get(host)
        .i32(bytes)
        .memoryCopy();
    });
  }

  toMemory(address: Value, bytes: number, offset = 0): void {
    this.#access(address, bytes, true, (host) => {
      this.code
        .get(host)
        .i32(SCRATCH + offset)
        .i32(bytes)
        .memoryCopy();
    });
  }

  probeWrite(address: Value, bytes: number): void {
    this.window(address, bytes);
  }

  requireAligned(address: Value, bytes: number): void {
    const low = this.and(address, this.constant(BigInt(bytes - 1), 64));
    this.raiseIf(this.isNotZero(low), 13);
  }

  segmentBase(segment: number): Value {
    if (segment === 4) return this.state(FS_BASE, 64);
    if (segment === 5) return this.state(GS_BASE, 64);
    return this.constant(0n, 64);
  }

  directionFlag(): Bit {
    return this.bitAt(this.state(RFLAGS, 32), 10);
  }

  // Helpers

  helper(name: string, ...operands: readonly (Value | Bit)[]): Value {
    for (const operand of operands) {
      if ('width' in operand && operand.width === 64) {
        throw new Error(`helper ${name}: pass 64-bit values through the scratch area`);
      }
    }
    const index = this.#services.helper(name, operands.length);
    return this.value(32, () => {
      for (const operand of operands) this.code.get(operand.local);
      this.code.call(index);
    });
  }

  divideWide(high: Value, low: Value, divisor: Value): Value {
    return this.value(64, () => {
      this.code.get(high.local).get(low.local).get(divisor.local).call(this.#services.divideWide);
    });
  }

  multiplyHigh(a: Value, b: Value, signed: boolean): Value {
    const index = signed ? this.#services.multiplyHighSigned : this.#services.multiplyHigh;
    return this.value(64, () => this.code.get(a.local).get(b.local).call(index));
  }

  #access(address: Value, bytes: number, write: boolean, act: (host: number) => void): void {
    const host = this.code.local('i32');
    const quick = (): void => act(host);
    const slow = write ? () => this.emitSlowStore(quick) : quick;
    this.translate(address, bytes, write, { host, quick, slow });
  }

  /** Translates an address for an access of so many bytes, or faults. */
  protected translate(
    address: Value,
    bytes: number,
    write: boolean,
    { host, quick, slow }: Access,
  ): void {
    const { code } = this;
    const entry = code.local('i32');
    // entries are 32 bytes: the page number's low bits, times 32, from one shift and one mask
    code.get(address.local).i64(7n).op('i64.shr_u').op('i32.wrap_i64');
    code.i32((TLB_DATA_ENTRIES - 1) << 5).op('i32.and');
    this.pushTlb();
    code.op('i32.add').set(entry);
    code.get(address.local);
    if (bytes > 1) code.i64(BigInt(bytes - 1)).op('i64.add');
    code
      .i64(-4096n)
      .op('i64.and')
      .get(entry)
      .access('i64.load', write ? 8 : 0);
    code.op('i64.eq').ifHinted(true);
    code.get(address.local).op('i32.wrap_i64').get(entry).access('i32.load', 16);
    code.op('i32.add').set(host);
    quick();
    code.else();
    code.get(address.local).i32(bytes);
    code.call(write ? this.#services.slowWrite : this.#services.slowRead);
    code.tee(host).op('i32.eqz').ifHinted(false);
    this.emitFault();
    code.end();
    slow();
    code.end();
  }
}
