// Whether code still lies where it lay when it was translated: its page must have the table of records
// that it had. A page that was mapped anew, or written, has another one, or none.
import { PAGE_SIZE, TLB_CODE, TLB_CODE_ENTRIES } from '../layout.js';
import type { Code } from '../wasm/code.js';

export const pageOf = (address: number): number => Math.floor(address / PAGE_SIZE);

/** Pushes 1 if the page of an address has a certain table of records, by the TLB; else 0. */
export function pushPageTest(code: Code, address: number, table: number): void {
  const page = BigInt(pageOf(address)) * BigInt(PAGE_SIZE);
  const entry = Number((page >> 8n) & BigInt((TLB_CODE_ENTRIES - 1) << 4));
  code.i32(0).access('i32.load', TLB_CODE).access('i64.load', entry).i64(page).op('i64.eq');
  code.i32(0).access('i32.load', TLB_CODE);
  code
    .access('i32.load', entry + 8)
    .i32(table)
    .op('i32.eq')
    .op('i32.and');
}
