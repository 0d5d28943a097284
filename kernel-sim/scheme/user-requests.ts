// The queue between a scheme and the daemon that serves it: requests go out as Packets when the
// daemon reads, answers come back when it writes. Facts: scheme/user.rs (UserInner) of mid-2019.
import {
  EAGAIN,
  EINTR,
  ENODEV,
  ESRCH,
  EVENT_READ,
  MapArguments,
  O_NONBLOCK,
  Packet,
  PROT_EXEC,
  PROT_WRITE,
  SYS_FEVENT,
  SYS_FMAP,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Syscall } from '../syscall.js';
import { KernelBuffer, type UserBuffer } from '../user-buffer.js';
import { WaitCondition } from '../wait-condition.js';
import type { EventRegistry } from './event-registry.js';
import { checked } from './result.js';
import type { MapRequest, Reply } from './scheme.js';

/** Where the daemon's own end is: an open file of the root scheme. */
export interface DaemonFile {
  readonly schemeId: number;
  readonly handle: number;
  readonly flags: number;
}

export class UserRequests {
  readonly name: string;
  /** The process that created the scheme: buffers are mapped into its memory. */
  readonly daemon: Context;
  readonly #file: DaemonFile;
  readonly #events: EventRegistry;
  readonly #schemeId: () => number;
  readonly #todo: Packet[] = [];
  readonly #done = new Map<number, number>();
  readonly #requested: WaitCondition;
  readonly #answered: WaitCondition;
  #nextId = 1;
  #unmounting = false;
  #closed = false;

  constructor(
    name: string,
    daemon: Context,
    file: DaemonFile,
    events: EventRegistry,
    schemeId: () => number,
  ) {
    this.name = name;
    this.daemon = daemon;
    this.#file = file;
    this.#events = events;
    this.#schemeId = schemeId;
    this.#requested = new WaitCondition(`a request to ${name}:`);
    this.#answered = new WaitCondition(() => {
      return `an answer of ${name}: (pid ${daemon.pid}${daemon.exited ? ', which has ended' : ''})`;
    });
  }

  /** The daemon closed its end: requests fail from now on. */
  close(): void {
    this.#closed = true;
  }

  /** The scheme's name is gone: no new requests, and the daemon reads the end of the file. */
  unmount(): void {
    this.#unmounting = true;
    this.#requested.interrupt();
    this.#events.trigger(this.#file.schemeId, this.#file.handle, EVENT_READ);
  }

  /** @throws SysError ENODEV when nobody serves the scheme any more */
  alive(): this {
    if (this.#closed) throw new SysError(ENODEV);
    return this;
  }

  /** Sends one request and waits for its answer, whatever signals come. */
  *call(caller: Context, a: number, b: number, c: number, d: number): Syscall<number> {
    if (this.#unmounting) throw new SysError(ENODEV);
    const id = this.#nextId++;
    this.#todo.push({ id, pid: caller.pid, uid: caller.euid, gid: caller.egid, a, b, c, d });
    this.#requested.notify();
    this.#events.trigger(this.#file.schemeId, this.#file.handle, EVENT_READ);
    let answer = this.#done.get(id);
    while (answer === undefined) {
      yield* this.#answered.waitStubbornly(caller);
      answer = this.#done.get(id);
    }
    this.#done.delete(id);
    return checked(answer);
  }

  /**
   * A call with a buffer. It is seen by the daemon at the same offset within a page; `out` says
   * that the daemon fills it.
   */
  *callWith(
    caller: Context,
    buffer: UserBuffer,
    out: boolean,
    request: (address: number) => [number, number, number, number],
  ): Syscall<number> {
    if (this.daemon.exited) throw new SysError(ESRCH);
    const { memory } = this.daemon;
    const content = buffer.read();
    // the real kernel mapped the caller's pages; a copy there and back tells a daemon no less
    const address = buffer.length === 0 ? 0 : memory.grant(buffer.length, { writable: out });
    memory.copyIn(address, content, 'force');
    try {
      const result = yield* this.call(caller, ...request(address));
      if (out && memory.copyOut(address, content) === content.length) buffer.write(content);
      return result;
    } finally {
      memory.revoke(address);
    }
  }

  /**
   * Maps what the daemon gives the address of in its own memory: both see what the other writes, and
   * so do forks of the caller. Differs: a fork of the daemon sees it as well, and the daemon is
   * not told when the mapping goes. @throws SysError EFAULT
   */
  *map(caller: Context, handle: number, request: MapRequest): Syscall<number> {
    const { offset, size, flags } = request;
    const map = new KernelBuffer(MapArguments.encode({ offset, size, flags }));
    const address = yield* this.callWith(caller, map, false, (at) => {
      return [SYS_FMAP, handle, at, MapArguments.size];
    });
    return caller.memory.borrow(this.daemon.memory.lend(address, size), {
      writable: (flags & PROT_WRITE) !== 0,
      executable: (flags & PROT_EXEC) !== 0,
    });
  }

  /** The daemon reads requests. */
  read(target: UserBuffer, caller: Context): Reply {
    const limit = Math.floor(target.length / Packet.size);
    if (this.#todo.length > 0) return this.#deliver(target, limit);
    if (this.#unmounting) return 0;
    if ((this.#file.flags & O_NONBLOCK) !== 0) throw new SysError(EAGAIN);
    return this.#wait(target, limit, caller);
  }

  *#wait(target: UserBuffer, limit: number, caller: Context): Syscall<number> {
    while (this.#todo.length === 0) {
      if (yield* this.#requested.wait(caller)) continue;
      if (this.#unmounting) return 0;
      throw new SysError(EINTR);
    }
    return this.#deliver(target, limit);
  }

  #deliver(target: UserBuffer, limit: number): number {
    const packets = this.#todo.splice(0, limit);
    for (const [index, packet] of packets.entries()) {
      target.write(Packet.encode(packet), index * Packet.size);
    }
    return packets.length * Packet.size;
  }

  /** The daemon writes answers, or with id 0 a message to the kernel. */
  write(source: UserBuffer): number {
    const count = Math.floor(source.length / Packet.size);
    for (let index = 0; index < count; index++) {
      const packet = Packet.decode(source.read(index * Packet.size, Packet.size));
      if (packet.id !== 0) this.#done.set(packet.id, packet.a);
      else if (packet.a === SYS_FEVENT) this.#events.trigger(this.#schemeId(), packet.b, packet.c);
    }
    this.#answered.notify();
    return count * Packet.size;
  }
}
