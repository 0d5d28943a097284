// The shm: scheme as ipcd served it (src/shm.rs, 2019): named memory that everybody who maps a name
// shares. It exists from the first mapping, which fixes its size, until the last handle is closed.
import type { HostedProgram, Packet, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import {
  EBADF,
  ENOSYS,
  ERANGE,
  errnoName,
  MAP_PRIVATE,
  MapArguments,
  O_CLOEXEC,
  O_STAT,
  PROT_READ,
  PROT_WRITE,
  SYS_CLOSE,
  SYS_FMAP,
  SYS_FPATH,
  SYS_OPEN,
} from '../../kernel-sim/abi/index.js';
import { decodeText, encodeText } from '../libc.js';
import { createScheme, type Outcome, Requests, store } from './serve.js';

interface Named {
  readonly path: string;
  handles: number;
  address: number;
  size: number;
}

export const shmDaemon: HostedProgram = function* (user) {
  const socket = yield* createScheme(user, 'shm');
  if (socket < 0) return 1;
  const scheme = new ShmScheme();
  const requests = new Requests(user, socket, (_, packet) => scheme.answer(user, packet));
  while ((yield* requests.next()) > 0);
  return 0;
};

class ShmScheme {
  readonly #names = new Map<string, Named>();
  readonly #handles = new Map<number, Named>();
  #nextId = 0;

  *answer(user: Userspace, { a: call, b, c, d }: Packet): SystemCalls<Outcome> {
    switch (call) {
      case SYS_OPEN:
        return this.#open(decodeText(user.memory.read(b, c)));
      case SYS_FMAP:
        return yield* this.#map(user, b, MapArguments.decode(user.memory.read(c, d)));
      case SYS_FPATH: {
        const path = this.#handles.get(b)?.path;
        return path === undefined ? -EBADF : store(user, encodeText(`shm:${path}`), c, d);
      }
      case SYS_CLOSE:
        return this.#close(b);
      default:
        return -ENOSYS;
    }
  }

  #open(path: string): number {
    const named = this.#names.get(path) ?? { path, handles: 0, address: 0, size: 0 };
    named.handles++;
    this.#names.set(path, named);
    this.#handles.set(this.#nextId, named);
    return this.#nextId++;
  }

  *#map(user: Userspace, id: number, { offset, size }: MapArguments): SystemCalls<number> {
    const named = this.#handles.get(id);
    if (named === undefined) return -EBADF;
    if (named.address === 0) {
      named.address = yield* allocate(user, offset + size);
      named.size = offset + size;
    }
    return offset + size === named.size ? named.address + offset : -ERANGE;
  }

  /** The memory of a name that nobody has open stays the daemon's: nothing is given back. */
  #close(id: number): number {
    const named = this.#handles.get(id);
    if (named === undefined) return -EBADF;
    this.#handles.delete(id);
    named.handles--;
    if (named.handles === 0) this.#names.delete(named.path);
    return 0;
  }
}

/** Zeroed pages of the daemon's own. */
function* allocate(user: Userspace, size: number): SystemCalls<number> {
  const mark = user.mark();
  const path = encodeText('memory:');
  const address = user.reserve(path.length);
  user.memory.write(address, path);
  const flags = O_STAT | O_CLOEXEC;
  const file = yield { number: SYS_OPEN, a: address, b: path.length, c: flags };
  const map = user.reserve(MapArguments.size);
  const protection = MAP_PRIVATE | PROT_READ | PROT_WRITE;
  user.memory.write(map, MapArguments.encode({ offset: 0, size, flags: protection }));
  const result = yield { number: SYS_FMAP, a: file, b: map, c: MapArguments.size };
  yield { number: SYS_CLOSE, a: file };
  user.release(mark);
  if (result < 0) throw new Error(`no memory for shm: ${errnoName(-result)}`);
  return result;
}
