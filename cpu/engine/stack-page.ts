// The page that the stack lies on, remembered: accesses through RSP seldom leave it, and comparing
// an address with it takes less than looking the address up in the TLB.
import {
  STACK_HOST,
  STACK_LIMIT,
  STACK_PAGE,
  TLB_DATA,
  TLB_DATA_ENTRIES,
  WRITE_PENDING,
} from '../layout.js';
import type { Code } from '../wasm/code.js';

const ADDRESS = 0;
const BYTES = 1;

/** Where accesses may begin on the page: those of eight bytes then end on it, too. */
const LIMIT = 4096n - 7n;

/**
 * Defines (address, bytes) -> linear address, or 0 after a fault that has been noted: the page of the
 * address is remembered as the stack's if the TLB has it for writing.
 * @param slow the function of the same kind that walks the page tables
 */
export function defineStackAccess(code: Code, slow: number, write: boolean): void {
  const entry = code.local('i32');
  const page = code.local('i64');
  const pushLinear = (): void => {
    code.get(ADDRESS).op('i32.wrap_i64').get(entry).access('i32.load', 16).op('i32.add');
  };
  code.get(ADDRESS).i64(7n).op('i64.shr_u').op('i32.wrap_i64');
  code.i32((TLB_DATA_ENTRIES - 1) << 5).op('i32.and');
  code.i32(0).access('i32.load', TLB_DATA).op('i32.add').set(entry);
  code.get(ADDRESS).get(BYTES).op('i64.extend_i32_u').op('i64.add').i64(1n).op('i64.sub');
  code.i64(-4096n).op('i64.and').tee(page);
  code.get(entry).access('i64.load', 8).op('i64.eq').if();
  code.i32(0).get(page).access('i64.store', STACK_PAGE);
  code.i32(0).get(page).op('i32.wrap_i64').get(entry).access('i32.load', 16).op('i32.add');
  code.access('i32.store', STACK_HOST);
  code.i32(0).i64(LIMIT).access('i64.store', STACK_LIMIT);
  code.i32(0).i32(0).access('i32.store', WRITE_PENDING);
  pushLinear();
  code.return().end();
  if (!write) {
    code.get(page).get(entry).access('i64.load', 0).op('i64.eq').if();
    pushLinear();
    code.return().end();
  }
  code.get(ADDRESS).get(BYTES).returnCall(slow);
}
