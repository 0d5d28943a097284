// Vectors and floats of the guest: operations on them are WebAssembly's, by their names.
import type { NumericOp, VectorOp } from '../wasm/opcodes.js';
import { foldVector, shuffleOf } from './fold.js';
import { type Bit, type Float, type Value, Values, type Vector, type Width } from './values.js';

export abstract class Vectors extends Values {
  vector(op: VectorOp, ...operands: readonly (Vector | Value | Float)[]): Vector {
    const known = operands.map((operand) => ('precision' in operand ? undefined : operand.known));
    if (known.every((each) => each !== undefined)) {
      const folded = foldVector(op, known);
      if (folded !== undefined) return this.vectorConstant(folded);
    }
    const last = known.at(-1);
    const lanes = last instanceof Uint8Array ? shuffleOf(op, last) : undefined;
    const [a, b] = operands;
    if (lanes !== undefined && 'vector' in a && 'vector' in b) {
      return this.shuffle(a, op === 'v128.bitselect' ? b : this.zeroVector(), lanes);
    }
    return this.newVector(() => {
      for (const operand of operands) this.code.get(operand.local);
      this.code.op(op);
    });
  }

  /** A vector operation whose result is an i32: a bitmask or a test. */
  vectorTest(op: VectorOp, operand: Vector): Value {
    return this.value(32, () => this.code.get(operand.local).op(op));
  }

  /** A float of these bits. */
  floatConstant(precision: 32 | 64, bits: bigint): Float {
    return this.newFloat(precision, () => {
      if (precision === 32) this.code.f32Bits(Number(bits) | 0);
      else this.code.f64Bits(bits);
    });
  }

  vectorConstant(bytes: ArrayLike<number>): Vector {
    return { ...this.newVector(() => this.code.v128(bytes)), known: Uint8Array.from(bytes) };
  }

  zeroVector(): Vector {
    return this.vectorConstant(new Uint8Array(16));
  }

  shuffle(a: Vector, b: Vector, lanes: ArrayLike<number>): Vector {
    return this.newVector(() => this.code.get(a.local).get(b.local).shuffle(lanes));
  }

  extractLane(a: Vector, width: Width, lane: number): Value {
    return this.value(width, () => {
      this.code.get(a.local);
      if (width === 64) this.code.lane('i64x2.extract_lane', lane);
      else if (width === 32) this.code.lane('i32x4.extract_lane', lane);
      else if (width === 16) this.code.lane('i16x8.extract_lane_u', lane);
      else this.code.lane('i8x16.extract_lane_u', lane);
    });
  }

  replaceLane(a: Vector, value: Value, lane: number): Vector {
    return this.newVector(() => {
      this.code.get(a.local).get(value.local);
      if (value.width === 64) this.code.lane('i64x2.replace_lane', lane);
      else if (value.width === 32) this.code.lane('i32x4.replace_lane', lane);
      else if (value.width === 16) this.code.lane('i16x8.replace_lane', lane);
      else this.code.lane('i8x16.replace_lane', lane);
    });
  }

  extractFloat(a: Vector, precision: 32 | 64, lane: number): Float {
    return this.newFloat(precision, () =>
      this.code
        .get(a.local)
        .lane(precision === 32 ? 'f32x4.extract_lane' : 'f64x2.extract_lane', lane),
    );
  }

  replaceFloat(a: Vector, value: Float, lane: number): Vector {
    return this.newVector(() =>
      this.code
        .get(a.local)
        .get(value.local)
        .lane(value.precision === 32 ? 'f32x4.replace_lane' : 'f64x2.replace_lane', lane),
    );
  }

  /** A scalar operation whose result is a float. */
  float(precision: 32 | 64, op: NumericOp, ...operands: readonly (Float | Value)[]): Float {
    return this.newFloat(precision, () => {
      for (const operand of operands) this.code.get(operand.local);
      this.code.op(op);
    });
  }

  /** A scalar operation on floats whose result is an integer. */
  integer(width: Width, op: NumericOp, ...operands: readonly (Float | Value)[]): Value {
    return this.value(width, () => {
      for (const operand of operands) this.code.get(operand.local);
      this.code.op(op);
    });
  }

  compareFloats(op: NumericOp, a: Float, b: Float): Bit {
    return this.bit(() => this.code.get(a.local).get(b.local).op(op));
  }

  selectVector(condition: Bit, ifSet: Vector, ifClear: Vector): Vector {
    if (condition.known !== undefined) {
      const { known, local } = condition.known ? ifSet : ifClear;
      return { ...this.newVector(() => this.code.get(local)), known };
    }
    return this.newVector(() =>
      this.code.get(ifSet.local).get(ifClear.local).get(condition.local).select(),
    );
  }

  // Plumbing

  newVector(emit: () => void): Vector {
    emit();
    const local = this.code.local('v128');
    this.code.set(local);
    return { vector: true, local };
  }

  newFloat(precision: 32 | 64, emit: () => void): Float {
    emit();
    const local = this.code.local(precision === 32 ? 'f32' : 'f64');
    this.code.set(local);
    return { precision, local };
  }
}
