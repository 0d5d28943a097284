// relibc's execve on Redox, 2019-08: the kernel executes an open file, so userspace looks into it
// first to see whether it names an interpreter. src/platform/redox/mod.rs.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { EPERM, O_CLOEXEC, O_RDONLY, SEEK_SET, SYS_FEXEC } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { decodeText, encodeText } from '../libc.js';
import { readStat } from './file-tree.js';
import { close, lseek, open, read } from './files.js';
import { getuid } from './identity.js';
import type { CString } from './path.js';

/** An argument or variable: where its bytes are. */
interface Slice {
  readonly address: number;
  readonly length: number;
}

const SHEBANG = '#!';
const READ_AHEAD = 8192;

/** `argv` and `envp`: addresses of arrays that a null pointer ends, or the strings themselves. */
export function* execve(
  libc: Libc,
  path: CString,
  argv: number | readonly string[],
  envp: number | readonly string[],
): SystemCalls<number> {
  const mark = libc.user.mark();
  const result = yield* replace(libc, path, slicesOf(libc, argv), slicesOf(libc, envp));
  libc.user.release(mark);
  return result;
}

function* replace(
  libc: Libc,
  path: CString,
  args: readonly Slice[],
  vars: readonly Slice[],
): SystemCalls<number> {
  const file = yield* open(libc, path, O_RDONLY | O_CLOEXEC);
  if (file === -1) return -1;
  const start = yield* readStart(libc, file);
  if (start === undefined) return yield* failWith(libc, file);
  if (!start.startsWith(SHEBANG)) {
    if ((yield* lseek(libc, file, 0, SEEK_SET)) === -1) return yield* failWith(libc, file);
    return yield* fexec(libc, file, args, vars);
  }
  if (!(yield* isExecutable(libc, file))) return yield* failWith(libc, file, EPERM);
  yield* close(libc, file);
  return yield* interpret(libc, start, args, vars);
}

/** The whole rest of the line is the interpreter's path: there is no argument to it. */
function* interpret(
  libc: Libc,
  start: string,
  args: readonly Slice[],
  vars: readonly Slice[],
): SystemCalls<number> {
  const [line = ''] = start.slice(SHEBANG.length).split('\n');
  const interpreter = yield* open(libc, line, O_RDONLY | O_CLOEXEC);
  if (interpreter === -1) return -1;
  return yield* fexec(libc, interpreter, [sliceOf(libc, line), ...args], vars);
}

function* fexec(
  libc: Libc,
  file: number,
  args: readonly Slice[],
  vars: readonly Slice[],
): SystemCalls<number> {
  yield* libc.invoke({
    number: SYS_FEXEC,
    a: file,
    b: arrayOf(libc, args),
    c: args.length,
    d: arrayOf(libc, vars),
    e: vars.length,
  });
  return yield* failWith(libc, file);
}

/** Closes the file without losing why it was of no use. */
function* failWith(libc: Libc, file: number, errno = libc.errno): SystemCalls<-1> {
  yield* close(libc, file);
  return libc.fail(errno);
}

function* readStart(libc: Libc, file: number): SystemCalls<string | undefined> {
  const { user } = libc;
  const mark = user.mark();
  const buffer = user.reserve(READ_AHEAD);
  const length = yield* read(libc, file, buffer, READ_AHEAD);
  const bytes = length > 0 ? user.memory.read(buffer, Math.min(length, READ_AHEAD)) : undefined;
  user.release(mark);
  if (length === -1) return undefined;
  return bytes === undefined ? '' : decodeText(bytes);
}

/** relibc compares the group with the user's id; kept, for it is seen when they differ. */
function* isExecutable(libc: Libc, file: number): SystemCalls<boolean> {
  const stat = yield* readStat(libc, file);
  if (stat === undefined) return false;
  const uid = yield* getuid(libc);
  const gid = yield* getuid(libc);
  let allowed = stat.st_mode;
  if (uid === stat.st_uid) allowed >>= 6;
  else if (gid === stat.st_gid) allowed >>= 3;
  return (allowed & 1) !== 0;
}

function slicesOf(libc: Libc, strings: number | readonly string[]): Slice[] {
  if (typeof strings !== 'number') return strings.map((text) => sliceOf(libc, text));
  const { memory } = libc.user;
  const slices: Slice[] = [];
  if (strings === 0) return slices;
  for (let place = strings; ; place += 8) {
    const address = memory.loadNumber(place);
    if (address === 0) return slices;
    slices.push({ address, length: memory.string(address).length });
  }
}

function sliceOf(libc: Libc, text: string): Slice {
  const bytes = encodeText(text);
  return { address: libc.scratch(bytes), length: bytes.length };
}

/** The kernel takes an array of (address, length) pairs. */
function arrayOf({ user }: Libc, slices: readonly Slice[]): number {
  const array = user.reserve(Math.max(slices.length, 1) * 16);
  for (const [index, { address, length }] of slices.entries()) {
    user.memory.storeNumber(array + index * 16, address);
    user.memory.storeNumber(array + index * 16 + 8, length);
  }
  return array;
}
