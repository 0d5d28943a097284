// Iterations of REP MOVS and REP STOS carried out at once: while both pages are in the TLB, the budget
// lasts and it is not the last iteration, element after element as the processor does, so that
// overlapping moves come out right.
import type { Width } from '../isa/values.js';
import { TLB_DATA, TLB_DATA_ENTRIES } from '../layout.js';
import type { Code } from '../wasm/code.js';
import type { ModuleBuilder } from '../wasm/module.js';
import type { AccessOp } from '../wasm/opcodes.js';

const WIDTHS: readonly Width[] = [8, 16, 32, 64];

/** Parameters: destination, source address or value, iterations left, budget. */
const DESTINATION = 0;
const SOURCE = 1;
const COUNT = 2;
const BUDGET = 3;

export function declareAhead(module: ModuleBuilder): Readonly<Record<Width, number>> {
  const signature = { params: ['i64', 'i64', 'i64', 'i32'], results: ['i32'] } as const;
  const [b, w, d, q] = WIDTHS.map(() => module.declare(signature));
  return { 8: b, 16: w, 32: d, 64: q };
}

export function defineAhead(
  module: ModuleBuilder,
  indices: Readonly<Record<Width, number>>,
  kind: 'copy' | 'fill',
): void {
  for (const width of WIDTHS) defineOne(module.define(indices[width]), width, kind);
}

function defineOne(code: Code, width: Width, kind: 'copy' | 'fill'): void {
  const bytes = width / 8;
  const limit = code.local('i32');
  const left = code.local('i32');
  const to = code.local('i32');
  const from = code.local('i32');
  // one iteration is left to the caller, and one instruction of budget with it
  code.get(BUDGET).i32(1).op('i32.sub').set(limit);
  code.get(COUNT).i64(1n).op('i64.sub').get(limit).op('i64.extend_i32_u').op('i64.lt_u').if();
  code.get(COUNT).op('i32.wrap_i64').i32(1).op('i32.sub').set(limit);
  code.end();
  withinPage(code, DESTINATION, bytes, limit);
  if (kind === 'copy') withinPage(code, SOURCE, bytes, limit);
  code.get(limit).op('i32.eqz').if().i32(0).return().end();
  translate(code, DESTINATION, true, to);
  if (kind === 'copy') translate(code, SOURCE, false, from);
  code.get(limit).set(left);
  code.loop();
  code.get(to);
  if (kind === 'copy') code.get(from).access(`i64.load${LOAD[width]}` as AccessOp);
  else code.get(SOURCE);
  code.access(`i64.store${STORE[width]}` as AccessOp);
  code.get(to).i32(bytes).op('i32.add').set(to);
  if (kind === 'copy') code.get(from).i32(bytes).op('i32.add').set(from);
  code.get(left).i32(1).op('i32.sub').tee(left).brIf(0);
  code.end();
  code.get(limit);
}

const LOAD: Readonly<Record<Width, string>> = { 8: '8_u', 16: '16_u', 32: '32_u', 64: '' };
const STORE: Readonly<Record<Width, string>> = { 8: '8', 16: '16', 32: '32', 64: '' };

/** Lowers the limit to the whole elements that are left on the page of an address. */
function withinPage(code: Code, address: number, bytes: number, limit: number): void {
  const room = code.local('i32');
  code.i32(4096).get(address).op('i32.wrap_i64').i32(4095).op('i32.and').op('i32.sub');
  code.i32(Math.log2(bytes)).op('i32.shr_u').set(room);
  code.get(room).get(limit).get(room).get(limit).op('i32.lt_u').select().set(limit);
}

/** The linear address of a byte that is in the TLB; else the function gives zero. */
function translate(code: Code, address: number, write: boolean, host: number): void {
  const entry = code.local('i32');
  code.get(address).i64(7n).op('i64.shr_u').op('i32.wrap_i64');
  code.i32((TLB_DATA_ENTRIES - 1) << 5).op('i32.and');
  code.i32(0).access('i32.load', TLB_DATA).op('i32.add').set(entry);
  code
    .get(address)
    .i64(-4096n)
    .op('i64.and')
    .get(entry)
    .access('i64.load', write ? 8 : 0);
  code.op('i64.ne').if().i32(0).return().end();
  code.get(address).op('i32.wrap_i64').get(entry).access('i32.load', 16).op('i32.add').set(host);
}
