// What daemons behind schemes have in common: the file that requests come from, answers to it, and
// results that wait until something else has happened. The loop of ipcd's src/main.rs, 2019-07-18.
import type { Packet, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import {
  O_CREAT,
  O_RDWR,
  Packet as PacketLayout,
  SYS_FEVENT,
  SYS_OPEN,
  SYS_READ,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import { encodeText } from '../libc.js';

/** What a request comes to: a result (negative: an error) or undefined, to be tried again later. */
export type Outcome = number | undefined;

/** `b`, `c`, `d` are the arguments of the call `a`; buffers are mapped into the daemon. */
export type Answer = (user: Userspace, packet: Packet) => SystemCalls<Outcome>;

/** The file of a scheme's requests. */
export class Requests {
  /** Those that could not be answered yet. */
  #waiting: Packet[] = [];
  readonly #packet: number;

  constructor(
    private readonly user: Userspace,
    readonly socket: number,
    private readonly answer: Answer,
  ) {
    this.#packet = user.reserve(PacketLayout.size);
  }

  /** Reads and answers one request; the result of the read, which is less than 0 or a size. */
  *next(): SystemCalls<number> {
    const { user, socket } = this;
    const size = PacketLayout.size;
    const length = yield { number: SYS_READ, a: socket, b: this.#packet, c: size };
    if (length < size) return length;
    this.#waiting.unshift(PacketLayout.decode(user.memory.read(this.#packet, size)));
    yield* this.retry();
    return length;
  }

  /** Whatever was asked may unblock older requests, and what those do, others still. */
  *retry(): SystemCalls<void> {
    for (let before = -1; before !== this.#waiting.length && this.#waiting.length > 0; ) {
      before = this.#waiting.length;
      const requests = this.#waiting;
      this.#waiting = [];
      for (const request of requests) {
        const result = yield* this.answer(this.user, request);
        if (result === undefined) this.#waiting.push(request);
        else yield* this.#send({ ...request, a: result });
      }
    }
  }

  /** Tells the kernel that a handle has become readable or writable. */
  notify(handle: number, events: number): SystemCalls<void> {
    return this.#send({ a: SYS_FEVENT, b: handle, c: events, d: 1 });
  }

  *#send(packet: Partial<Packet>): SystemCalls<void> {
    this.user.memory.write(this.#packet, PacketLayout.encode(packet));
    yield { number: SYS_WRITE, a: this.socket, b: this.#packet, c: PacketLayout.size };
  }
}

/** Creates a scheme; a descriptor, or an error. */
export function* createScheme(user: Userspace, name: string, flags = 0): SystemCalls<number> {
  const path = encodeText(`:${name}`);
  const mark = user.mark();
  const address = user.reserve(path.length);
  user.memory.write(address, path);
  const socket = yield {
    number: SYS_OPEN,
    a: address,
    b: path.length,
    c: O_RDWR | O_CREAT | flags,
  };
  user.release(mark);
  return socket;
}

/** Copies what a read or fpath gives into the caller's buffer. */
export function store(
  { memory }: Userspace,
  result: Uint8Array | Outcome,
  address: number,
  size: number,
): Outcome {
  if (typeof result !== 'object') return result;
  const bytes = result.subarray(0, size);
  memory.write(address, bytes);
  return bytes.length;
}
