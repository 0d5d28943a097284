// The facade's calls on the host's own Linux, where ptrace() maps one to one: relibc's Linux half. A
// small program in C (lib/native/tracer-server.c) is the tracer; each call here asks it and waits.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SIGKILL } from '../../kernel-sim/abi/index.js';
import { whyNotNative } from '../compare/native.js';
import { Errno } from '../errno.js';
import type { ProgramOptions } from '../machine.js';
import { PACKAGE } from '../package-files.js';
import { PtraceCalls, type Waited } from '../ptrace-calls.js';

const SERVER = join(PACKAGE, 'lib/native/tracer-server.elf');

/** As the server numbers them. */
const OPERATION = {
  ptrace: 0,
  waitpid: 1,
  kill: 2,
  spawn: 3,
  allocate: 4,
  release: 5,
  read: 6,
  write: 7,
  pread: 8,
  pwrite: 9,
} as const;
const REQUEST_SIZE = 40;
const ANSWER_SIZE = 24;

interface Asked {
  readonly pid?: number;
  readonly number?: number;
  readonly address?: number | bigint;
  readonly data?: number | bigint;
  readonly length?: number;
}

interface Answer {
  readonly result: number;
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** Why the host has no ptrace(2) for this, or undefined when it has. */
export function whyNotLinux(): string | undefined {
  return whyNotNative();
}

/** How a {@link LinuxTracer} is made. */
export interface LinuxTracerOptions {
  /** Where children's stdout and stderr go: where this process's go (unless said), or nowhere. */
  readonly output?: 'inherit' | 'ignore';
}

/**
 * A tracer on real Linux with the calls of {@link PtraceCalls}; those that fail throw an
 * {@link Errno}. {@link close} it when done: its children end with it.
 */
export class LinuxTracer extends PtraceCalls {
  readonly #requests: number;
  readonly #answers: number;
  #open = true;

  constructor({ output = 'inherit' }: LinuxTracerOptions = {}) {
    super();
    const directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-'));
    try {
      const [up, down] = ['requests', 'answers'].map((name) => join(directory, name));
      const { status, stderr } = spawnSync('mkfifo', [up, down], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`mkfifo: ${stderr}`);
      // opened both ways, a pipe opens at once
      this.#requests = openSync(up, 'r+');
      const both = openSync(down, 'r+');
      const reads = openSync(up, 'r');
      spawn(SERVER, {
        stdio: ['inherit', output, output, reads, both],
        env: {},
      }).unref();
      // its end is seen as the end of the answers
      this.#answers = openSync(down, 'r');
      closeSync(both);
      closeSync(reads);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** Starts a program as a child, which is traced if it asks to be. */
  override spawn(path: string, { args = [], name = path, env = [] }: ProgramOptions = {}): number {
    const strings = [resolve(path), name, ...args, ...env].map((text) => `${text}\0`).join('');
    const bytes = Buffer.from(strings);
    const asked = { number: 1 + args.length, length: bytes.length };
    try {
      return this.#ask('spawn', asked, bytes).result;
    } catch (error) {
      throw error instanceof Errno ? new Errno(-error.errno, 'execve', path) : error;
    }
  }

  override request(
    request: number,
    pid: number,
    addr: number | bigint,
    data: number | bigint,
  ): number {
    return this.#ask('ptrace', { number: request, pid, address: addr, data }).result;
  }

  override waitpid(pid: number, options = 0): Waited {
    const { result, status } = this.#ask('waitpid', { pid, number: options });
    return { pid: result, status };
  }

  override kill(pid: number, signal: number = SIGKILL): void {
    this.#ask('kill', { pid, number: signal });
  }

  override allocate(length: number): number {
    return this.#ask('allocate', { length }).result;
  }

  override withMemory<T>(length: number, use: (address: number) => T): T {
    const address = this.allocate(length);
    try {
      return use(address);
    } finally {
      this.#ask('release', { address });
    }
  }

  override readOwn(address: number, length: number): Uint8Array {
    return this.#ask('read', { address, length }).bytes;
  }

  override writeOwn(address: number, bytes: Uint8Array): void {
    this.#ask('write', { address, length: bytes.length }, bytes);
  }

  override readMemory(pid: number, address: number | bigint, length: number): Uint8Array {
    return this.#ask('pread', { pid, address, length }).bytes;
  }

  override writeMemory(pid: number, address: number | bigint, bytes: Uint8Array): void {
    this.#ask('pwrite', { pid, address, length: bytes.length }, bytes);
  }

  /** Ends the tracer, and its children with it. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#requests);
    // it has gone when no more answers can come
    readSync(this.#answers, new Uint8Array(1));
    closeSync(this.#answers);
  }

  #ask(
    operation: keyof typeof OPERATION,
    asked: Asked,
    more: Uint8Array = new Uint8Array(),
  ): Answer {
    if (!this.#open) throw new Error('the tracer is closed');
    const { pid = 0, number = 0, address = 0, data = 0, length = 0 } = asked;
    const request = new DataView(new ArrayBuffer(REQUEST_SIZE));
    request.setUint32(0, OPERATION[operation], true);
    request.setInt32(4, pid, true);
    request.setBigInt64(8, BigInt(number), true);
    request.setBigUint64(16, BigInt.asUintN(64, BigInt(address)), true);
    request.setBigUint64(24, BigInt.asUintN(64, BigInt(data)), true);
    request.setBigUint64(32, BigInt(length), true);
    this.#send(new Uint8Array(request.buffer));
    this.#send(more);
    const answer = new DataView(this.#take(ANSWER_SIZE).buffer);
    const error = answer.getInt32(8, true);
    const bytes = this.#take(Number(answer.getBigUint64(16, true)));
    if (error !== 0) throw new Errno(error, operation);
    const result = Number(answer.getBigInt64(0, true));
    return { result, status: answer.getInt32(12, true), bytes };
  }

  #send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#requests, bytes, at);
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.#answers, bytes, at, length - at, null);
      if (count === 0) throw new Error('the tracer on Linux has ended');
      at += count;
    }
    return bytes;
  }
}
