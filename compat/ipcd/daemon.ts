// ipcd, the daemon behind the chan: scheme: it creates ":chan", reads requests (packets) from that
// file and writes their results back. src/main.rs of ipcd, 2019-07-18; its shm: scheme, which the
// same process served, is a daemon of its own here, started only where it is needed.
import type { HostedProgram, Packet, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import {
  ENOSYS,
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
import { decodeText } from '../libc.js';
import { ChanScheme } from './chan-scheme.js';
import { createScheme, type Outcome, Requests, store } from './serve.js';

/** Runs until the scheme's file ends, and then exits with 0. */
export const chanDaemon: HostedProgram = function* (user) {
  const socket = yield* createScheme(user, 'chan');
  if (socket < 0) return 1;
  const notices: [handle: number, events: number][] = [];
  const scheme = new ChanScheme((id, events) => {
    notices.push([id, events]);
  });
  const requests: Requests = new Requests(
    user,
    socket,
    function* (_, packet): SystemCalls<Outcome> {
      const result = answer(user, scheme, packet);
      for (const [id, events] of notices.splice(0)) yield* requests.notify(id, events);
      return result;
    },
  );
  // ipcd waits on an event queue, for it serves a second scheme; with one, reading waits as well.
  while ((yield* requests.next()) > 0);
  return 0;
};

function answer(user: Userspace, scheme: ChanScheme, packet: Packet): Outcome {
  const { memory } = user;
  const { a: call, b, c, d } = packet;
  switch (call) {
    case SYS_OPEN:
      return scheme.open(decodeText(memory.read(b, c)), d);
    case SYS_DUP:
      return scheme.dup(b, memory.read(c, d));
    case SYS_READ:
      return store(user, scheme.read(b, d), c, d);
    case SYS_WRITE:
      return scheme.write(b, memory.read(c, d));
    case SYS_FCNTL:
      return scheme.fcntl(b, c, d);
    case SYS_FEVENT:
      return scheme.fevent(b);
    case SYS_FPATH:
      return store(user, scheme.fpath(b), c, d);
    case SYS_FSYNC:
      return scheme.fsync(b);
    case SYS_CLOSE:
      return scheme.close(b);
    default:
      return -ENOSYS;
  }
}
