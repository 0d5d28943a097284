// Memory in translated code: the page of the stack is compared with before the TLB is asked, and what
// would change code is left to the interpreter.
import { type Access, EngineSemantics, type Services, type Window } from '../engine/semantics.js';
import type { Value } from '../isa/values.js';
import { STACK_HOST, STACK_LIMIT, STACK_PAGE, WRITE_PENDING } from '../layout.js';
import type { Code } from '../wasm/code.js';

export interface TranslatorServices extends Services {
  /** (kind, result, a, b) -> flags. */
  readonly flagsOf: number;
  /** (address) -> number of the region there, or 0. */
  readonly regionAt: number;
  /** By name: (destination, source, count, budget) -> iterations done. */
  readonly ahead: (name: string) => number;
  /** (address, bytes) -> linear address or 0: see cpu/engine/stack-page.ts. */
  readonly stackRead: number;
  readonly stackWrite: number;
  /** () -> would the write under way change code? */
  readonly writesCode: number;
  /** () -> () */
  readonly finishWrite: number;
}

export abstract class TranslatorMemory extends EngineSemantics {
  readonly #services: TranslatorServices;
  /** Addresses that most likely are the stack's. */
  readonly #onStack = new WeakSet<Value>();

  constructor(code: Code, services: TranslatorServices) {
    super(code, services);
    this.#services = services;
  }

  /** Emits leaving before the instruction, which only the interpreter may carry out this time. */
  protected abstract decline(): void;

  protected liesOnStack(address: Value): void {
    this.#onStack.add(address);
  }

  override add(a: Value, b: Value): Value {
    return this.#beside(a, b, super.add(a, b));
  }

  override subtract(a: Value, b: Value): Value {
    return this.#beside(a, b, super.subtract(a, b));
  }

  /** What lies at a known distance from something on the stack does so, too. */
  #beside(a: Value, b: Value, result: Value): Value {
    if (b.known !== undefined && this.#onStack.has(a)) this.#onStack.add(result);
    return result;
  }

  /** An address on the stack is compared with the page that the stack was last seen on. */
  protected override translate(
    address: Value,
    bytes: number,
    write: boolean,
    access: Access,
  ): void {
    if (bytes > 16 || !this.#onStack.has(address)) {
      super.translate(address, bytes, write, access);
      return;
    }
    const { code } = this;
    const { host, quick, slow } = access;
    const offset = code.local('i64');
    code.get(address.local).i32(0).access('i64.load', STACK_PAGE).op('i64.sub').tee(offset);
    // the limit is for eight bytes: of more, the ninth must be below it, too
    if (bytes > 8) code.get(offset).i64(8n).op('i64.add').op('i64.or');
    code.i32(0).access('i64.load', STACK_LIMIT).op('i64.lt_u').ifHinted(true);
    code
      .get(offset)
      .op('i32.wrap_i64')
      .i32(0)
      .access('i32.load', STACK_HOST)
      .op('i32.add')
      .set(host);
    quick();
    code.else();
    code.get(address.local).i32(bytes);
    code.call(write ? this.#services.stackWrite : this.#services.stackRead);
    code.tee(host).op('i32.eqz').ifHinted(false);
    this.emitFault();
    code.end();
    slow();
    code.end();
  }

  protected emitSlowStore(store: () => void): void {
    this.#declineWritingCode();
    store();
    this.code.i32(0).access('i32.load', WRITE_PENDING).if();
    this.code.call(this.#services.finishWrite).end();
  }

  protected window(address: Value, bytes: number): Window {
    const host = this.code.local('i32');
    this.translate(address, bytes, true, {
      host,
      quick: () => {},
      slow: () => {
        this.code.i32(0).access('i32.load', WRITE_PENDING).if();
        this.decline();
        this.code.end();
      },
    });
    return { host, finish: () => {} };
  }

  /** What changes code is left to the interpreter, which looks again before it goes on. */
  #declineWritingCode(): void {
    this.code.i32(0).access('i32.load', WRITE_PENDING).if();
    this.code.call(this.#services.writesCode).if();
    this.decline();
    this.code.end().end();
  }
}
