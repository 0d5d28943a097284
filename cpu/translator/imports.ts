// What the code of a region calls: functions of the interpreter's module, of the MMU, and helpers.
import { HELPERS } from '../helpers/names.js';
import type { ModuleBuilder, Signature } from '../wasm/module.js';
import type { TranslatorServices } from './semantics.js';

const ENGINE_FUNCTIONS = {
  slowRead: { params: ['i64', 'i32'], results: ['i32'] },
  slowWrite: { params: ['i64', 'i32'], results: ['i32'] },
  multiplyHigh: { params: ['i64', 'i64'], results: ['i64'] },
  multiplyHighSigned: { params: ['i64', 'i64'], results: ['i64'] },
  flagsOf: { params: ['i32', 'i64', 'i64', 'i64'], results: ['i32'] },
  regionAt: { params: ['i64'], results: ['i32'] },
} as const satisfies Record<string, Signature>;

/** Functions of the engine and helpers, imported into a region's module when first used. */
export function services(module: ModuleBuilder): TranslatorServices {
  const imports = new Map<string, number>();
  const imported = (from: string, name: string, signature: Signature): number => {
    let index = imports.get(name);
    if (index === undefined) {
      index = module.importFunction(from, name, signature);
      imports.set(name, index);
    }
    return index;
  };
  const engine = (name: keyof typeof ENGINE_FUNCTIONS): number =>
    imported('engine', name, ENGINE_FUNCTIONS[name]);
  return {
    get slowRead() {
      return engine('slowRead');
    },
    get slowWrite() {
      return engine('slowWrite');
    },
    get multiplyHigh() {
      return engine('multiplyHigh');
    },
    get multiplyHighSigned() {
      return engine('multiplyHighSigned');
    },
    get flagsOf() {
      return engine('flagsOf');
    },
    get regionAt() {
      return engine('regionAt');
    },
    get writesCode() {
      return imported('mmu', 'writesCode', { params: [], results: ['i32'] });
    },
    get finishWrite() {
      return imported('mmu', 'completeWrite', { params: [], results: [] });
    },
    ahead: (name) =>
      imported('engine', name, { params: ['i64', 'i64', 'i64', 'i32'], results: ['i32'] }),
    helper: (name, operands) => {
      if (HELPERS[name] !== operands) throw new Error(`${name} does not take ${operands} operands`);
      const params = new Array<'i32'>(operands).fill('i32');
      return imported('helper', name, { params, results: ['i32'] });
    },
  };
}
