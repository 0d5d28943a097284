// The interpreter's module: one handler per operand form, and what they share. Built from the
// instruction table; its bytes depend on nothing else.
import type { Services } from '../engine/semantics.js';
import { defineStackAccess } from '../engine/stack-page.js';
import { defineSlowAccess } from '../engine/walk.js';
import { HELPERS } from '../helpers/names.js';
import { allForms, type Form } from '../isa/registry.js';
import type { Width } from '../isa/values.js';
import { ModuleBuilder, type Signature } from '../wasm/module.js';
import { declareAhead, defineAhead } from './ahead.js';
import { defineDivideWide } from './divide.js';
import { defineFlagsOf, defineFlagsWord } from './flags.js';
import { defineFlow, defineSpecial } from './flow.js';
import type { ProfileImports } from './profile.js';
import { SIMPLE_ADDRESS, SPECIAL_HANDLERS } from './record.js';
import { InterpreterSemantics } from './semantics.js';

/** Functions of the module that handlers call, by index. */
export interface Runtime extends Services {
  /** Type of a handler: (record, budget) -> exit code. */
  readonly handlerType: number;
  /** (record, budget, exit code) -> exit code: notes where the engine stopped. */
  readonly leave: number;
  /** (record) -> exit code: out of budget, RIP after, at or at the target of the instruction. */
  readonly spent: number;
  readonly spentHere: number;
  readonly spentTaken: number;
  /** (target, budget) -> exit code: one instruction less, then the record at an address. */
  readonly jump: number;
  /** (address) -> record, or 0 where nothing is decoded. */
  readonly lookup: number;
  /** (budget) -> exit code: enters at RIP. */
  readonly run: number;
  /** (record, budget) -> exit code: the record at the branch target, remembered if on this page. */
  readonly link: number;
  /** (budget) -> budget. */
  readonly finishWrite: number;
  /** () -> the six arithmetic flags. */
  readonly flagsWord: number;
  /** (destination, source address or value, count, budget) -> iterations done: see ahead.ts. */
  readonly copyAhead: Readonly<Record<Width, number>>;
  readonly fillAhead: Readonly<Record<Width, number>>;
  readonly profile: ProfileImports | undefined;
}

/** Keys of the handlers, in the order of the module's table. */
export function handlerKeys(forms: readonly Form[] = allForms()): string[] {
  return [...SPECIAL_HANDLERS, ...handlers(forms).map(({ key }) => key)];
}

/** The form of each handler of the module's table; the first ones are no instruction's. */
export function handlerForms(forms: readonly Form[] = allForms()): (Form | undefined)[] {
  return [...SPECIAL_HANDLERS.map(() => undefined), ...handlers(forms).map(({ form }) => form)];
}

interface FormHandler {
  readonly key: string;
  readonly form: Form;
  readonly simple: boolean;
}

const known = new WeakMap<readonly Form[], readonly FormHandler[]>();

/** A form with a memory operand has a second handler, for the simplest addresses. */
function handlers(forms: readonly Form[]): readonly FormHandler[] {
  const made = known.get(forms) ?? makeHandlers(forms);
  known.set(forms, made);
  return made;
}

function makeHandlers(forms: readonly Form[]): readonly FormHandler[] {
  return forms.flatMap((form) => {
    const general = { key: form.key, form, simple: false };
    const memory = form.operands.some(({ kind }) => kind === 'memory');
    return memory ? [general, { key: form.key + SIMPLE_ADDRESS, form, simple: true }] : [general];
  });
}

/** A number that changes when the table of handlers does: modules built earlier are told by it. */
export function handlersDigest(keys: readonly string[]): number {
  let digest = 0x811c9dc5;
  for (const key of keys) {
    for (let i = 0; i <= key.length; i++) {
      digest = Math.imul(digest ^ (i < key.length ? key.charCodeAt(i) : 0), 0x0100_0193);
    }
  }
  return digest;
}

/** The module's bytes; one that profiles imports what times regions, too. */
export function generateInterpreter(profiles = false): Uint8Array<ArrayBuffer> {
  const forms = allForms();
  const module = new ModuleBuilder();
  module.importTable('regions', 1);
  const runtime = declareRuntime(module, profiles);
  const handlerSignature = { params: ['i32', 'i32'], results: ['i32'] } as const;
  const table: number[] = [];
  const [unimplemented, goto, crossing, translated] = SPECIAL_HANDLERS.map(() =>
    module.declare(handlerSignature),
  );
  table.push(unimplemented, goto, crossing, translated);
  defineSpecial(module, runtime, { unimplemented, goto, crossing, translated });
  for (const { key, form, simple } of handlers(forms)) {
    const index = module.declare(handlerSignature);
    table.push(index);
    const semantics = new InterpreterSemantics(module.define(index), runtime, simple);
    try {
      form.meaning(semantics, ...form.operands);
    } catch (error) {
      throw new Error(`the meaning of '${key}': ${String(error)}`, { cause: error });
    }
    semantics.finish();
  }
  module.table(table);
  const digest = module.declare({ params: [], results: ['i32'] });
  module.define(digest).i32(handlersDigest(handlerKeys(forms)));
  module.export('digest', digest);
  return module.finish();
}

function declareRuntime(module: ModuleBuilder, profiles: boolean): Runtime {
  const read = module.importFunction('mmu', 'read', { params: ['i32'], results: ['i32'] });
  const write = module.importFunction('mmu', 'write', { params: ['i32'], results: ['i32'] });
  const finishWrite = module.importFunction('mmu', 'finishWrite', {
    params: ['i32'],
    results: ['i32'],
  });
  const completeWrite = module.importFunction('mmu', 'completeWrite', { params: [], results: [] });
  const writesCode = module.importFunction('mmu', 'writesCode', { params: [], results: ['i32'] });
  const around = (name: string): number =>
    module.importFunction('profile', name, { params: [], results: [] });
  const profile = profiles ? { begin: around('begin'), end: around('end') } : undefined;
  const helpers = new Map<string, { index: number; operands: number }>();
  for (const [name, operands] of Object.entries(HELPERS)) {
    const params = new Array<'i32'>(operands).fill('i32');
    const index = module.importFunction('helper', name, { params, results: ['i32'] });
    helpers.set(name, { index, operands });
  }
  const handlerType = module.type({ params: ['i32', 'i32'], results: ['i32'] });
  const one = { params: ['i32'], results: ['i32'] } as const;
  const two = { params: ['i32', 'i32'], results: ['i32'] } as const;
  const access = { params: ['i64', 'i32'], results: ['i32'] } as const;
  const product = { params: ['i64', 'i64'], results: ['i64'] } as const;
  const runtime: Runtime = {
    handlerType,
    leave: module.declare({ params: ['i32', 'i32', 'i32'], results: ['i32'] }),
    spent: module.declare(one),
    spentHere: module.declare(one),
    spentTaken: module.declare(one),
    jump: module.declare(access),
    lookup: module.declare({ params: ['i64'], results: ['i32'] }),
    run: module.declare(one),
    link: module.declare(two),
    slowRead: module.declare(access),
    slowWrite: module.declare(access),
    finishWrite,
    flagsWord: module.declare({ params: [], results: ['i32'] }),
    multiplyHigh: module.declare(product),
    multiplyHighSigned: module.declare(product),
    divideWide: module.declare({ params: ['i64', 'i64', 'i64'], results: ['i64'] }),
    copyAhead: declareAhead(module),
    fillAhead: declareAhead(module),
    profile,
    helper: (name, operands) => {
      const helper = helpers.get(name);
      if (helper === undefined) throw new Error(`no helper is called '${name}'`);
      if (helper.operands !== operands)
        throw new Error(`${name} takes ${helper.operands} operands`);
      return helper.index;
    },
  };
  forward(module, 'completeWrite', completeWrite, { params: [], results: [] });
  forward(module, 'writesCode', writesCode, { params: [], results: ['i32'] });
  for (const [name, { index, operands }] of helpers) {
    const params = new Array<'i32'>(operands).fill('i32');
    forward(module, name, index, { params, results: ['i32'] });
  }
  defineFlow(module, runtime);
  defineSlowAccess(module.define(runtime.slowRead), read, false);
  defineSlowAccess(module.define(runtime.slowWrite), write, true);
  const { slowRead, slowWrite } = runtime;
  const stackRead = module.declare(access);
  const stackWrite = module.declare(access);
  defineStackAccess(module.define(stackRead), slowRead, false);
  defineStackAccess(module.define(stackWrite), slowWrite, true);
  module.export('stackRead', stackRead);
  module.export('stackWrite', stackWrite);
  const flagsOf = module.declare({ params: ['i32', 'i64', 'i64', 'i64'], results: ['i32'] });
  defineFlagsOf(module, flagsOf, runtime.multiplyHighSigned);
  defineFlagsWord(module, runtime.flagsWord, flagsOf);
  module.export('flagsOf', flagsOf);
  module.export('flags', runtime.flagsWord);
  defineMultiplyHigh(module, runtime);
  defineDivideWide(module.define(runtime.divideWide));
  defineAhead(module, runtime.copyAhead, 'copy');
  defineAhead(module, runtime.fillAhead, 'fill');
  return runtime;
}

/** Exports a function that calls an imported one: a region that imports it needs no way to JavaScript. */
function forward(
  module: ModuleBuilder,
  name: string,
  imported: number,
  signature: Signature,
): void {
  const index = module.declare(signature);
  const code = module.define(index);
  signature.params.forEach((_, parameter) => {
    code.get(parameter);
  });
  code.call(imported);
  module.export(name, index);
}

/** High half of a product from four 32-bit ones; the signed one corrects for the signs. */
function defineMultiplyHigh(module: ModuleBuilder, runtime: Runtime): void {
  const code = module.define(runtime.multiplyHigh);
  const [low0, high0, low1, high1, middle] = [0, 1, 2, 3, 4].map(() => code.local('i64'));
  const split = (from: number, low: number, high: number): void => {
    code.get(from).i64(0xffff_ffffn).op('i64.and').set(low);
    code.get(from).i64(32n).op('i64.shr_u').set(high);
  };
  split(0, low0, high0);
  split(1, low1, high1);
  code.get(high0).get(low1).op('i64.mul');
  code.get(low0).get(low1).op('i64.mul').i64(32n).op('i64.shr_u').op('i64.add').set(middle);
  code.get(high0).get(high1).op('i64.mul').get(middle).i64(32n).op('i64.shr_u').op('i64.add');
  code.get(low0).get(high1).op('i64.mul').get(middle).i64(0xffff_ffffn).op('i64.and');
  code.op('i64.add').i64(32n).op('i64.shr_u').op('i64.add');

  const signed = module.define(runtime.multiplyHighSigned);
  signed.get(0).get(1).call(runtime.multiplyHigh);
  signed.get(0).i64(63n).op('i64.shr_s').get(1).op('i64.and').op('i64.sub');
  signed.get(1).i64(63n).op('i64.shr_s').get(0).op('i64.and').op('i64.sub');
}
