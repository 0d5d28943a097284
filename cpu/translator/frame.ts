// The locals of a translated function in which guest state lives, and their way to and from memory.
import { FLAGS_A, FLAGS_B, FLAGS_KIND, FLAGS_RESULT, XMM } from '../layout.js';
import type { Code } from '../wasm/code.js';

export class Frame {
  readonly gprs: readonly number[];
  readonly xmms: readonly number[];
  /** What FLAGS_KIND, FLAGS_RESULT, FLAGS_A and FLAGS_B hold in memory. */
  readonly flags: {
    readonly kind: number;
    readonly result: number;
    readonly a: number;
    readonly b: number;
  };
  /** Registers that the code reads or writes, and those that it writes; known when it is complete. */
  readonly usedGprs = new Set<number>();
  readonly writtenGprs = new Set<number>();
  readonly usedXmms = new Set<number>();
  readonly writtenXmms = new Set<number>();
  readonly #code: Code;

  constructor(code: Code) {
    this.#code = code;
    this.gprs = Array.from({ length: 16 }, () => code.local('i64'));
    this.xmms = Array.from({ length: 16 }, () => code.local('v128'));
    this.flags = {
      kind: code.local('i32'),
      result: code.local('i64'),
      a: code.local('i64'),
      b: code.local('i64'),
    };
  }

  /** Registers that may have changed into the register file. */
  store(): void {
    const code = this.#code;
    code.defer(() => {
      for (const index of sorted(this.writtenGprs)) {
        const at = index * 8;
        code.i32(0).get(this.gprs[index]).access('i64.store', at);
      }
      for (const index of sorted(this.writtenXmms)) {
        const at = XMM + index * 16;
        code.i32(0).get(this.xmms[index]).access('v128.store', at);
      }
    });
  }

  /** Registers that the code uses from the register file. */
  load(): void {
    const code = this.#code;
    code.defer(() => {
      for (const index of sorted(this.usedGprs)) {
        const at = index * 8;
        code.i32(0).access('i64.load', at).set(this.gprs[index]);
      }
      for (const index of sorted(this.usedXmms)) {
        const at = XMM + index * 16;
        code.i32(0).access('v128.load', at).set(this.xmms[index]);
      }
    });
  }

  storeFlags(): void {
    const { kind, result, a, b } = this.flags;
    this.#code.i32(0).get(kind).access('i32.store', FLAGS_KIND);
    this.#code.i32(0).get(result).access('i64.store', FLAGS_RESULT);
    this.#code.i32(0).get(a).access('i64.store', FLAGS_A);
    this.#code.i32(0).get(b).access('i64.store', FLAGS_B);
  }

  /** Pushes kind, result, a and b as the register file holds them. */
  pushFlags(): void {
    this.#code.i32(0).access('i32.load', FLAGS_KIND).i32(0).access('i64.load', FLAGS_RESULT);
    this.#code.i32(0).access('i64.load', FLAGS_A).i32(0).access('i64.load', FLAGS_B);
  }

  loadFlags(): void {
    const { kind, result, a, b } = this.flags;
    this.#code.i32(0).access('i32.load', FLAGS_KIND).set(kind);
    this.#code.i32(0).access('i64.load', FLAGS_RESULT).set(result);
    this.#code.i32(0).access('i64.load', FLAGS_A).set(a);
    this.#code.i32(0).access('i64.load', FLAGS_B).set(b);
  }
}

const sorted = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
