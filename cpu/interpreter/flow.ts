// How the interpreter goes from record to record, in and out of the engine, and in and out of translated
// regions: functions that handlers share, and handlers that are no instruction's.
import {
  EXIT_RECORD,
  NEVER,
  REMAINING,
  RIP,
  THRESHOLD,
  TLB_CODE,
  TLB_CODE_ENTRIES,
} from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { ModuleBuilder } from '../wasm/module.js';
import type { Runtime } from './generate.js';
import { profiled } from './profile.js';
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
  TRANSLATED_HANDLER,
} from './record.js';

/** Of an address shifted right by 8: the offset of its code entry in the TLB, 16 bytes each. */
const CODE_ENTRY_BITS = (TLB_CODE_ENTRIES - 1) << 4;

/** Defines the functions of the runtime that are about control flow, and exports what regions need. */
export function defineFlow(module: ModuleBuilder, runtime: Runtime): void {
  defineLeaving(module, runtime);
  defineLookup(module, runtime.lookup);
  defineControl(module, runtime);
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
  pushRecordAt(module.define(index));
}

/** Pushes the record at the address that is parameter 0, or 0. */
function pushRecordAt(code: Code): void {
  const entry = code.local('i32');
  code.get(0).i64(8n).op('i64.shr_u').op('i32.wrap_i64').i32(CODE_ENTRY_BITS).op('i32.and');
  code.i32(0).access('i32.load', TLB_CODE).op('i32.add').set(entry);
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
  link.i32(NEVER).op('i32.ne').op('i32.and').if();
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
  code.get(heat).i32(0).access('i32.load', THRESHOLD).op('i32.ge_s').if();
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
  pushRecordAt(find);
  find.tee(record).if('i32');
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
  module.export('divideWide', runtime.divideWide);
}

/** Defines the handlers that are no instruction's. */
export function defineSpecial(
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
  const call = (): void => {
    translated.get(1).i32(0).get(0).access('i32.load', REGION);
    translated.callIndirect(runtime.handlerType, REGION_TABLE).set(why);
  };
  if (runtime.profile === undefined) call();
  else profiled(translated, runtime.profile, { budget: 1, why, call });
  translated.get(why).i32(LEFT_CONTINUE).op('i32.ne');
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
