// What relibc keeps in a process, and how its functions enter the kernel: a C function returns -1
// and leaves errno behind. Everything in compat is built on `invoke`.
import type { SystemCall, SystemCalls, Userspace } from '../kernel-sim/abi/index.js';
import { SYS_EXIT, SYS_WRITE } from '../kernel-sim/abi/index.js';
import type { LibcProfile } from './profiles.js';
import type { Sessions } from './ptrace/session.js';
import { Mutex } from './sync/mutex.js';
import { Once } from './sync/once.js';

/** Bytes of relibc's own variables in the process's memory. */
export const STATICS_SIZE = 16;
const ONCE_OFFSET = 0;
const SESSIONS_LOCK_OFFSET = 4;
const TABLE_OFFSET = 8;

/** relibc's variables: in the process, so a fork copies them and threads share them. */
export interface LibcState {
  /** Where STATICS_SIZE zeroed bytes of the process's memory hold the words of the locks. */
  readonly statics: number;
  readonly sessions: Sessions;
}

/**
 * Error rule of the system-call crate ("demux"): only the low 32 bits are looked at, so a large
 * successful result that ends like -131 to -1 counts as an error, too.
 */
export function errnoOf(result: number): number {
  const low = result | 0;
  return low < 0 && low >= -131 ? -low : 0;
}

/** The C library of one process (or thread: errno belongs to a thread). */
export class Libc {
  errno = 0;
  /** Whether the table of sessions was seen to be initialised, which it then stays. */
  hasSessions = false;
  /** What it said when it ended the program. */
  lastWords: string | undefined;

  readonly sessionsOnce: Once;
  readonly sessionsLock: Mutex;
  /** Where the address of a table in shared memory is kept; 0 there: none yet. */
  readonly tableWord: number;

  constructor(
    readonly user: Userspace,
    readonly profile: LibcProfile,
    readonly state: LibcState,
  ) {
    this.tableWord = state.statics + TABLE_OFFSET;
    this.sessionsOnce = new Once(user, state.statics + ONCE_OFFSET);
    this.sessionsLock = new Mutex(user, state.statics + SESSIONS_LOCK_OFFSET, {
      wakes: profile.mutexWakes,
    });
  }

  /** Makes a system call; an error becomes -1 with errno set, success leaves errno alone. */
  invoke(call: SystemCall): SystemCalls<number> {
    return new Invocation(this, call);
  }

  /** The C function's result for that of the system call that it made. */
  returned(result: number): number {
    const errno = errnoOf(result);
    if (errno === 0) return result;
    this.errno = errno;
    return -1;
  }

  fail(errno: number): -1 {
    this.errno = errno;
    return -1;
  }

  /** Copies bytes into scratch memory. The caller brackets its use with mark and release. */
  scratch(bytes: Uint8Array): number {
    const address = this.user.reserve(bytes.length);
    this.user.memory.write(address, bytes);
    return address;
  }

  /** relibc's panic handler: a line on descriptor 2, then exit(1), not abort. */
  *panic(message: string): SystemCalls<never> {
    this.lastWords = message;
    const line = encodeText(`RELIBC PANIC: ${message}\n`);
    // One write; the original made one for each fragment of the formatted message.
    yield { number: SYS_WRITE, a: 2, b: this.scratch(line), c: line.length };
    for (;;) yield { number: SYS_EXIT, a: 1 };
  }
}

/** UTF-8 without TextEncoder, which plain ECMAScript does not have. */
export function encodeText(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x1_0000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    } else {
      const rest = [code >> 12, code >> 6, code].map((bits) => 0x80 | (bits & 0x3f));
      bytes.push(0xf0 | (code >> 18), ...rest);
    }
  }
  return Uint8Array.from(bytes);
}

/** Bytes as text, one character for each byte: enough for paths that are only compared. */
export function decodeText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The other way: text of which each character stands for a byte, such as the kernel's paths. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One system call, without a generator: most functions are no more than that. */
class Invocation implements SystemCalls<number> {
  private made = false;

  constructor(
    private readonly libc: Libc,
    private readonly call: SystemCall,
  ) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(result: number): IteratorResult<SystemCall, number> {
    if (this.made) return { done: true, value: this.libc.returned(result) };
    this.made = true;
    return { done: false, value: this.call };
  }
}
