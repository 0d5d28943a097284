// The locals of a translated function in which guest state lives, and their way to and from memory.
import { FLAGS_A, FLAGS_B, FLAGS_KIND, FLAGS_RESULT, XMM } from '../layout.js';
import type { Code } from '../wasm/code.js';

interface Dirty {
  readonly gprs: Set<number>;
  readonly xmms: Set<number>;
}

export class Frame {
  readonly gprs: readonly number[];
  readonly xmms: readonly number[];
  /** What TLB_DATA holds, which does not change while translated code runs. */
  readonly tlb: number;
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
  /**
   * Registers written since the register file was last up to date, on the way that leads here; or
   * undefined where several ways meet: then all that are ever written may be.
   */
  dirty: Dirty | undefined = { gprs: new Set(), xmms: new Set() };
  readonly #code: Code;

  constructor(code: Code) {
    this.#code = code;
    this.gprs = Array.from({ length: 16 }, () => code.local('i64'));
    this.xmms = Array.from({ length: 16 }, () => code.local('v128'));
    this.tlb = code.local('i32');
    this.flags = {
      kind: code.local('i32'),
      result: code.local('i64'),
      a: code.local('i64'),
      b: code.local('i64'),
    };
  }

  useGpr(index: number): number {
    this.usedGprs.add(index);
    return this.gprs[index];
  }

  writeGpr(index: number): number {
    this.writtenGprs.add(index);
    this.dirty?.gprs.add(index);
    return this.useGpr(index);
  }

  useXmm(index: number): number {
    this.usedXmms.add(index);
    return this.xmms[index];
  }

  writeXmm(index: number): number {
    this.writtenXmms.add(index);
    this.dirty?.xmms.add(index);
    return this.useXmm(index);
  }

  /** Registers that may have changed on the way here into the register file. */
  storeDirty(): void {
    if (this.dirty === undefined) this.store();
    else this.#store(this.dirty);
  }

  /** Registers that may have changed on any way into the register file. */
  store(): void {
    const all = { gprs: this.writtenGprs, xmms: this.writtenXmms };
    this.#code.defer(() => this.#store(all));
  }

  /** Says that the register file is up to date. */
  clean(): void {
    this.dirty = { gprs: new Set(), xmms: new Set() };
  }

  /** Emits one way that control may go; for the others, what is dirty is as it was. */
  divert(emit: () => void): void {
    const before = this.dirty;
    this.dirty = before && { gprs: new Set(before.gprs), xmms: new Set(before.xmms) };
    emit();
    this.dirty = before;
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

  #store({ gprs, xmms }: Dirty): void {
    const code = this.#code;
    for (const index of sorted(gprs)) {
      const at = index * 8;
      code.i32(0).get(this.gprs[index]).access('i64.store', at);
    }
    for (const index of sorted(xmms)) {
      const at = XMM + index * 16;
      code.i32(0).get(this.xmms[index]).access('v128.store', at);
    }
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
