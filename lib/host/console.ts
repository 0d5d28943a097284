// The console of the machine on the host's standard streams, or on arrays of bytes.
import { constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { EFBIG, EIO, EISDIR, ENOSPC } from '../../kernel-sim/abi/index.js';
import { type Host, SysError } from '../../kernel-sim/index.js';

/** Standard output or error was closed by its reader: there is nobody left to run for. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/** The clock at boot when the host's is not asked: 2020-01-01, so that every run is the same. */
const BOOT_TIME = 1577836800;
const RETRY_MILLISECONDS = 1;
const INPUT_SIZE = 65536;
const READ_AHEAD = 4096;
const REDOX_ERRORS: Readonly<Record<string, number>> = { ENOSPC, EFBIG, EISDIR };
const STREAMS = { stdout: 1, stderr: 2 } as const;

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** What a program is told of a stream that fails: a full device, or a directory for input. */
function onConsole(error: unknown): SysError {
  return new SysError(REDOX_ERRORS[String(codeOf(error))] ?? EIO);
}

/** Sleeps; the machine is synchronous, and so is a descriptor that is not ready yet. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
}

/** Standard input once more, by a descriptor that never waits; undefined where there is no such. */
function openWithoutWaiting(): number | undefined {
  try {
    return openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // a socket, or a host that is not Linux
  }
}

/** Passes the host's stdin, stdout and stderr through. */
export class StandardStreams implements Host {
  #input: Buffer | undefined;
  #withoutWaiting: number | 'unasked' | undefined = 'unasked';
  /** What was read to see whether there is anything: bytes, or the end. */
  #ahead: Uint8Array | null | undefined;

  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      try {
        written += writeSync(STREAMS[stream], bytes, written);
      } catch (error) {
        if (codeOf(error) === 'EPIPE') throw new BrokenPipe();
        if (codeOf(error) !== 'EAGAIN') throw onConsole(error);
        pause(); // another process made the descriptor we share non-blocking
      }
    }
  }

  /** A file shared with others may be read only here: its offset would not move by another opening. */
  ready(): boolean {
    if (this.#ahead !== undefined) return true;
    if (this.#withoutWaiting === 'unasked') {
      this.#withoutWaiting = fstatSync(0).isFile() ? undefined : openWithoutWaiting();
    }
    if (this.#withoutWaiting === undefined) return true;
    const buffer = Buffer.alloc(READ_AHEAD);
    try {
      const length = readSync(this.#withoutWaiting, buffer, 0, buffer.length, null);
      this.#ahead = length === 0 ? null : Uint8Array.from(buffer.subarray(0, length));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') return true;
      pause(); // time that is skipped shall not pass much faster than time does
      return false;
    }
  }

  read(limit: number): Uint8Array | null {
    if (this.#ahead !== undefined) {
      const bytes = this.#ahead;
      this.#ahead = bytes !== null && bytes.length > limit ? bytes.subarray(limit) : undefined;
      return bytes === null ? null : bytes.slice(0, limit);
    }
    this.#input ??= Buffer.alloc(INPUT_SIZE);
    const buffer = this.#input;
    for (;;) {
      try {
        const length = readSync(0, buffer, 0, Math.min(limit, buffer.length), null);
        return length === 0 ? null : Uint8Array.from(buffer.subarray(0, length));
      } catch (error) {
        if (codeOf(error) === 'EOF') return null; // Windows says it so
        if (codeOf(error) !== 'EAGAIN') throw onConsole(error);
        pause();
      }
    }
  }

  realtime(): number {
    return BOOT_TIME;
  }
}

/** Keeps what is written, serves what it was given: a console for tests and libraries. */
export class RecordedStreams implements Host {
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  readonly #text = { stdout: '', stderr: '' };
  #input: Uint8Array;

  constructor(input: string | Uint8Array = '') {
    this.#input = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  }

  get stdout(): string {
    return this.#text.stdout;
  }

  get stderr(): string {
    return this.#text.stderr;
  }

  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.#text[stream] += this.#decoders[stream].decode(bytes, { stream: true });
  }

  read(limit: number): Uint8Array | null {
    if (this.#input.length === 0) return null;
    const bytes = this.#input.slice(0, limit);
    this.#input = this.#input.subarray(bytes.length);
    return bytes;
  }

  realtime(): number {
    return BOOT_TIME;
  }
}
