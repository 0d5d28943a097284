// Where the indirect jump of a switch may lead: compilers make such jumps from a table, which is read
// when the region is translated. What comes out are guesses; translated code compares them with the
// target that is really computed.
import { BASE, CALLED, DISPLACEMENT, INDEX, REGISTER_SLOT, SCALE } from '../interpreter/record.js';
import { ZERO } from '../layout.js';
import type { RegionInstruction } from './region.js';

/** The guest's state while a region is translated. */
export interface Guest {
  /** A 64-bit field of a record. */
  record(at: number): bigint;
  /** A 16-bit field of a record. */
  field(at: number): number;
  register(index: number): number;
  /** A word of memory as a signed number. */
  word(address: number, bytes: 4 | 8): number | undefined;
}

const MOST_TARGETS = 64;
/** Targets lie in the function of the jump. */
const NEAR = 0x1_0000;
/** How far before the jump its table is read. */
const LOOK_BACK = 8;

/** Targets of the jump that ends a run of instructions; none where no table is recognised. */
export function guessTargets(run: readonly RegionInstruction[], guest: Guest): readonly number[] {
  const jump = run[run.length - 1];
  const { key } = jump.form;
  const near = (target: number): boolean => Math.abs(target - jump.address) < NEAR;
  if (key === 'jmp m64') return absoluteTable(jump.record, guest, near);
  return key === 'jmp r64' ? relativeTable(run, guest, near) : [];
}

/** Where an indirect call led last, or leads if the registers at the call are what they are now. */
export function guessCallee({ record, form }: RegionInstruction, guest: Guest): number | undefined {
  const called = Number(guest.record(record + CALLED));
  if (called !== 0) return called;
  if (form.key === 'call r64') return guest.register(guest.field(record + REGISTER_SLOT[0]) >> 3);
  if (form.key !== 'call m64' || guest.field(record + INDEX) !== ZERO) return undefined;
  return guest.word(tableAddress(record, guest), 8);
}

/** jmp [table + index * 8]: addresses; without an index, one, as in a procedure linkage table. */
function absoluteTable(
  record: number,
  guest: Guest,
  near: (target: number) => boolean,
): readonly number[] {
  if (guest.field(record + INDEX) === ZERO) {
    const target = guest.word(tableAddress(record, guest), 8);
    return target === undefined ? [] : [target];
  }
  if ((guest.field(record + SCALE) & 0xff) !== 3) return [];
  const table = tableAddress(record, guest);
  return entries((i) => guest.word(table + i * 8, 8), near);
}

/** movsxd r, [table + index * 4]; add r, table; jmp r: distances from the table. */
function relativeTable(
  run: readonly RegionInstruction[],
  guest: Guest,
  near: (target: number) => boolean,
): readonly number[] {
  const read = run
    .slice(-LOOK_BACK)
    .find(
      ({ record, form }) => form.key === 'movsxd r64,m32' && guest.field(record + INDEX) !== ZERO,
    );
  if (read === undefined) return [];
  const table = tableAddress(read.record, guest);
  return entries((i) => {
    const distance = guest.word(table + i * 4, 4);
    return distance === undefined ? undefined : table + distance;
  }, near);
}

/** The table's base register holds now what it will hold: a guess, as all of this. */
function tableAddress(record: number, guest: Guest): number {
  const base = guest.field(record + BASE);
  const displacement = Number(BigInt.asIntN(64, guest.record(record + DISPLACEMENT)));
  return displacement + (base === ZERO ? 0 : guest.register(base >> 3));
}

function entries(
  at: (index: number) => number | undefined,
  near: (target: number) => boolean,
): readonly number[] {
  const targets = new Set<number>();
  for (let i = 0; i < MOST_TARGETS; i++) {
    const target = at(i);
    if (target === undefined || !near(target)) break;
    targets.add(target);
  }
  return [...targets];
}
