// getdents64: reading a directory of Redox gives its names, each ended by a newline; Linux gives
// struct linux_dirent64 records (inode, offset, record length, type, name).
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { EINVAL, SEEK_CUR, SEEK_SET } from '../../kernel-sim/abi/index.js';
import { lseek, read } from '../pal/files.js';
import type { LinuxCall } from './linux-call.js';

const NEWLINE = 10;
const HEADER = 19;
const CHUNK = 4096;
/** Redox's listing tells no inode, but 0 would mean a removed entry to some programs. */
const SOME_INODE = 1;

export function* getdents64(call: LinuxCall): SystemCalls<number> {
  const { libc, user } = call;
  const [fd, target, room] = [call.int(0), call.value(1), call.value(2)];
  const start = yield* lseek(libc, fd, 0, SEEK_CUR);
  if (start === -1) return -1;
  const buffer = user.reserve(CHUNK);
  const length = yield* read(libc, fd, buffer, CHUNK);
  if (length <= 0) return length;
  const listing = user.memory.read(buffer, length);
  const { used, written } = storeEntries(call, listing, start, target, room);
  if (used === 0) return libc.fail(EINVAL);
  return (yield* lseek(libc, fd, start + used, SEEK_SET)) === -1 ? -1 : written;
}

/** Stores as many whole entries as there is room for. */
function storeEntries(
  { user }: LinuxCall,
  listing: Uint8Array,
  start: number,
  target: number,
  room: number,
): { used: number; written: number } {
  let used = 0;
  let written = 0;
  while (used < listing.length) {
    const newline = listing.indexOf(NEWLINE, used);
    // A last name without a newline is whole, unless the listing was cut off by our buffer.
    if (newline === -1 && listing.length === CHUNK) break;
    const end = newline === -1 ? listing.length : newline;
    const record = entry(listing.subarray(used, end), start + end + 1);
    if (written + record.length > room) break;
    user.memory.write(target + written, record);
    written += record.length;
    used = Math.min(end + 1, listing.length);
  }
  return { used, written };
}

function entry(name: Uint8Array, next: number): Uint8Array {
  const record = new Uint8Array((HEADER + name.length + 1 + 7) & ~7);
  const view = new DataView(record.buffer);
  view.setUint32(0, SOME_INODE, true);
  view.setUint32(8, next, true);
  view.setUint16(16, record.length, true);
  record.set(name, HEADER);
  return record;
}
