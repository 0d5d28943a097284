// ipcd, the daemon behind the chan: scheme: it creates ":chan", reads requests (packets) from that
// file and writes their results back. src/main.rs of ipcd, 2019-07-18, without its shm: scheme.
import type { HostedProgram, Packet, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import {
  ENOSYS,
  O_CREAT,
  O_RDWR,
  Packet as PacketLayout,
  SYS_CLOSE,
  SYS_DUP,
  SYS_FCNTL,
  SYS_FEVENT,
  SYS_FPATH,
  SYS_FSYNC,
  SYS_OPEN,
  SYS_READ,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import { decodeText, encodeText } from '../libc.js';
import type { Outcome } from './chan-scheme.js';
import { ChanScheme } from './chan-scheme.js';

const CHAN = ':chan';

/** Runs until the scheme's file ends, and then exits with 0. */
export const chanDaemon: HostedProgram = function* (user) {
  const mark = user.mark();
  const socket = yield* openScheme(user);
  if (socket < 0) return 1;
  const notices: Uint8Array[] = [];
  const scheme = new ChanScheme((id, events) => {
    notices.push(PacketLayout.encode({ a: SYS_FEVENT, b: id, c: events, d: 1 }));
  });
  const packet = user.reserve(PacketLayout.size);
  let waiting: Packet[] = [];
  // ipcd waits on an event queue, for it serves a second scheme; with one, reading waits as well.
  for (;;) {
    const length = yield { number: SYS_READ, a: socket, b: packet, c: PacketLayout.size };
    if (length < PacketLayout.size) break;
    waiting.unshift(PacketLayout.decode(user.memory.read(packet, PacketLayout.size)));
    // Whatever was asked may unblock older requests, and what those do, others still.
    for (let before = -1; before !== waiting.length && waiting.length > 0; ) {
      before = waiting.length;
      waiting = yield* serve(user, scheme, socket, packet, waiting, notices);
    }
  }
  user.release(mark);
  return 0;
};

function* openScheme(user: Userspace): SystemCalls<number> {
  const path = encodeText(CHAN);
  const address = user.reserve(path.length);
  user.memory.write(address, path);
  return yield { number: SYS_OPEN, a: address, b: path.length, c: O_RDWR | O_CREAT };
}

/** Answers the requests that can be answered; returns those that must wait. */
function* serve(
  user: Userspace,
  scheme: ChanScheme,
  socket: number,
  buffer: number,
  requests: readonly Packet[],
  notices: Uint8Array[],
): SystemCalls<Packet[]> {
  const blocked: Packet[] = [];
  for (const request of requests) {
    const result = answer(user, scheme, request);
    for (const notice of notices.splice(0)) yield* send(user, socket, buffer, notice);
    if (result === undefined) blocked.push(request);
    else yield* send(user, socket, buffer, PacketLayout.encode({ ...request, a: result }));
  }
  return blocked;
}

function* send(
  user: Userspace,
  socket: number,
  buffer: number,
  bytes: Uint8Array,
): SystemCalls<void> {
  user.memory.write(buffer, bytes);
  yield { number: SYS_WRITE, a: socket, b: buffer, c: bytes.length };
}

/** `b`, `c`, `d` are the arguments of the call `a`; buffers are mapped into this process. */
function answer({ memory }: Userspace, scheme: ChanScheme, packet: Packet): Outcome {
  const { a: call, b, c, d } = packet;
  switch (call) {
    case SYS_OPEN:
      return scheme.open(decodeText(memory.read(b, c)), d);
    case SYS_DUP:
      return scheme.dup(b, memory.read(c, d));
    case SYS_READ:
      return store(memory, scheme.read(b, d), c, d);
    case SYS_WRITE:
      return scheme.write(b, memory.read(c, d));
    case SYS_FCNTL:
      return scheme.fcntl(b, c, d);
    case SYS_FEVENT:
      return scheme.fevent(b);
    case SYS_FPATH:
      return store(memory, scheme.fpath(b), c, d);
    case SYS_FSYNC:
      return scheme.fsync(b);
    case SYS_CLOSE:
      return scheme.close(b);
    default:
      return -ENOSYS;
  }
}

function store(
  memory: Userspace['memory'],
  result: Uint8Array | Outcome,
  address: number,
  size: number,
): Outcome {
  if (typeof result !== 'object') return result;
  const bytes = result.subarray(0, size);
  memory.write(address, bytes);
  return bytes.length;
}
