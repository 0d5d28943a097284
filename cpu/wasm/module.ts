// Builds WebAssembly modules: types, imports, functions, one table, exports. Binary format 5.5.
import { type BranchHint, Code } from './code.js';
import { TYPE_CODE, type ValueType } from './opcodes.js';
import { ByteWriter } from './writer.js';

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

const SECTION = { type: 1, import: 2, function: 3, table: 4, export: 7, element: 9, code: 10 };

/** A module under construction. Functions are numbered imports first, in order of declaration. */
export class ModuleBuilder {
  readonly #types = new Map<string, number>();
  readonly #signatures: Signature[] = [];
  readonly #imports: { module: string; name: string; type: number }[] = [];
  readonly #functions: { type: number; code: Code | undefined }[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  #elements: readonly number[] = [];
  #importedTable: { readonly name: string; readonly size: number } | undefined;

  /** Index of a function type. */
  type(signature: Signature): number {
    const key = `${signature.params.join()}>${signature.results.join()}`;
    let index = this.#types.get(key);
    if (index === undefined) {
      index = this.#signatures.push(signature) - 1;
      this.#types.set(key, index);
    }
    return index;
  }

  /** Imports a function; all imports come before the first function. */
  importFunction(module: string, name: string, signature: Signature): number {
    if (this.#functions.length > 0) throw new Error(`import of ${name} after a function`);
    return this.#imports.push({ module, name, type: this.type(signature) }) - 1;
  }

  /** Uses a table of the embedder, of at least `size` elements, as table 0. */
  importTable(name: string, size: number): void {
    this.#importedTable = { name, size };
  }

  /** Declares a function, so that others can call it before it has a body. */
  declare(signature: Signature): number {
    const index = this.#functions.push({ type: this.type(signature), code: undefined }) - 1;
    return this.#imports.length + index;
  }

  /** Adds a function whose body has been emitted; gives its index. */
  add(signature: Signature, code: Code): number {
    const index = this.declare(signature);
    this.#functions[index - this.#imports.length].code = code;
    return index;
  }

  /** The empty body of a declared function. */
  define(index: number): Code {
    const entry = this.#functions[index - this.#imports.length];
    entry.code = new Code(this.#signatures[entry.type].params.length);
    return entry.code;
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** Gives the module a table of its own, after an imported one: element i is `indices[i]`. */
  table(indices: readonly number[]): void {
    this.#elements = indices;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, count: number, write: (w: ByteWriter) => void): void => {
      const body = new ByteWriter();
      body.unsigned(count);
      write(body);
      out.byte(id);
      out.unsigned(body.length);
      out.bytes(body.finish());
    };
    section(SECTION.type, this.#signatures.length, (w) => {
      for (const { params, results } of this.#signatures) {
        w.byte(0x60);
        w.unsigned(params.length);
        for (const type of params) w.byte(TYPE_CODE[type]);
        w.unsigned(results.length);
        for (const type of results) w.byte(TYPE_CODE[type]);
      }
    });
    const tables = this.#importedTable === undefined ? 0 : 1;
    section(SECTION.import, this.#imports.length + 1 + tables, (w) => {
      w.name('env');
      w.name('memory');
      w.bytes([2, 0]);
      w.unsigned(1);
      if (this.#importedTable !== undefined) {
        w.name('env');
        w.name(this.#importedTable.name);
        w.bytes([1, 0x70, 0]);
        w.unsigned(this.#importedTable.size);
      }
      for (const { module, name, type } of this.#imports) {
        w.name(module);
        w.name(name);
        w.byte(0);
        w.unsigned(type);
      }
    });
    section(SECTION.function, this.#functions.length, (w) => {
      for (const { type } of this.#functions) w.unsigned(type);
    });
    if (this.#elements.length > 0) {
      section(SECTION.table, 1, (w) => {
        w.bytes([0x70, 1]);
        w.unsigned(this.#elements.length);
        w.unsigned(this.#elements.length);
      });
    }
    section(SECTION.export, this.#exports.length, (w) => {
      for (const { name, index } of this.#exports) {
        w.name(name);
        w.byte(0);
        w.unsigned(index);
      }
    });
    if (this.#elements.length > 0) {
      section(SECTION.element, 1, (w) => {
        // active, for a table by number, from index 0, of functions
        w.bytes([2, tables, 0x41, 0, 0x0b, 0]);
        w.unsigned(this.#elements.length);
        for (const index of this.#elements) w.unsigned(index);
      });
    }
    const bodies = new ByteWriter();
    const hints = this.#functions.map(({ code }) => {
      if (code === undefined) throw new Error('a declared function has no body');
      return code.writeTo(bodies);
    });
    this.#hintSection(out, hints);
    section(SECTION.code, this.#functions.length, (w) => w.bytes(bodies.finish()));
    return new Uint8Array(out.finish());
  }

  /** The custom section of the branch-hinting proposal; engines that do not know it skip it. */
  #hintSection(out: ByteWriter, hints: readonly (readonly BranchHint[])[]): void {
    const body = new ByteWriter();
    body.name('metadata.code.branch_hint');
    body.unsigned(hints.filter(({ length }) => length > 0).length);
    hints.forEach((list, index) => {
      if (list.length === 0) return;
      body.unsigned(this.#imports.length + index);
      body.unsigned(list.length);
      for (const { offset, likely } of list) {
        body.unsigned(offset);
        body.bytes([1, likely ? 1 : 0]);
      }
    });
    out.byte(0);
    out.unsigned(body.length);
    out.bytes(body.finish());
  }
}
