// The body of a WebAssembly function. Values live in locals: an operation takes locals (or constants)
// and leaves its result in a fresh one, which the engine's register allocator sees through.
import {
  ACCESS,
  type AccessOp,
  LANE,
  type LaneOp,
  NUMERIC,
  type NumericOp,
  TYPE_CODE,
  type ValueType,
  VECTOR,
  type VectorOp,
} from './opcodes.js';
import { ByteWriter } from './writer.js';

const EMPTY_BLOCK = 0x40;

/** Which way an `if` or `br_if` mostly goes. */
export interface BranchHint {
  /** Of the instruction, in bytes from the beginning of the function's body. */
  readonly offset: number;
  readonly likely: boolean;
}

/** Locals taken together, to be given back together. */
export type LocalScope = { readonly type: ValueType; readonly local: number }[];

export class Code {
  #writer = new ByteWriter();
  /** What lies before the writer's bytes: bytes, and what is emitted there at the end. */
  readonly #parts: (Uint8Array | (() => void))[] = [];
  readonly #free = new Map<ValueType, number[]>();
  /** How many blocks, loops and ifs are open. */
  depth = 0;
  /** What notes the locals taken from now on, if anything does. */
  scope: LocalScope | undefined;
  readonly #locals: ValueType[] = [];
  /** Hints, by where they lie in which part. */
  readonly #hints: (BranchHint & { readonly part: number })[] = [];
  readonly #params: number;

  constructor(params: number) {
    this.#params = params;
  }

  /** A local variable; its value is arbitrary where it was used before. */
  local(type: ValueType): number {
    const free = this.#free.get(type)?.pop();
    const local = free ?? this.#params + this.#locals.push(type) - 1;
    this.scope?.push({ type, local });
    return local;
  }

  /** Gives back the locals of a scope. */
  release(scope: LocalScope): void {
    for (const { type, local } of scope) {
      const free = this.#free.get(type);
      if (free === undefined) this.#free.set(type, [local]);
      else free.push(local);
    }
    scope.length = 0;
  }

  /** Emits at this place, but only when everything else has been emitted. */
  defer(emit: () => void): void {
    this.#parts.push(this.#writer.finish(), emit);
    this.#writer = new ByteWriter();
  }

  get(local: number): this {
    this.#writer.byte(0x20);
    this.#writer.unsigned(local);
    return this;
  }

  set(local: number): this {
    this.#writer.byte(0x21);
    this.#writer.unsigned(local);
    return this;
  }

  tee(local: number): this {
    this.#writer.byte(0x22);
    this.#writer.unsigned(local);
    return this;
  }

  i32(value: number): this {
    this.#writer.byte(0x41);
    this.#writer.signed(value);
    return this;
  }

  i64(value: bigint): this {
    this.#writer.byte(0x42);
    this.#writer.signed64(value);
    return this;
  }

  f32Bits(bits: number): this {
    return this.i32(bits).op('f32.reinterpret_i32');
  }

  f64Bits(bits: bigint): this {
    return this.i64(bits).op('f64.reinterpret_i64');
  }

  /** A vector constant of 16 bytes. */
  v128(bytes: ArrayLike<number>): this {
    this.#vector(0x0c);
    this.#writer.bytes(bytes);
    return this;
  }

  op(name: NumericOp | VectorOp): this {
    if (name in NUMERIC) {
      const code = NUMERIC[name as NumericOp];
      if (code > 0xff) {
        this.#writer.byte(0xfc);
        this.#writer.unsigned(code & 0xff);
      } else {
        this.#writer.byte(code);
      }
    } else {
      this.#vector(VECTOR[name as VectorOp]);
    }
    return this;
  }

  lane(name: LaneOp, lane: number): this {
    this.#vector(LANE[name]);
    this.#writer.byte(lane);
    return this;
  }

  /** Picks 16 of the 32 bytes of two vectors. */
  shuffle(lanes: ArrayLike<number>): this {
    this.#vector(0x0d);
    this.#writer.bytes(lanes);
    return this;
  }

  /** A load or store; its alignment hint is one byte, because the guest's addresses are arbitrary. */
  access(name: AccessOp, offset = 0): this {
    const [code] = ACCESS[name];
    if (code > 0xff) this.#vector(code & 0xff);
    else this.#writer.byte(code);
    this.#writer.unsigned(0);
    this.#writer.unsigned(offset);
    return this;
  }

  select(): this {
    this.#writer.byte(0x1b);
    return this;
  }

  drop(): this {
    this.#writer.byte(0x1a);
    return this;
  }

  /** An `if` whose condition mostly holds, or mostly does not. */
  ifHinted(likely: boolean, result?: ValueType): this {
    this.#hints.push({ part: this.#parts.length, offset: this.#writer.length, likely });
    return this.if(result);
  }

  if(result?: ValueType): this {
    this.depth++;
    this.#writer.byte(0x04);
    this.#writer.byte(result === undefined ? EMPTY_BLOCK : TYPE_CODE[result]);
    return this;
  }

  else(): this {
    this.#writer.byte(0x05);
    return this;
  }

  end(): this {
    this.depth--;
    this.#writer.byte(0x0b);
    return this;
  }

  block(result?: ValueType): this {
    this.depth++;
    this.#writer.byte(0x02);
    this.#writer.byte(result === undefined ? EMPTY_BLOCK : TYPE_CODE[result]);
    return this;
  }

  loop(): this {
    this.depth++;
    this.#writer.byte(0x03);
    this.#writer.byte(EMPTY_BLOCK);
    return this;
  }

  br(depth: number): this {
    this.#writer.byte(0x0c);
    this.#writer.unsigned(depth);
    return this;
  }

  brIf(depth: number): this {
    this.#writer.byte(0x0d);
    this.#writer.unsigned(depth);
    return this;
  }

  /** A `br_if` whose condition mostly holds, or mostly does not. */
  brIfHinted(likely: boolean, depth: number): this {
    this.#hints.push({ part: this.#parts.length, offset: this.#writer.length, likely });
    return this.brIf(depth);
  }

  brTable(depths: readonly number[], otherwise: number): this {
    this.#writer.byte(0x0e);
    this.#writer.unsigned(depths.length);
    for (const depth of depths) this.#writer.unsigned(depth);
    this.#writer.unsigned(otherwise);
    return this;
  }

  return(): this {
    this.#writer.byte(0x0f);
    return this;
  }

  unreachable(): this {
    this.#writer.byte(0x00);
    return this;
  }

  call(index: number): this {
    this.#writer.byte(0x10);
    this.#writer.unsigned(index);
    return this;
  }

  callIndirect(type: number, table = 0): this {
    this.#writer.byte(0x11);
    this.#writer.unsigned(type);
    this.#writer.unsigned(table);
    return this;
  }

  returnCall(index: number): this {
    this.#writer.byte(0x12);
    this.#writer.unsigned(index);
    return this;
  }

  returnCallIndirect(type: number, table = 0): this {
    this.#writer.byte(0x13);
    this.#writer.unsigned(type);
    this.#writer.unsigned(table);
    return this;
  }

  memoryCopy(): this {
    this.#writer.bytes([0xfc, 10, 0, 0]);
    return this;
  }

  memoryFill(): this {
    this.#writer.bytes([0xfc, 11, 0]);
    return this;
  }

  /** Appends size, locals and body, as the code section wants them; tells the hints. */
  writeTo(out: ByteWriter): BranchHint[] {
    const parts = this.#parts.map((part) => (typeof part === 'function' ? this.#late(part) : part));
    const body = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    body.unsigned(runs.length);
    for (const { type, count } of runs) {
      body.unsigned(count);
      body.byte(TYPE_CODE[type]);
    }
    const starts = parts.map((part) => {
      const start = body.length;
      body.bytes(part);
      return start;
    });
    starts.push(body.length);
    body.bytes(this.#writer.finish());
    body.byte(0x0b);
    out.unsigned(body.length);
    out.bytes(body.finish());
    return this.#hints.map(({ part, offset, likely }) => ({
      offset: starts[part] + offset,
      likely,
    }));
  }

  #late(emit: () => void): Uint8Array {
    const writer = this.#writer;
    this.#writer = new ByteWriter();
    emit();
    const bytes = this.#writer.finish();
    this.#writer = writer;
    return bytes;
  }

  #vector(code: number): void {
    this.#writer.byte(0xfd);
    this.#writer.unsigned(code);
  }
}
