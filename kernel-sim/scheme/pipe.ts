// pipe: — pairs made by PIPE2; the path cannot be opened. A pipe holds any number of bytes: writers
// never wait. Facts: scheme/pipe.rs of 2019-2020.
import {
  EAGAIN,
  EBADF,
  EINTR,
  EINVAL,
  EPIPE,
  ESPIPE,
  EVENT_READ,
  EVENT_WRITE,
  F_GETFL,
  F_SETFL,
  MODE_FIFO,
  O_ACCMODE,
  O_NONBLOCK,
  Stat,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { WaitCondition } from '../wait-condition.js';
import type { EventRegistry } from './event-registry.js';
import { Handles } from './handles.js';
import { bytesFromPath } from './path.js';
import { fill, type Reply, type Scheme } from './scheme.js';

class Pipe {
  readonly arrived: WaitCondition;
  readerHandle = 0;
  writerHandle = 0;
  readerOpen = true;
  writerOpen = true;
  #chunks: Uint8Array[] = [];

  constructor(id: number) {
    this.arrived = new WaitCondition(() => {
      return `data in pipe ${id}, whose other end is ${this.writerOpen ? 'open' : 'closed'}`;
    });
  }

  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  put(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.push(bytes);
  }

  /** Moves what fits into the target; gives how much that was. */
  take(target: UserBuffer): number {
    const chunks = this.#chunks;
    let count = 0;
    while (count < target.length && chunks.length > 0) {
      const chunk = chunks[0];
      const room = target.length - count;
      // a view costs more than the rest of a small read
      const part = chunk.length <= room ? chunk : chunk.subarray(0, room);
      target.write(part, count);
      count += part.length;
      if (part === chunk) chunks.shift();
      else chunks[0] = chunk.subarray(room);
    }
    return count;
  }
}

interface End {
  readonly pipe: Pipe;
  readonly reads: boolean;
  flags: number;
}

export class PipeScheme implements Scheme {
  readonly #id: number;
  readonly #events: EventRegistry;
  readonly #ends = new Handles<End>();

  constructor(id: number, events: EventRegistry) {
    this.#id = id;
    this.#events = events;
  }

  /** A new pipe: the handles of its reading and its writing end. */
  create(flags: number): [read: number, write: number] {
    const pipe = new Pipe(this.#ends.next / 2);
    pipe.readerHandle = this.#ends.add({ pipe, reads: true, flags });
    pipe.writerHandle = this.#ends.add({ pipe, reads: false, flags });
    return [pipe.readerHandle, pipe.writerHandle];
  }

  read(handle: number, target: UserBuffer, caller: Context): Reply {
    const end = this.#ends.get(handle);
    if (!end.reads) throw new SysError(EBADF);
    const count = this.#take(end.pipe, target);
    if (count > 0 || !end.pipe.writerOpen) return count;
    if ((end.flags & O_NONBLOCK) !== 0) throw new SysError(EAGAIN);
    return this.#wait(end.pipe, target, caller);
  }

  *#wait(pipe: Pipe, target: UserBuffer, caller: Context): Syscall<number> {
    for (;;) {
      if (!(yield* pipe.arrived.wait(caller))) throw new SysError(EINTR);
      const count = this.#take(pipe, target);
      if (count > 0 || !pipe.writerOpen) return count;
    }
  }

  #take(pipe: Pipe, target: UserBuffer): number {
    const count = pipe.take(target);
    if (count > 0) this.#events.trigger(this.#id, pipe.writerHandle, EVENT_WRITE);
    return count;
  }

  write(handle: number, source: UserBuffer): number {
    const { pipe, reads } = this.#ends.get(handle);
    if (reads) throw new SysError(EBADF);
    if (!pipe.readerOpen) throw new SysError(EPIPE);
    pipe.put(source.read());
    this.#told(pipe);
    return source.length;
  }

  fcntl(handle: number, command: number, argument: number): number {
    const end = this.#ends.get(handle);
    if (command === F_GETFL) return end.flags;
    if (command !== F_SETFL) throw new SysError(EINVAL);
    end.flags = argument & ~O_ACCMODE;
    return 0;
  }

  fevent(handle: number, flags: number): number {
    const { pipe, reads } = this.#ends.get(handle);
    if (reads && flags === EVENT_READ) return pipe.empty ? 0 : EVENT_READ;
    if (!reads && flags === EVENT_WRITE) return EVENT_WRITE;
    throw new SysError(EBADF);
  }

  fpath(_handle: number, target: UserBuffer): number {
    return fill(target, bytesFromPath('pipe:'));
  }

  fstat(_handle: number, target: UserBuffer): number {
    target.write(Stat.encode({ st_mode: MODE_FIFO | 0o666 }));
    return 0;
  }

  fsync(): number {
    return 0;
  }

  seek(): number {
    throw new SysError(ESPIPE);
  }

  close(handle: number): number {
    const { pipe, reads } = this.#ends.remove(handle);
    if (reads) {
      pipe.readerOpen = false;
    } else {
      pipe.writerOpen = false;
      this.#told(pipe);
    }
    return 0;
  }

  #told(pipe: Pipe): void {
    this.#events.trigger(this.#id, pipe.readerHandle, EVENT_READ);
    pipe.arrived.notify();
  }
}
