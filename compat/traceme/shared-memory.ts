// TRACEME as an entry of a table in memory that all processes share: shm: of ipcd, mapped by whoever
// needs it first. The table is one page, and its allocator hands out fixed slots of it: what the
// author meant by one set with an allocator of its own, in a fixed view of memory.
import type { SystemCalls, UserMemory } from '../../kernel-sim/abi/index.js';
import {
  ENOMEM,
  EPERM,
  MAP_SHARED,
  O_RDWR,
  PROT_READ,
  PROT_WRITE,
} from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { open } from '../pal/files.js';
import { getppid } from '../pal/identity.js';
import { mmapFile } from '../pal/memory.js';
import { getpid, schedYield } from '../pal/processes.js';
import { AtomicLock } from '../sync/atomic-lock.js';
import type { TracemeStrategy } from './strategy.js';

const SIZE = 4096;
const LOCK = 0;
const FIRST_SLOT = 8;
/** A pid and the pid of its tracer; 0 in a slot that is free. */
const SLOT = 8;

export const sharedMemory: TracemeStrategy = {
  *traceMe(libc: Libc): SystemCalls<number> {
    const pid = yield* getpid(libc);
    const tracer = yield* getppid(libc);
    return yield* inTable(libc, -1, (memory, table) => {
      if (slotOf(memory, table, pid) !== undefined) return libc.fail(EPERM);
      const slot = slotOf(memory, table, 0);
      if (slot === undefined) return libc.fail(ENOMEM);
      memory.store32(slot, pid);
      memory.store32(slot + 4, tracer);
      return 0;
    });
  },

  /** Only by the process that was its parent when it asked. */
  *isTraced(libc: Libc, pid: number): SystemCalls<boolean> {
    if (pid <= 0) return false;
    const self = yield* getpid(libc);
    return yield* inTable(libc, false, (memory, table) => {
      const slot = slotOf(memory, table, pid);
      return slot !== undefined && memory.load32(slot + 4) === self;
    });
  },
};

function slotOf(memory: UserMemory, table: number, pid: number): number | undefined {
  for (let slot = table + FIRST_SLOT; slot < table + SIZE; slot += SLOT) {
    if (memory.load32(slot) === pid) return slot;
  }
  return undefined;
}

/**
 * Looks at the table while it is locked; `none` where there is no table. The kernel finds sleepers
 * by virtual address, which differs between processes: a futex is no use here, so the lock spins.
 */
function* inTable<T>(
  libc: Libc,
  none: T,
  look: (memory: UserMemory, table: number) => T,
): SystemCalls<T> {
  const table = yield* tableOf(libc);
  if (table === -1) return none;
  const { memory } = libc.user;
  const lock = new AtomicLock(libc.user, table + LOCK);
  yield 'pause';
  while (lock.compareExchange(0, 1) !== 0) yield* schedYield(libc);
  const result = look(memory, table);
  yield 'pause';
  lock.swap(0);
  return result;
}

/**
 * Where this process sees the table. The file stays open, over an exec as well: the table goes when
 * nobody has it open.
 */
function* tableOf(libc: Libc): SystemCalls<number> {
  const { memory } = libc.user;
  const known = memory.loadNumber(libc.tableWord);
  if (known !== 0) return known;
  const file = yield* open(libc, 'shm:ptrace-relibc', O_RDWR);
  if (file === -1) return -1;
  const table = yield* mmapFile(libc, file, 0, SIZE, MAP_SHARED | PROT_READ | PROT_WRITE);
  if (table !== -1) memory.storeNumber(libc.tableWord, table);
  return table;
}
