// The chan: scheme as ipcd of 2019-07-18 served it (src/chan.rs): named listeners, clients that
// queue at them, and connections of two clients once one of the queue is accepted.
import {
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  ENOENT,
  EPIPE,
  EVENT_READ,
  EVENT_WRITE,
  F_GETFL,
  F_SETFL,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
} from '../../kernel-sim/abi/index.js';
import { decodeText, encodeText } from '../libc.js';
import type { Outcome } from './serve.js';

interface Client {
  readonly kind: 'client';
  flags: number;
  received: number[];
  /** The other end: its handle, or why there is none. */
  remote: number | 'awaited' | 'closed';
  path: string | undefined;
}

interface Listener {
  readonly kind: 'listener';
  flags: number;
  /** Handles of clients that nobody has accepted. */
  awaiting: number[];
  /** The name it can be found by; undefined for a nameless one. */
  path: string | undefined;
}

type Handle = Client | Listener;

function newClient(flags: number, remote: Client['remote'], path?: string): Client {
  return { kind: 'client', flags, received: [], remote, path };
}

export class ChanScheme {
  private readonly handles = new Map<number, Handle>();
  private readonly listeners = new Map<string, number>();
  private nextId = 0;

  /** `notify` tells the kernel that a handle has become readable or writable. */
  constructor(private readonly notify: (id: number, events: number) => void) {}

  open(path: string, flags: number): Outcome {
    const existing = this.listeners.get(path);
    const create = (flags & O_CREAT) !== 0;
    if (create && existing === undefined) return this.listen(path, flags);
    if (create && (flags & O_EXCL) !== 0) return -EEXIST;
    if (existing === undefined) return -ENOENT;
    return this.connect(existing, newClient(flags, 'awaited'));
  }

  /** "listen" accepts a client, "connect" makes one; any other text names a nameless handle. */
  dup(id: number, request: Uint8Array): Outcome {
    const handle = this.handles.get(id);
    const text = decodeText(request);
    if (handle === undefined || text === '') return -EBADF;
    if (text === 'listen' || text === 'connect') {
      if (handle.kind !== 'listener') return -EBADF;
      if (text === 'listen') return this.accept(handle);
      return this.connect(id, newClient(0, 'awaited'));
    }
    return handle.kind === 'client' && handle.path !== undefined
      ? -EBADF
      : this.open(text, handle.flags);
  }

  read(id: number, size: number): Uint8Array | Outcome {
    const client = this.handles.get(id);
    if (client?.kind !== 'client') return -EBADF;
    if (client.received.length > 0) return Uint8Array.from(client.received.splice(0, size));
    if (client.remote === 'closed') return 0;
    return (client.flags & O_NONBLOCK) === 0 ? undefined : -EAGAIN;
  }

  write(id: number, bytes: Uint8Array): Outcome {
    const client = this.handles.get(id);
    if (client?.kind !== 'client') return -EBADF;
    if (client.remote === 'closed') return -EPIPE;
    if (client.remote === 'awaited') {
      return (client.flags & O_NONBLOCK) === 0 ? undefined : -EAGAIN;
    }
    const remote = this.handles.get(client.remote);
    if (remote?.kind !== 'client') return -EPIPE;
    const wasEmpty = remote.received.length === 0;
    for (const byte of bytes) remote.received.push(byte);
    if (wasEmpty) this.notify(client.remote, EVENT_READ);
    return bytes.length;
  }

  fcntl(id: number, command: number, argument: number): Outcome {
    const handle = this.handles.get(id);
    if (handle === undefined) return -EBADF;
    if (command === F_GETFL) return handle.flags;
    if (command !== F_SETFL) return -EINVAL;
    handle.flags = argument;
    return 0;
  }

  /** What a handle is ready for, whatever was asked. */
  fevent(id: number): Outcome {
    const handle = this.handles.get(id);
    if (handle === undefined) return -EBADF;
    if (handle.kind === 'listener') {
      return handle.awaiting.length > 0 ? EVENT_READ | EVENT_WRITE : 0;
    }
    const readable = handle.received.length > 0 || handle.remote === 'closed';
    const writable = typeof handle.remote === 'number';
    return (readable ? EVENT_READ : 0) | (writable ? EVENT_WRITE : 0);
  }

  fpath(id: number): Uint8Array | Outcome {
    const handle = this.handles.get(id);
    // Only an accepted client has a path to tell: a listener keeps its name elsewhere.
    if (handle?.kind !== 'client' || handle.path === undefined) return -EBADF;
    return encodeText(`chan:${handle.path}`);
  }

  fsync(id: number): Outcome {
    return this.handles.has(id) ? id : -EBADF;
  }

  close(id: number): Outcome {
    const handle = this.handles.get(id);
    if (handle === undefined) return -EBADF;
    this.handles.delete(id);
    if (handle.kind === 'listener') {
      if (handle.path !== undefined) this.listeners.delete(handle.path);
    } else if (typeof handle.remote === 'number') {
      this.hangUp(handle.remote);
    }
    return 0;
  }

  private add(handle: Handle): number {
    const id = this.nextId++;
    this.handles.set(id, handle);
    return id;
  }

  private listen(path: string, flags: number): number {
    const named = path === '' ? undefined : path;
    const id = this.add({ kind: 'listener', flags, awaiting: [], path: named });
    if (named !== undefined) this.listeners.set(named, id);
    return id;
  }

  private connect(listenerId: number, client: Client): Outcome {
    const listener = this.handles.get(listenerId);
    if (listener?.kind !== 'listener') return -EBADF;
    const id = this.add(client);
    listener.awaiting.push(id);
    this.notify(listenerId, EVENT_READ | EVENT_WRITE);
    return id;
  }

  /** Takes the first client of the queue that is still there. */
  private accept(listener: Listener): Outcome {
    for (;;) {
      const remoteId = listener.awaiting.shift();
      if (remoteId === undefined) {
        return (listener.flags & O_NONBLOCK) === 0 ? undefined : -EAGAIN;
      }
      const remote = this.handles.get(remoteId);
      if (remote?.kind !== 'client') continue;
      const id = this.add(newClient(listener.flags, remoteId, listener.path));
      remote.remote = id;
      this.notify(remoteId, EVENT_WRITE);
      return id;
    }
  }

  private hangUp(id: number): void {
    const remote = this.handles.get(id);
    if (remote?.kind !== 'client') return;
    remote.remote = 'closed';
    if (remote.received.length === 0) this.notify(id, EVENT_READ);
  }
}
