// Processes that nobody cloned: the machine's owner starts them, as Redox's kernel starts init.
import { RSP } from '../../cpu/index.js';
import { errnoName, type HostedProgram, O_CLOEXEC, O_RDONLY, O_WRONLY } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { ProcessUserspace } from '../hosted/userspace.js';
import type { Kernel } from '../kernel.js';
import { STACK, STACK_SIZE } from '../memory/layout.js';
import type { Syscall } from '../syscall.js';
import { execute } from './fexec.js';
import { mapStacks } from './image.js';

const CONSOLE = [
  ['debug:', O_RDONLY],
  ['debug:', O_WRONLY],
  ['debug:stderr', O_WRONLY],
] as const;

/** A program could not be executed. */
export class ExecError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly path: string;

  constructor(errno: number, path: string) {
    super(`${path} cannot be executed: ${errnoName(errno)}`);
    this.name = 'ExecError';
    this.errno = errno;
    this.code = errnoName(errno);
    this.path = path;
  }
}

/** The memory of a process that is no ELF program: stacks and heap. */
export function prepareHosted(kernel: Kernel, context: Context, openConsole: boolean): void {
  mapStacks(context.memory);
  context.saved.setNumber(RSP, STACK + STACK_SIZE - 256);
  context.userspace = new ProcessUserspace(kernel, context);
  if (openConsole) finish(console(kernel, context));
}

export function bootHosted(
  kernel: Kernel,
  context: Context,
  program: HostedProgram,
  argv: readonly string[],
  openConsole: boolean,
): void {
  prepareHosted(kernel, context, openConsole);
  if (context.userspace === undefined) return;
  context.user = { kind: 'steps', steps: program(context.userspace, argv), after: 'exit' };
}

/** @throws ExecError */
export function bootExecutable(
  kernel: Kernel,
  context: Context,
  program: { path: string; argv: readonly string[]; env: readonly string[] },
  openConsole: boolean,
): void {
  try {
    if (openConsole) finish(console(kernel, context));
    finish(load(kernel, context, program));
  } catch (error) {
    kernel.contexts.remove(context);
    context.memory.release();
    throw error instanceof SysError ? new ExecError(error.errno, program.path) : error;
  }
}

function* console(kernel: Kernel, context: Context): Syscall<void> {
  for (const [path, flags] of CONSOLE) yield* kernel.parts.open(context, path, flags);
}

function* load(
  kernel: Kernel,
  context: Context,
  program: { path: string; argv: readonly string[]; env: readonly string[] },
): Syscall<void> {
  const { path, argv, env } = program;
  const descriptor = yield* kernel.parts.open(context, path, O_RDONLY | O_CLOEXEC);
  yield* execute(kernel, context, descriptor, argv.map(utf8), env.map(utf8));
}

/** Runs kernel code that finds everything it needs at hand. */
function finish(code: Syscall<void>): void {
  const { done, value } = code.next(true);
  if (done !== true) throw new Error(`a process cannot start: it waits for ${value.describe()}`);
}

/** UTF-8, as no host is needed for it. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return Uint8Array.from(bytes);
}

const tail = (bits: number): number => 0x80 | (bits & 0x3f);
