// FEXEC: replaces the image of a process. Facts: syscall/process.rs of 2019; the checks come in the order
// of the source, and nothing of the old image is gone before all of them are passed.
import { RIP, RSP } from '../../cpu/index.js';
import {
  EACCES,
  EFAULT,
  getWord,
  type ImageInfo,
  MODE_SETGID,
  MODE_SETUID,
  O_CLOEXEC,
  O_RDONLY,
  viewOf,
} from '../abi/index.js';
import { type Context, MACHINE } from '../context.js';
import { SysError } from '../error.js';
import { ProcessUserspace } from '../hosted/userspace.js';
import type { Kernel } from '../kernel.js';
import { ProcessMemory } from '../memory/process-memory.js';
import type { Executable } from '../parts.js';
import { wakeVforkParent } from '../process/exit.js';
import { SignalActions } from '../signal/state.js';
import { LEAVE_KERNEL, type Syscall } from '../syscall.js';
import { type Elf, parseElf } from './elf.js';
import { checkStrings, mapSegments, mapStacks, pushArguments } from './image.js';
import { mapTls } from './tls.js';

const POINTER_PAIR = 16;
const LONGEST_LIST = 0x1_0000;

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
  yield LEAVE_KERNEL;
  return 0;
}

/** Replaces the image; gives its name. @throws SysError with the old image untouched */
export function* execute(
  kernel: Kernel,
  context: Context,
  descriptor: number,
  args: readonly Uint8Array[],
  vars: readonly Uint8Array[],
): Syscall<void> {
  let argv = args;
  let file = yield* kernel.parts.executable(context, descriptor);
  checkPermission(context, file);
  let elf = parseElf(file.bytes);
  for (let depth = 0; elf.interpreter !== undefined; depth++) {
    if (depth > 4) throw new SysError(EACCES);
    argv = [ascii(elf.interpreter), ascii(file.path), ...argv.slice(1)];
    file = yield* openInterpreter(kernel, context, elf.interpreter);
    elf = parseElf(file.bytes);
  }
  checkStrings([...argv, ...vars]);
  replaceImage(kernel, context, file, elf, argv, vars);
}

function replaceImage(
  kernel: Kernel,
  context: Context,
  file: Executable,
  elf: Elf,
  argv: readonly Uint8Array[],
  vars: readonly Uint8Array[],
): void {
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
  kernel.unload(context);
  context.memory.release();
  context.memory = memory;
  context.saved.reset();
  context.saved.setNumber(RSP, stack);
  context.saved.setNumber(RIP, elf.entry);
  setIds(context, file);
  context.name = file.path;
  context.actions = new SignalActions();
  context.link = context.link?.exec();
  start(kernel, context, file, elf);
}

function start(kernel: Kernel, context: Context, file: Executable, elf: Elf): void {
  const userspace = new ProcessUserspace(kernel, context);
  context.userspace = userspace;
  context.tls = undefined;
  context.user = MACHINE;
  if (context.link === undefined) {
    context.tls = elf.tls && { bytes: elf.tls.bytes, size: elf.tls.size };
    mapTls(context, context.memory, context.tls);
    return;
  }
  const image: ImageInfo = {
    entry: elf.entry,
    programHeaders: elf.programHeaders,
    programHeaderCount: elf.programHeaderCount,
    base: elf.base,
    interpreterBase: 0,
    path: file.path,
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

function setIds(context: Context, { stat }: Executable): void {
  if ((stat.st_mode & MODE_SETUID) !== 0) context.euid = stat.st_uid;
  if ((stat.st_mode & MODE_SETGID) !== 0) context.egid = stat.st_gid;
}

function* openInterpreter(kernel: Kernel, context: Context, path: string): Syscall<Executable> {
  const descriptor = yield* kernel.parts.open(context, path, O_RDONLY | O_CLOEXEC);
  try {
    const file = yield* kernel.parts.executable(context, descriptor);
    checkPermission(context, file);
    return file;
  } finally {
    yield* kernel.parts.close(context, descriptor);
  }
}

/** A list of (pointer, length) pairs. */
function strings(context: Context, address: number, count: number): Uint8Array[] {
  if (count === 0) return [];
  if (!(count > 0 && count < LONGEST_LIST)) throw new SysError(EFAULT);
  const pairs = viewOf(context.memory.read(address, count * POINTER_PAIR));
  return Array.from({ length: count }, (_, i) =>
    context.memory.read(getWord(pairs, i * POINTER_PAIR), getWord(pairs, i * POINTER_PAIR + 8)),
  );
}

const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
