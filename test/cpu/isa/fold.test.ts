import { expect } from 'chai';
import fc from 'fast-check';
import { foldVector, shuffleOf } from '../../../cpu/isa/fold.js';
import type { Code } from '../../../cpu/wasm/code.js';
import { ModuleBuilder } from '../../../cpu/wasm/module.js';
import type { VectorOp } from '../../../cpu/wasm/opcodes.js';

/** What is used of it; its types come with those of browsers only. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: { run(): void } };
};

/** The 16 bytes that code leaves on WebAssembly's stack. */
function executed(emit: (code: Code) => void): Uint8Array {
  const module = new ModuleBuilder();
  const index = module.declare({ params: [], results: [] });
  const code = module.define(index).i32(0);
  emit(code);
  code.access('v128.store', 0);
  module.export('run', index);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), {
    env: { memory },
  });
  instance.exports.run();
  return new Uint8Array(memory.buffer, 0, 16);
}

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const OPTIONS = { numRuns: 20 };

describe('folding of vectors', () => {
  const binary: readonly VectorOp[] = [
    ...(['i8x16.add', 'i8x16.sub', 'i32x4.add', 'i32x4.mul', 'v128.and', 'v128.or'] as const),
    ...(['i8x16.eq', 'i16x8.eq', 'i32x4.eq', 'i64x2.eq', 'i16x8.narrow_i32x4_s'] as const),
  ];
  for (const op of binary) {
    it(`gives what ${op} does`, () => {
      fc.assert(
        fc.property(bytes, bytes, (a, b) => {
          const real = executed((code) => code.v128(a).v128(b).op(op));
          expect(foldVector(op, [a, b])).to.deep.equal(real);
          expect(foldVector(op, [a, a])).to.deep.equal(
            executed((code) => code.v128(a).v128(a).op(op)),
          );
        }),
        OPTIONS,
      );
    });
  }

  it('gives what shifts and splats do', () => {
    fc.assert(
      fc.property(bytes, fc.nat(31), (a, count) => {
        const shifted = executed((code) => code.v128(a).i32(count).op('i32x4.shr_u'));
        expect(foldVector('i32x4.shr_u', [a, BigInt(count)])).to.deep.equal(shifted);
        const splat = executed((code) => code.i32(count * 77).op('i16x8.splat'));
        expect(foldVector('i16x8.splat', [BigInt(count * 77)])).to.deep.equal(splat);
      }),
      OPTIONS,
    );
  });

  it('makes shuffles of swizzles and selections', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (a, b, control) => {
        const zero = new Uint8Array(16);
        const swizzled = executed((code) => code.v128(a).v128(control).op('i8x16.swizzle'));
        const indices = shuffleOf('i8x16.swizzle', control) ?? [];
        expect(executed((code) => code.v128(a).v128(zero).shuffle(indices))).to.deep.equal(
          swizzled,
        );
        const mask = control.map((byte) => (byte < 128 ? 0 : 0xff));
        const selected = executed((code) => code.v128(a).v128(b).v128(mask).op('v128.bitselect'));
        const lanes = shuffleOf('v128.bitselect', mask) ?? [];
        expect(executed((code) => code.v128(a).v128(b).shuffle(lanes))).to.deep.equal(selected);
      }),
      OPTIONS,
    );
  });

  it('leaves other operations and masks of bits alone', () => {
    const zero = new Uint8Array(16);
    expect(foldVector('f32x4.add', [zero, zero])).to.equal(undefined);
    expect(
      shuffleOf(
        'v128.bitselect',
        zero.map(() => 0x0f),
      ),
    ).to.equal(undefined);
  });
});
