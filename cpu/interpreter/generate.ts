// The interpreter's module: one handler per operand form, and what they share. Built from the
// instruction table; its bytes depend on nothing else.
import type { Services } from '../engine/semantics.js';
import { defineSlowAccess } from '../engine/walk.js';
import { HELPERS } from '../helpers/names.js';
import { allForms, type Form } from '../isa/registry.js';
import type { Width } from '../isa/values.js';
import { EXIT_RECORD, REMAINING, RIP, THRESHOLD, TLB_CODE, TLB_CODE_ENTRIES } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { ModuleBuilder } from '../wasm/module.js';
import { declareAhead, defineAhead } from './ahead.js';
import { defineFlagsOf, defineFlagsWord } from './flags.js';
import {
  COUNTS,
  HANDLER,
  HANDLER_TABLE,
  HEAT,
  IMMEDIATE,
  LEFT_BUDGET,
  LEFT_CONTINUE,
  LEFT_DECLINED,
  LEFT_HOT,
  LEFT_LOOKUP,
  LEFT_UNIMPLEMENTED,
  LENGTH,
  LINK,
  NEXT,
  ORIGINAL,
  RECORD_SIZE,
  REGION,
  REGION_TABLE,
  SIMPLE_ADDRESS,
  SPECIAL_HANDLERS,
  TRANSLATED_HANDLER,
} from './record.js';
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
}

/** Keys of the handlers, in the order of the module's table. */
export function handlerKeys(forms: readonly Form[] = allForms()): string[] {
  return [...SPECIAL_HANDLERS, ...handlers(forms).map(({ key }) => key)];
}

/** The form of each handler of the module's table; the first ones are no instruction's. */
export function handlerForms(forms: readonly Form[] = allForms()): (Form | undefined)[] {
  return [...SPECIAL_HANDLERS.map(() => undefined), ...handlers(forms).map(({ form }) => form)];
}

/** A form with a memory operand has a second handler, for the simplest addresses. */
function handlers(forms: readonly Form[]): { key: string; form: Form; simple: boolean }[] {
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

/** The module's bytes. */
export function generateInterpreter(forms: readonly Form[] = allForms()): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importTable('regions', 1);
  const runtime = declareRuntime(module);
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

function declareRuntime(module: ModuleBuilder): Runtime {
  const read = module.importFunction('mmu', 'read', { params: ['i32'], results: ['i32'] });
  const write = module.importFunction('mmu', 'write', { params: ['i32'], results: ['i32'] });
  const finishWrite = module.importFunction('mmu', 'finishWrite', {
    params: ['i32'],
    results: ['i32'],
  });
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
    copyAhead: declareAhead(module),
    fillAhead: declareAhead(module),
    helper: (name, operands) => {
      const helper = helpers.get(name);
      if (helper === undefined) throw new Error(`no helper is called '${name}'`);
      if (helper.operands !== operands)
        throw new Error(`${name} takes ${helper.operands} operands`);
      return helper.index;
    },
  };
  defineLeaving(module, runtime);
  defineLookup(module, runtime.lookup);
  defineControl(module, runtime);
  defineSlowAccess(module.define(runtime.slowRead), read, false);
  defineSlowAccess(module.define(runtime.slowWrite), write, true);
  const flagsOf = module.declare({ params: ['i32', 'i64', 'i64', 'i64'], results: ['i32'] });
  defineFlagsOf(module, flagsOf, runtime.multiplyHighSigned);
  defineFlagsWord(module, runtime.flagsWord, flagsOf);
  module.export('flagsOf', flagsOf);
  module.export('flags', runtime.flagsWord);
  defineMultiplyHigh(module, runtime);
  defineAhead(module, runtime.copyAhead, 'copy');
  defineAhead(module, runtime.fillAhead, 'fill');
  return runtime;
}

function defineLeaving(module: ModuleBuilder, runtime: Runtime): void {
  module
    .define(runtime.leave)
    .i32(0)
    .get(0)
    .access('i32.store', EXIT_RECORD)
    .i32(0)
    .get(1)
    .access('i32.store', REMAINING)
    .get(2);
  const spentAt = (index: number, field: number): void => {
    module
      .define(index)
      .i32(0)
      .get(0)
      .access('i64.load', field)
      .access('i64.store', RIP)
      .get(0)
      .i32(0)
      .i32(LEFT_BUDGET)
      .returnCall(runtime.leave);
  };
  spentAt(runtime.spent, NEXT);
  spentAt(runtime.spentTaken, IMMEDIATE);
  const here = module.define(runtime.spentHere);
  here.i32(0);
  here.get(0).access('i64.load', NEXT).get(0).access('i64.load8_u', LENGTH).op('i64.sub');
  here.access('i64.store', RIP);
  here.get(0).i32(0).i32(LEFT_BUDGET).returnCall(runtime.leave);
}

function defineLookup(module: ModuleBuilder, index: number): void {
  const code = module.define(index);
  const entry = code.local('i32');
  code
    .get(0)
    .i64(8n)
    .op('i64.shr_u')
    .op('i32.wrap_i64')
    .i32((TLB_CODE_ENTRIES - 1) << 4);
  code.op('i32.and').i32(0).access('i32.load', TLB_CODE).op('i32.add').set(entry);
  code.get(0).i64(-4096n).op('i64.and').get(entry).access('i64.load', 0).op('i64.eq').if('i32');
  code.get(entry).access('i32.load', 8);
  code.get(0).op('i32.wrap_i64').i32(0xfff).op('i32.and').i32(2).op('i32.shl').op('i32.add');
  code.access('i32.load', 0);
  code.else().i32(0).end();
}

function defineControl(module: ModuleBuilder, runtime: Runtime): void {
  const { lookup } = runtime;
  const notDecoded = module.declare({ params: ['i64', 'i32'], results: ['i32'] });
  module
    .define(notDecoded)
    .i32(0)
    .get(0)
    .access('i64.store', RIP)
    .i32(0)
    .get(1)
    .i32(LEFT_LOOKUP)
    .returnCall(runtime.leave);

  const jump = module.define(runtime.jump);
  const record = jump.local('i32');
  jump.get(1).i32(1).op('i32.sub').tee(1).op('i32.eqz').if();
  jump.i32(0).get(0).access('i64.store', RIP);
  jump.i32(0).i32(0).i32(LEFT_BUDGET).returnCall(runtime.leave).end();
  jump.get(0).call(lookup).tee(record).op('i32.eqz').if();
  jump.get(0).get(1).returnCall(notDecoded).end();
  count(jump, runtime, record, () => jump.get(0), 1);
  jump.get(record).get(1).get(record).access('i32.load', HANDLER);
  jump.returnCallIndirect(runtime.handlerType, HANDLER_TABLE);

  const link = module.define(runtime.link);
  const target = link.local('i64');
  const found = link.local('i32');
  link.get(0).access('i64.load', IMMEDIATE).tee(target).call(lookup).tee(found);
  link.op('i32.eqz').if().get(target).get(1).returnCall(notDecoded).end();
  link.get(0).access('i32.load8_u', COUNTS).i32(0).access('i32.load', THRESHOLD);
  link.i32(0).op('i32.ne').op('i32.and').if();
  count(link, runtime, found, () => link.get(target), 1);
  link.get(found).get(1).get(found).access('i32.load', HANDLER);
  link.returnCallIndirect(runtime.handlerType, HANDLER_TABLE).end();
  // a page's records go all at once, so a link within the page can never dangle
  link.get(target).get(0).access('i64.load', NEXT).get(0).access('i64.load8_u', LENGTH);
  link.op('i64.sub').op('i64.xor').i64(-4096n).op('i64.and').op('i64.eqz').if();
  link.get(0).get(found).access('i32.store', LINK).end();
  link.get(found).get(1).get(found).access('i32.load', HANDLER);
  link.returnCallIndirect(runtime.handlerType, HANDLER_TABLE);

  defineTranslated(module, runtime);

  // enters at RIP with a budget
  const { run } = runtime;
  const code = module.define(run);
  const first = code.local('i32');
  code.i32(0).access('i64.load', RIP).call(lookup).tee(first).op('i32.eqz').if();
  code.i32(0).get(0).i32(LEFT_LOOKUP).returnCall(runtime.leave).end();
  code.get(first).get(0).get(first).access('i32.load', HANDLER);
  code.returnCallIndirect(runtime.handlerType, HANDLER_TABLE);
  module.export('run', run);
}

/** Counts an arrival at a record, and leaves when that makes it hot. */
function count(
  code: Code,
  runtime: Runtime,
  record: number,
  target: () => void,
  budget: number,
): void {
  code.get(record).access('i32.load', HANDLER).i32(TRANSLATED_HANDLER).op('i32.ne').if();
  const heat = code.local('i32');
  code.get(record).get(record).access('i32.load', HEAT).i32(1).op('i32.add').tee(heat);
  code.access('i32.store', HEAT);
  code.get(heat).i32(0).access('i32.load', THRESHOLD).op('i32.eq').if();
  code.i32(0);
  target();
  code.access('i64.store', RIP);
  code.get(record).get(budget).i32(LEFT_HOT).returnCall(runtime.leave).end();
  code.end();
}

/** What translated regions need of the interpreter. */
function defineTranslated(module: ModuleBuilder, runtime: Runtime): void {
  // (budget, depth) -> exit code: the region that stands for all that are not translated
  const none = module.declare({ params: ['i32', 'i32'], results: ['i32'] });
  module.define(none).i32(0).get(0).access('i32.store', REMAINING).i32(LEFT_CONTINUE);
  module.export('noRegion', none);

  // (address) -> number of the region that begins there, or 0
  const regionAt = module.declare({ params: ['i64'], results: ['i32'] });
  const find = module.define(regionAt);
  const record = find.local('i32');
  find.get(0).call(runtime.lookup).tee(record).if('i32');
  find.get(record).access('i32.load', REGION).i32(0);
  find.get(record).access('i32.load', HANDLER).i32(TRANSLATED_HANDLER).op('i32.eq').select();
  find.else().i32(0).end();
  module.export('regionAt', regionAt);
  for (const width of [8, 16, 32, 64] as const) {
    module.export(`copyAhead${width}`, runtime.copyAhead[width]);
    module.export(`fillAhead${width}`, runtime.fillAhead[width]);
  }
  module.export('slowRead', runtime.slowRead);
  module.export('slowWrite', runtime.slowWrite);
  module.export('multiplyHigh', runtime.multiplyHigh);
  module.export('multiplyHighSigned', runtime.multiplyHighSigned);
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

function defineSpecial(
  module: ModuleBuilder,
  runtime: Runtime,
  handlers: { unimplemented: number; goto: number; crossing: number; translated: number },
): void {
  module
    .define(handlers.unimplemented)
    .get(0)
    .get(1)
    .i32(LEFT_UNIMPLEMENTED)
    .returnCall(runtime.leave);

  // no instruction: the run of records goes on elsewhere on this page, or past its end
  const goto = module.define(handlers.goto);
  const target = goto.local('i32');
  goto.get(0).access('i32.load', LINK).tee(target).op('i32.eqz').if();
  goto.get(0).get(1).returnCall(runtime.link).end();
  goto.get(target).get(1).get(target).access('i32.load', HANDLER);
  goto.returnCallIndirect(runtime.handlerType, HANDLER_TABLE);

  // a region was translated that begins here
  const translated = module.define(handlers.translated);
  const why = translated.local('i32');
  const left = translated.local('i32');
  const next = translated.local('i32');
  translated.get(1).i32(0).get(0).access('i32.load', REGION);
  translated.callIndirect(runtime.handlerType, REGION_TABLE).tee(why);
  translated.i32(LEFT_CONTINUE).op('i32.ne');
  translated.get(why).i32(LEFT_DECLINED).op('i32.ne').op('i32.and').if();
  translated.get(why).return().end();
  translated.i32(0).access('i32.load', REMAINING).tee(left).op('i32.eqz').if();
  translated.i32(LEFT_BUDGET).return().end();
  // perhaps not this region declined but one that it went on to
  translated.get(why).i32(LEFT_DECLINED).op('i32.eq');
  translated.i32(0).access('i64.load', RIP);
  translated.get(0).access('i64.load', NEXT).get(0).access('i64.load8_u', LENGTH);
  translated.op('i64.sub').op('i64.eq').op('i32.and').if();
  translated.get(0).get(left).get(0).access('i32.load', ORIGINAL);
  translated.returnCallIndirect(runtime.handlerType, HANDLER_TABLE).end();
  // an exit that is taken often deserves a region of its own
  translated.i32(0).access('i64.load', RIP).call(runtime.lookup).tee(next).if();
  count(translated, runtime, next, () => translated.i32(0).access('i64.load', RIP), left);
  translated.get(next).get(left).get(next).access('i32.load', HANDLER);
  translated.returnCallIndirect(runtime.handlerType, HANDLER_TABLE).end();
  translated.get(left).returnCall(runtime.run);

  // no instruction: the next record's bytes reach into the page of IMMEDIATE, whose table of
  // records must still be the one in LINK
  const crossing = module.define(handlers.crossing);
  const entry = crossing.local('i32');
  crossing.get(0).access('i64.load', IMMEDIATE).i64(8n).op('i64.shr_u').op('i32.wrap_i64');
  crossing.i32((TLB_CODE_ENTRIES - 1) << 4).op('i32.and');
  crossing.i32(0).access('i32.load', TLB_CODE).op('i32.add').set(entry);
  crossing.get(entry).access('i64.load', 0).get(0).access('i64.load', IMMEDIATE).op('i64.eq');
  crossing.get(entry).access('i32.load', 8).get(0).access('i32.load', LINK).op('i32.eq');
  crossing.op('i32.and').if();
  crossing.get(0).i32(RECORD_SIZE).op('i32.add').get(1);
  crossing.get(0).access('i32.load', RECORD_SIZE + HANDLER);
  crossing.returnCallIndirect(runtime.handlerType, HANDLER_TABLE).end();
  crossing.i32(0).get(0).access('i64.load', NEXT).access('i64.store', RIP);
  crossing.get(0).get(1).i32(LEFT_LOOKUP).returnCall(runtime.leave);
}
