// What happens on a TLB miss: a walk of the page tables, without leaving WebAssembly as long as the
// access stays on one page and is allowed. All else is for cpu/mmu.ts. Intel SDM vol. 3A, 4.5 and 4.8.
import {
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
} from '../address-space.js';
import {
  EXIT_ADDRESS,
  FRAME_NOTES,
  FRAMES,
  NOTE_CODE,
  NOTE_WRITABLE,
  ROOT_TABLE,
  TLB_BLIND,
  TLB_DATA,
  TLB_DATA_ENTRIES,
  WRITE_PENDING,
} from '../layout.js';
import type { Code } from '../wasm/code.js';

const ADDRESS = 0;
const BYTES = 1;
/** Bits of an entry that are the frame's address. */
const FRAME_BITS = 0x000f_ffff_ffff_f000n;
/** A tag that no page has. */
const INVALID = 1n;

/**
 * Defines (address, bytes) -> linear address, or 0 after a fault that has been noted.
 * @param slowest the imported function that does all of it for the address at EXIT_ADDRESS
 */
export function defineSlowAccess(code: Code, slowest: number, write: boolean): void {
  const entry = code.local('i64');
  const table = code.local('i32');
  const frame = code.local('i64');
  const line = code.local('i32');
  const page = code.local('i64');
  const giveUp = (): void => {
    code.brIf(0);
  };
  code.block();
  // not a user's address; across a page; or every access is to be seen
  code.get(ADDRESS).i64(47n).op('i64.shr_u').i64(0n).op('i64.ne');
  giveUp();
  code.get(ADDRESS).op('i32.wrap_i64').i32(0xfff).op('i32.and').get(BYTES).op('i32.add');
  code.i32(0x1000).op('i32.gt_u');
  giveUp();
  code.i32(0).access('i32.load', TLB_DATA).i32(TLB_BLIND).op('i32.eq');
  giveUp();
  code.i32(0).access('i32.load', ROOT_TABLE).set(table);
  for (const shift of [39n, 30n, 21n, 12n]) {
    code.get(ADDRESS).i64(shift).op('i64.shr_u').op('i32.wrap_i64').i32(511).op('i32.and');
    code.i32(3).op('i32.shl').get(table).op('i32.add').tee(line).access('i64.load').set(entry);
    code.get(entry).i64(BigInt(PAGE_PRESENT)).op('i64.and').op('i64.eqz');
    giveUp();
    code.get(entry).i64(FRAME_BITS).op('i64.and').tee(frame).op('i32.wrap_i64');
    code.i32(0).access('i32.load', FRAMES).op('i32.add').set(table);
  }
  const needed = BigInt(PAGE_USER | (write ? PAGE_WRITE : 0));
  code.get(entry).i64(needed).op('i64.and').i64(needed).op('i64.ne');
  giveUp();
  if (write) writable(code, frame, giveUp);
  const marks = BigInt(PAGE_ACCESSED | (write ? PAGE_DIRTY : 0));
  code.get(line).get(entry).i64(marks).op('i64.or').access('i64.store');
  enterTlb(code, { line, page, table }, () => {
    if (write) code.get(page);
    else pushWriteTag(code, { entry, frame, page });
  });
  if (write) code.i32(0).i32(0).access('i32.store', WRITE_PENDING);
  code.get(ADDRESS).op('i32.wrap_i64').i32(0xfff).op('i32.and').get(table).op('i32.add');
  code.return();
  code.end();
  code.i32(0).get(ADDRESS).access('i64.store', EXIT_ADDRESS);
  code.get(BYTES).returnCall(slowest);
}

/** Writes to decoded code are seen; to other frames, they are noted as possible from now on. */
function writable(code: Code, frame: number, giveUp: () => void): void {
  const note = code.local('i32');
  code.get(frame).i64(12n).op('i64.shr_u').op('i32.wrap_i64');
  code.i32(0).access('i32.load', FRAME_NOTES).op('i32.add').tee(note);
  code.access('i32.load8_u').i32(NOTE_CODE).op('i32.and');
  giveUp();
  code.get(note).get(note).access('i32.load8_u').i32(NOTE_WRITABLE).op('i32.or');
  code.access('i32.store8');
}

/** A page that was written before may be written again, unless code was decoded from it since. */
function pushWriteTag(
  code: Code,
  { entry, frame, page }: { entry: number; frame: number; page: number },
): void {
  const written = BigInt(PAGE_WRITE | PAGE_DIRTY);
  code.get(page).i64(INVALID);
  code.get(entry).i64(written).op('i64.and').i64(written).op('i64.eq');
  code.get(frame).i64(12n).op('i64.shr_u').op('i32.wrap_i64');
  code.i32(0).access('i32.load', FRAME_NOTES).op('i32.add').access('i32.load8_u');
  code.i32(NOTE_WRITABLE).op('i32.eq').op('i32.and').select();
}

/** `table` is the linear address of the page; `line` and `page` are free. */
function enterTlb(
  code: Code,
  { line, page, table }: { line: number; page: number; table: number },
  pushWritable: () => void,
): void {
  code.get(ADDRESS).i64(7n).op('i64.shr_u').op('i32.wrap_i64');
  code.i32((TLB_DATA_ENTRIES - 1) << 5).op('i32.and');
  code.i32(0).access('i32.load', TLB_DATA).op('i32.add').set(line);
  code.get(ADDRESS).i64(-4096n).op('i64.and').set(page);
  code.get(line).get(page).access('i64.store', 0);
  code.get(line);
  pushWritable();
  code.access('i64.store', 8);
  code.get(line).get(table).get(page).op('i32.wrap_i64').op('i32.sub').access('i32.store', 16);
}
