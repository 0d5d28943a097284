// FEXEC: replaces the image of a process. Source: syscall/process.rs of 2019; the checks come in
// the order of the source, and nothing of the old image is gone before all of them are passed.
import { FLAG_TF, RFLAGS, RIP, RSP } from '../../cpu/index.js';
import {
  E2BIG,
  EACCES,
  EFAULT,
  ELOOP,
  getWord,
  type ImageInfo,
  MODE_SETGID,
  MODE_SETUID,
  O_CLOEXEC,
  O_RDONLY,
  PTRACE_STOP_EXEC,
  type Stat,
  viewOf,
} from '../abi/index.js';
import { type Context, MACHINE } from '../context.js';
import { SysError } from '../error.js';
import { ProcessUserspace } from '../hosted/userspace.js';
import type { Kernel } from '../kernel.js';
import { ProcessMemory } from '../memory/process-memory.js';
import type { Executable } from '../parts.js';
import { wakeVforkParent } from '../process/exit.js';
import { addTrapFlag } from '../ptrace/trap-flag.js';
import { SignalActions } from '../signal/state.js';
import { LEAVE_KERNEL, type Syscall } from '../syscall.js';
import { type Elf, parseElf } from './elf.js';
import { mapSegments, mapStacks, pushArguments } from './image.js';
import { mapTls, type TlsImage, tlsImage } from './tls.js';

const POINTER_PAIR = 16;
const LONGEST_LIST = 0x10_0000;
/** Arguments and variables together. */
const MOST_STRINGS = 4095;
/** Interpreters of interpreters; Redox had no limit. */
const DEEPEST = 8;

export function* fexec(
  kernel: Kernel,
  caller: Context,
  descriptor: number,
  argsAt: number,
  argsCount: number,
  varsAt: number,
  varsCount: number,
): Syscall<number> {
  const args = strings(caller, argsAt, argsCount);
  const vars = strings(caller, varsAt, varsCount);
  yield* execute(kernel, caller, descriptor, args, vars);
  yield* caller.files.closeOnExec(caller);
  wakeVforkParent(kernel, caller);
  if (caller.traced) yield* kernel.parts.tracing.breakpoint(caller, PTRACE_STOP_EXEC);
  yield LEAVE_KERNEL;
  return 0;
}

/** A program and how it is to be called. */
interface Program {
  readonly elf: Elf;
  readonly stat: Stat;
  /** Of the file that was asked for, even if its interpreter is what runs. */
  readonly path: string;
  readonly argv: readonly Uint8Array[];
  readonly vars: readonly Uint8Array[];
}

/**
 * Replaces the image by the program in a file, whose descriptor it closes in any case.
 * @throws SysError with the old image untouched
 */
export function* execute(
  kernel: Kernel,
  context: Context,
  descriptor: number,
  args: readonly Uint8Array[],
  vars: readonly Uint8Array[],
): Syscall<void> {
  let argv = args;
  let { elf, file } = yield* load(kernel, context, descriptor, argv.length + vars.length);
  const { path } = file;
  for (let depth = 0; elf.interpreter !== undefined; depth++) {
    if (depth === DEEPEST) throw new SysError(ELOOP);
    argv = [ascii(elf.interpreter), ascii(path), ...argv.slice(1)];
    const flags = O_RDONLY | O_CLOEXEC;
    const interpreter = yield* kernel.parts.open(context, elf.interpreter, flags);
    ({ elf, file } = yield* load(kernel, context, interpreter, argv.length + vars.length));
  }
  replaceImage(kernel, context, { elf, stat: file.stat, path, argv, vars });
}

function* load(
  kernel: Kernel,
  context: Context,
  descriptor: number,
  strings: number,
): Syscall<{ elf: Elf; file: Executable }> {
  const file = yield* readAndClose(kernel, context, descriptor);
  if (strings > MOST_STRINGS) throw new SysError(E2BIG);
  return { elf: parseElf(file.bytes), file };
}

function* readAndClose(kernel: Kernel, context: Context, descriptor: number): Syscall<Executable> {
  try {
    const file = yield* kernel.parts.executable(context, descriptor);
    checkPermission(context, file);
    return file;
  } finally {
    yield* close(kernel, context, descriptor);
  }
}

/** Nobody hears of an error in closing. */
function* close(kernel: Kernel, context: Context, descriptor: number): Syscall<void> {
  try {
    yield* kernel.parts.close(context, descriptor);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

function replaceImage(kernel: Kernel, context: Context, program: Program): void {
  const { elf, stat, path, argv, vars } = program;
  const tls = elf.tls && tlsImage(elf.tls);
  const memory = new ProcessMemory(kernel.cpu);
  let stack: number;
  try {
    mapSegments(memory, elf.segments);
    mapStacks(memory);
    stack = pushArguments(memory, argv, vars);
  } catch (error) {
    memory.release();
    throw error;
  }
  kernel.core.unload(context);
  context.memory.release();
  context.memory = memory;
  const stepping = (context.registers.number(RFLAGS) & FLAG_TF) !== 0;
  context.saved.reset();
  if (stepping && !kernel.profile.faults['KP-65']) addTrapFlag(context.saved);
  context.saved.setNumber(RSP, stack);
  context.saved.setNumber(RIP, elf.entry);
  setIds(context, stat);
  context.name = path;
  context.actions = new SignalActions();
  context.link = context.link?.exec();
  start(kernel, context, program, tls);
}

function start(kernel: Kernel, context: Context, program: Program, tls?: TlsImage): void {
  const { elf, path } = program;
  const userspace = new ProcessUserspace(kernel, context);
  context.userspace = userspace;
  context.tls = undefined;
  context.threadBlock = false;
  context.user = MACHINE;
  if (context.link === undefined) {
    context.tls = tls;
    mapTls(context);
    return;
  }
  const image: ImageInfo = {
    entry: elf.entry,
    programHeaders: elf.programHeaders,
    programHeaderCount: elf.programHeaderCount,
    base: elf.base,
    interpreterBase: 0,
    path,
  };
  const steps = context.link.start(userspace, image);
  context.user = { kind: 'steps', steps, after: 'machine' };
}

function checkPermission({ euid, egid }: Context, { stat }: Executable): void {
  let permission = stat.st_mode & 7;
  if (euid === stat.st_uid) permission |= (stat.st_mode >> 6) & 7;
  if (egid === stat.st_gid) permission |= (stat.st_mode >> 3) & 7;
  if (euid === 0) permission |= 7;
  if ((permission & 1) === 0) throw new SysError(EACCES);
}

function setIds(context: Context, stat: Stat): void {
  if ((stat.st_mode & MODE_SETUID) !== 0) context.euid = stat.st_uid;
  if ((stat.st_mode & MODE_SETGID) !== 0) context.egid = stat.st_gid;
}

/** A list of (pointer, length) pairs. */
function strings(context: Context, address: number, count: number): Uint8Array[] {
  if (count === 0) return [];
  if (!(count > 0 && count <= LONGEST_LIST)) throw new SysError(EFAULT);
  const pairs = viewOf(context.memory.read(address, count * POINTER_PAIR));
  return Array.from({ length: count }, (_, i) =>
    context.memory.read(getWord(pairs, i * POINTER_PAIR), getWord(pairs, i * POINTER_PAIR + 8)),
  );
}

const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
