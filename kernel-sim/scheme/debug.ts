// debug: — the console. On Redox it is the serial line; here input comes from the host, asked for
// only when every context waits or one reads what is there without waiting. `debug:stderr` is the
// host's second output stream.
import {
  EINTR,
  EINVAL,
  ENOENT,
  EVENT_READ,
  F_GETFL,
  F_SETFL,
  MODE_CHR,
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
import type { Host } from './services.js';

const INPUT_LIMIT = 4096;

interface Terminal {
  readonly stream: 'stdout' | 'stderr';
  flags: number;
}

export class DebugScheme implements Scheme {
  readonly #id: number;
  readonly #events: EventRegistry;
  readonly #host: Host;
  readonly #terminals = new Handles<Terminal>();
  readonly #arrived = new WaitCondition('console input');
  #input = new Uint8Array(0);
  #ended = false;
  #failure: SysError | undefined;

  constructor(id: number, events: EventRegistry, host: Host) {
    this.#id = id;
    this.#events = events;
    this.#host = host;
  }

  /**
   * Everybody waits: asks the host for input if somebody waits for that. Where time has something
   * to bring, too, only for what is there at once.
   */
  serve(patiently: boolean): boolean {
    if (this.#ended || !this.#awaited) return false;
    if (!patiently && this.#host.ready?.() === false) return false;
    this.#receive();
    return true;
  }

  /** Waits for the host, and tells everybody of what it gave. */
  #receive(): void {
    const bytes = this.#ask();
    this.#ended = bytes === null;
    if (bytes !== null) this.#input = new Uint8Array(bytes);
    for (const handle of this.#terminals.keys()) {
      this.#events.trigger(this.#id, handle, EVENT_READ);
    }
    this.#arrived.notify();
  }

  /** What the host has to give; null, and why, if it cannot be read. */
  #ask(): Uint8Array | null {
    try {
      return this.#host.read(INPUT_LIMIT);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#failure = error;
      return null;
    }
  }

  /** Whether a read sleeps, or an event queue would hear of input. */
  get #awaited(): boolean {
    if (this.#arrived.waiting.length > 0) return true;
    if (this.#input.length > 0) return false;
    for (const handle of this.#terminals.keys()) {
      if ((this.#events.wanted(this.#id, handle) & EVENT_READ) !== 0) return true;
    }
    return false;
  }

  open(path: string, flags: number): number {
    if (path !== '' && path !== 'stderr') throw new SysError(ENOENT);
    const stream = path === 'stderr' ? 'stderr' : 'stdout';
    return this.#terminals.add({ stream, flags: flags & ~O_ACCMODE });
  }

  read(handle: number, target: UserBuffer, caller: Context): Reply {
    const { flags } = this.#terminals.get(handle);
    const settled = target.length === 0 || this.#input.length > 0 || this.#ended;
    if (settled) return this.#take(target);
    if ((flags & O_NONBLOCK) === 0) return this.#wait(target, caller);
    // what the host has at once lies in the queue; an empty one reads as the end
    if (this.#host.ready?.() === false) return 0;
    this.#receive();
    return this.#take(target);
  }

  *#wait(target: UserBuffer, caller: Context): Syscall<number> {
    while (this.#input.length === 0 && !this.#ended) {
      if (!(yield* this.#arrived.wait(caller))) throw new SysError(EINTR);
    }
    return this.#take(target);
  }

  #take(target: UserBuffer): number {
    if (this.#failure !== undefined) throw this.#failure;
    const count = fill(target, this.#input);
    this.#input = this.#input.subarray(count);
    return count;
  }

  write(handle: number, source: UserBuffer): number {
    this.#host.write(this.#terminals.get(handle).stream, source.read());
    return source.length;
  }

  fcntl(handle: number, command: number, argument: number): number {
    const terminal = this.#terminals.get(handle);
    if (command === F_GETFL) return terminal.flags;
    if (command !== F_SETFL) throw new SysError(EINVAL);
    terminal.flags = argument & ~O_ACCMODE;
    return 0;
  }

  fevent(handle: number): number {
    this.#terminals.get(handle);
    return this.#input.length > 0 || this.#ended ? EVENT_READ : 0;
  }

  fpath(handle: number, target: UserBuffer): number {
    const { stream } = this.#terminals.get(handle);
    return fill(target, bytesFromPath(stream === 'stderr' ? 'debug:stderr' : 'debug:'));
  }

  /** Redox answered EBADF; saying what it is lets a C library buffer by lines. */
  fstat(handle: number, target: UserBuffer): number {
    this.#terminals.get(handle);
    target.write(Stat.encode({ st_mode: MODE_CHR | 0o666 }));
    return 0;
  }

  fsync(handle: number): number {
    this.#terminals.get(handle);
    return 0;
  }

  close(handle: number): number {
    this.#terminals.remove(handle);
    return 0;
  }
}
