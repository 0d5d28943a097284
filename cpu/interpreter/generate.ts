// The interpreter's module: one handler per operand form, and what they share. Built from the
// instruction table; its bytes depend on nothing else.
import type { Services } from '../engine/semantics.js';
import { HELPERS } from '../helpers/names.js';
import { allForms, type Form } from '../isa/registry.js';
import type { Width } from '../isa/values.js';
import {
  EXIT_ADDRESS,
  EXIT_RECORD,
  REMAINING,
  RIP,
  TLB_CODE,
  TLB_CODE_ENTRIES,
} from '../layout.js';
import { ModuleBuilder } from '../wasm/module.js';
import { declareAhead, defineAhead } from './ahead.js';
import { defineFlagsOf, defineFlagsWord } from './flags.js';
import {
  HANDLER,
  IMMEDIATE,
  LEFT_BUDGET,
  LEFT_LOOKUP,
  LEFT_UNIMPLEMENTED,
  LINK,
  NEXT,
  RECORD_SIZE,
  SIMPLE_ADDRESS,
  SPECIAL_HANDLERS,
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
  const runtime = declareRuntime(module);
  const handlerSignature = { params: ['i32', 'i32'], results: ['i32'] } as const;
  const table: number[] = [];
  const [unimplemented, goto, crossing] = SPECIAL_HANDLERS.map(() =>
    module.declare(handlerSignature),
  );
  table.push(unimplemented, goto, crossing);
  defineSpecial(module, runtime, { unimplemented, goto, crossing });
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
  const lookup = defineLookup(module);
  defineControl(module, runtime, lookup);
  defineSlowAccess(module, runtime.slowRead, read);
  defineSlowAccess(module, runtime.slowWrite, write);
  const flagsOf = module.declare({ params: ['i32', 'i64', 'i64', 'i64'], results: ['i32'] });
  defineFlagsOf(module, flagsOf, runtime.multiplyHighSigned);
  defineFlagsWord(module, runtime.flagsWord, flagsOf);
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
  here.get(0).access('i64.load', NEXT).get(0).access('i64.load8_u', 21).op('i64.sub');
  here.access('i64.store', RIP);
  here.get(0).i32(0).i32(LEFT_BUDGET).returnCall(runtime.leave);
}

/** (address) -> record, or 0 where nothing is decoded. */
function defineLookup(module: ModuleBuilder): number {
  const index = module.declare({ params: ['i64'], results: ['i32'] });
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
  return index;
}

function defineControl(module: ModuleBuilder, runtime: Runtime, lookup: number): void {
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
  jump.get(record).get(1).get(record).access('i32.load', HANDLER);
  jump.returnCallIndirect(runtime.handlerType);

  const link = module.define(runtime.link);
  const target = link.local('i64');
  const found = link.local('i32');
  link.get(0).access('i64.load', IMMEDIATE).tee(target).call(lookup).tee(found);
  link.op('i32.eqz').if().get(target).get(1).returnCall(notDecoded).end();
  // a page's records go all at once, so a link within the page can never dangle
  link.get(target).get(0).access('i64.load', NEXT).get(0).access('i64.load8_u', 21);
  link.op('i64.sub').op('i64.xor').i64(-4096n).op('i64.and').op('i64.eqz').if();
  link.get(0).get(found).access('i32.store', LINK).end();
  link.get(found).get(1).get(found).access('i32.load', HANDLER);
  link.returnCallIndirect(runtime.handlerType);

  // enters at RIP with a budget
  const run = module.declare({ params: ['i32'], results: ['i32'] });
  const code = module.define(run);
  const first = code.local('i32');
  code.i32(0).access('i64.load', RIP).call(lookup).tee(first).op('i32.eqz').if();
  code.i32(0).get(0).i32(LEFT_LOOKUP).returnCall(runtime.leave).end();
  code.get(first).get(0).get(first).access('i32.load', HANDLER);
  code.returnCallIndirect(runtime.handlerType);
  module.export('run', run);
}

function defineSlowAccess(module: ModuleBuilder, index: number, imported: number): void {
  module.define(index).i32(0).get(0).access('i64.store', EXIT_ADDRESS).get(1).returnCall(imported);
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
  handlers: { unimplemented: number; goto: number; crossing: number },
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
  goto.returnCallIndirect(runtime.handlerType);

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
  crossing.returnCallIndirect(runtime.handlerType).end();
  crossing.i32(0).get(0).access('i64.load', NEXT).access('i64.store', RIP);
  crossing.get(0).get(1).i32(LEFT_LOOKUP).returnCall(runtime.leave);
}
