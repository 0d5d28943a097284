// What the code of a region calls: functions of the interpreter's module, through which it also
// reaches the MMU and the helpers.
import { HELPERS } from '../helpers/names.js';
import type { ModuleBuilder, Signature } from '../wasm/module.js';
import type { TranslatorServices } from './memory.js';

const ENGINE_FUNCTIONS = {
  slowRead: { params: ['i64', 'i32'], results: ['i32'] },
  slowWrite: { params: ['i64', 'i32'], results: ['i32'] },
  stackRead: { params: ['i64', 'i32'], results: ['i32'] },
  stackWrite: { params: ['i64', 'i32'], results: ['i32'] },
  multiplyHigh: { params: ['i64', 'i64'], results: ['i64'] },
  multiplyHighSigned: { params: ['i64', 'i64'], results: ['i64'] },
  divideWide: { params: ['i64', 'i64', 'i64'], results: ['i64'] },
  flagsOf: { params: ['i32', 'i64', 'i64', 'i64'], results: ['i32'] },
  regionAt: { params: ['i64'], results: ['i32'] },
} as const satisfies Record<string, Signature>;

/** Functions of the engine and helpers, imported into a region's module when first used. */
export function services(module: ModuleBuilder): TranslatorServices {
  const imports = new Map<string, number>();
  const imported = (name: string, signature: Signature): number => {
    let index = imports.get(name);
    if (index === undefined) {
      index = module.importFunction('engine', name, signature);
      imports.set(name, index);
    }
    return index;
  };
  const engine = (name: keyof typeof ENGINE_FUNCTIONS): number =>
    imported(name, ENGINE_FUNCTIONS[name]);
  return {
    get slowRead() {
      return engine('slowRead');
    },
    get slowWrite() {
      return engine('slowWrite');
    },
    get stackRead() {
      return engine('stackRead');
    },
    get stackWrite() {
      return engine('stackWrite');
    },
    get multiplyHigh() {
      return engine('multiplyHigh');
    },
    get multiplyHighSigned() {
      return engine('multiplyHighSigned');
    },
    get divideWide() {
      return engine('divideWide');
    },
    get flagsOf() {
      return engine('flagsOf');
    },
    get regionAt() {
      return engine('regionAt');
    },
    get writesCode() {
      return imported('writesCode', { params: [], results: ['i32'] });
    },
    get finishWrite() {
      return imported('completeWrite', { params: [], results: [] });
    },
    ahead: (name) => imported(name, { params: ['i64', 'i64', 'i64', 'i32'], results: ['i32'] }),
    helper: (name, operands) => {
      if (HELPERS[name] !== operands) throw new Error(`${name} does not take ${operands} operands`);
      const params = new Array<'i32'>(operands).fill('i32');
      return imported(name, { params, results: ['i32'] });
    },
  };
}
