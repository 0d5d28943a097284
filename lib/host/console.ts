// The console of the machine on the host's standard streams, or on arrays of bytes.
import { readSync, writeSync } from 'node:fs';
import type { Host } from '../../kernel-sim/index.js';

/** Standard output or error was closed by its reader: there is nobody left to run for. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/** The clock at boot when the host's is not asked: 2020-01-01, so that every run is the same. */
const BOOT_TIME = 1577836800;
const RETRY_MILLISECONDS = 1;
const INPUT_SIZE = 65536;
const STREAMS = { stdout: 1, stderr: 2 } as const;

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Sleeps; the machine is synchronous, and so is a descriptor that is not ready yet. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
}

/** Passes the host's stdin, stdout and stderr through. */
export class StandardStreams implements Host {
  #input: Buffer | undefined;

  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      try {
        written += writeSync(STREAMS[stream], bytes, written);
      } catch (error) {
        if (codeOf(error) === 'EPIPE') throw new BrokenPipe();
        if (codeOf(error) !== 'EAGAIN') throw error;
        pause(); // another process made the descriptor we share non-blocking
      }
    }
  }

  read(limit: number): Uint8Array | null {
    this.#input ??= Buffer.alloc(INPUT_SIZE);
    const buffer = this.#input;
    for (;;) {
      try {
        const length = readSync(0, buffer, 0, Math.min(limit, buffer.length), null);
        return length === 0 ? null : Uint8Array.from(buffer.subarray(0, length));
      } catch (error) {
        if (codeOf(error) === 'EOF') return null; // Windows says it so
        if (codeOf(error) !== 'EAGAIN') throw error;
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
