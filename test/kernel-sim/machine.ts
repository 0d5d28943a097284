// A small machine for tests of the kernel: hosted programs, a console that is recorded, and system
// calls as functions.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Cpu } from '../../cpu/index.js';
import type { HostedProgram, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import * as abi from '../../kernel-sim/abi/index.js';
import {
  type FileTree,
  Kernel,
  type KernelProfile,
  type Scheduler,
} from '../../kernel-sim/index.js';

export const MEMORY = 0x400_0000;
/** Built beforehand; building it for every machine would take a quarter of a second each. */
export const interpreter = readFileSync(new URL('../../cpu/interpreter.wasm', import.meta.url));

export interface TestMachine {
  readonly kernel: Kernel;
  /** What was written to the console. */
  readonly output: { stdout: string; stderr: string };
}

export interface TestOptions {
  readonly files?: FileTree;
  /** Chunks that reading the console gives. */
  readonly input?: string[];
  /** Whether reading the console would not wait; always unless said. */
  readonly ready?: () => boolean;
  readonly seed?: number;
  readonly scheduler?: Scheduler;
  /** The kernel's revision; P7 unless said. */
  readonly profile?: KernelProfile;
  /** How many CPUs the kernel has, not how many there are to emulate. */
  readonly cpus?: number;
  /** One that another machine is done with: making a new one takes some milliseconds. */
  readonly cpu?: Cpu;
}

export function machine(options: TestOptions = {}): TestMachine {
  const { files, input = [], ready = () => true, seed = 1, scheduler, profile, cpus } = options;
  const output = { stdout: '', stderr: '' };
  const host = {
    write(stream: 'stdout' | 'stderr', bytes: Uint8Array) {
      output[stream] += Buffer.from(bytes).toString('latin1');
    },
    read(): Uint8Array | null {
      const chunk = input.shift();
      return chunk === undefined ? null : Buffer.from(chunk, 'latin1');
    },
    ready,
    realtime: () => 1_565_827_200,
  };
  const cpu = options.cpu ?? new Cpu({ memory: MEMORY, interpreter });
  const kernel = new Kernel({
    cpu,
    host,
    seed,
    ...(files && { files }),
    ...(scheduler && { scheduler }),
    ...(profile && { profile }),
    ...(cpus && { cpus }),
  });
  return { kernel, output };
}

/** Runs one program to its own end and that of everything; errors it throws are the test's. */
export function run(program: HostedProgram, options: TestOptions = {}): TestMachine {
  const made = machine(options);
  let ended = false;
  const whole: HostedProgram = function* (user, argv) {
    const status = yield* program(user, argv);
    ended = true;
    return status;
  };
  made.kernel.spawn({ program: whole, name: 'test' });
  made.kernel.run();
  expect(ended, 'it came to its end').to.equal(true);
  return made;
}

/** Programs that say what they do in a word or two. */
export const exits = (status: number): HostedProgram =>
  function* () {
    yield 'pause';
    return status;
  };
export const yields = (times: number): HostedProgram =>
  function* () {
    for (let i = 0; i < times; i++) yield* call(abi.SYS_YIELD);
    return 0;
  };

/** Runs a program that must come to its end, whatever it expects on its way, and give back all memory. */
export function check(
  program: (user: Userspace) => SystemCalls<void>,
  options: TestOptions = {},
): void {
  const whole: HostedProgram = function* (user) {
    yield* program(user);
    return 0;
  };
  const { kernel } = run(whole, options);
  expect(kernel.cpu.memory.allocated, 'frames left behind').to.equal(0);
}

type Argument = number | bigint;

export function* call(number: number, ...args: Argument[]): SystemCalls<number> {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = args;
  return yield { number, a, b, c, d, e };
}

/** Runs code with bytes of scratch memory that hold `content`. */
export function* scratch<T>(
  user: Userspace,
  content: Uint8Array,
  use: (address: number) => SystemCalls<T>,
): SystemCalls<T> {
  const mark = user.mark();
  const address = user.reserve(content.length);
  user.memory.write(address, content);
  try {
    return yield* use(address);
  } finally {
    user.release(mark);
  }
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;

/** A call whose first arguments are a path and its length. */
export function* onPath(
  user: Userspace,
  number: number,
  path: string,
  c: Argument = 0,
): SystemCalls<number> {
  const bytes = bytesOf(path);
  return yield* scratch(user, bytes, (at) => call(number, at, bytes.length, c));
}

export const open = (user: Userspace, path: string, flags: number): SystemCalls<number> =>
  onPath(user, abi.SYS_OPEN, path, flags);

/** WRITE, and other calls with a descriptor and the contents of a buffer. */
export function* write(
  user: Userspace,
  descriptor: number,
  content: string | Uint8Array,
  number = abi.SYS_WRITE,
): SystemCalls<number> {
  const bytes = bytesOf(content);
  return yield* scratch(user, bytes, (at) => call(number, descriptor, at, bytes.length));
}

export interface ReadResult {
  readonly result: number;
  readonly bytes: Uint8Array;
}

/** READ, and other calls that fill a buffer. */
export function* read(
  user: Userspace,
  descriptor: number,
  length: number,
  number = abi.SYS_READ,
): SystemCalls<ReadResult> {
  return yield* scratch(user, new Uint8Array(length), function* (at) {
    const result = yield* call(number, descriptor, at, length);
    return { result, bytes: user.memory.read(at, Math.max(0, Math.min(result, length))) };
  });
}

export function* readText(user: Userspace, descriptor: number, length = 4096): SystemCalls<string> {
  const { bytes } = yield* read(user, descriptor, length);
  return Buffer.from(bytes).toString('latin1');
}

/** A structure that FSTAT or FSTATVFS fills. */
export function* structure(
  user: Userspace,
  descriptor: number,
  size: number,
  number: number,
): SystemCalls<Uint8Array> {
  return yield* scratch(user, new Uint8Array(size), function* (at) {
    const result = yield* call(number, descriptor, at, size);
    if (result < 0) throw new Error(abi.errnoName(-result));
    return user.memory.read(at, size);
  });
}

export function* dup(user: Userspace, descriptor: number, path: string): SystemCalls<number> {
  return yield* write(user, descriptor, path, abi.SYS_DUP);
}

export const close = (descriptor: number): SystemCalls<number> => call(abi.SYS_CLOSE, descriptor);

/** fork, for TypeScript: the child runs a program of its own. */
export function* fork(user: Userspace, program: HostedProgram): SystemCalls<number> {
  user.nextChild(program);
  return yield* call(abi.SYS_CLONE, 0);
}

/** waitpid for any status; gives the status. */
export function* wait(user: Userspace, pid: number, flags = 0): SystemCalls<number> {
  return yield* scratch(user, new Uint8Array(8), function* (at) {
    const result = yield* call(abi.SYS_WAITPID, pid, at, flags);
    return result > 0 ? user.memory.load32(at) : result;
  });
}

/** The name of an error a call gave, or its result when it gave none. */
export const named = (result: number): string | number =>
  result < 0 ? abi.errnoName(-result) : result;
