// Paths of a program built for Linux. Most are Redox's, too ("/bin/sh" is "file:/bin/sh"); the
// devices are what Redox's file-system images linked them to.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { EFAULT, ENOENT } from '../../kernel-sim/abi/index.js';
import { AT_FDCWD } from '../headers/linux.js';
import { decodeText, encodeText } from '../libc.js';
import { fpath } from '../pal/files.js';
import type { CString } from '../pal/path.js';
import type { LinuxCall } from './linux-call.js';

const DEVICES: Readonly<Record<string, string>> = {
  '/dev/null': 'null:',
  '/dev/zero': 'zero:',
  '/dev/random': 'rand:',
  '/dev/urandom': 'rand:',
  '/dev/tty': 'debug:',
  '/dev/stderr': 'debug:stderr',
};

/** What a program for Linux calls a path of the kernel's: "/bin/sh" for "file:/bin/sh". */
export function localPath(path: string): string {
  return path.replace(/^file:/, '');
}

export const PROC_SELF_EXE = '/proc/self/exe';

const SLASH = 0x2f;
const PATH_MAX = 4096;

/** The path of an argument: the program's own bytes, or what stands for them on Redox. */
export function pathArgument(call: LinuxCall, index: number): CString | undefined {
  const address = call.value(index);
  const { memory } = call.user;
  if (!memory.accessible(address, 1, false)) return reject(call, EFAULT);
  const first = memory.load8(address);
  if (first === 0) return reject(call, ENOENT);
  if (first !== SLASH) return address;
  const text = decodeText(memory.string(address));
  if (text === PROC_SELF_EXE) return call.process.path;
  return DEVICES[text] ?? address;
}

/** The path of an ...at call, whose descriptor is the argument before it. */
export function* pathArgumentAt(call: LinuxCall, index: number): SystemCalls<CString | undefined> {
  const path = pathArgument(call, index);
  const directory = call.int(index - 1);
  if (typeof path !== 'number' || directory === AT_FDCWD) return path;
  const { user, libc } = call;
  if (user.memory.load8(path) === SLASH) return path;
  const buffer = user.reserve(PATH_MAX); // released with the call
  const length = yield* fpath(libc, directory, buffer, PATH_MAX);
  if (length === -1) return undefined;
  return joinedPath(call, buffer, length, path);
}

/** Builds DIRECTORY/NAME in scratch memory, byte by byte as they are. */
function joinedPath(call: LinuxCall, directory: number, length: number, name: number): number {
  const { memory } = call.user;
  const bytes = memory.string(name);
  const slash = encodeText('/');
  const joined = call.user.reserve(length + bytes.length + 2);
  memory.write(joined, memory.read(directory, length));
  memory.write(joined + length, slash);
  memory.write(joined + length + 1, bytes);
  memory.store8(joined + length + 1 + bytes.length, 0);
  return joined;
}

function reject(call: LinuxCall, errno: number): undefined {
  call.libc.errno = errno;
  return undefined;
}

/** Runs `use` with a path argument; -1 when there is none. */
export function withPath(
  index: number,
  use: (call: LinuxCall, path: CString) => SystemCalls<number>,
): (call: LinuxCall) => SystemCalls<number> {
  return function* (call) {
    const path = pathArgument(call, index);
    return path === undefined ? -1 : yield* use(call, path);
  };
}

export function withPathAt(
  index: number,
  use: (call: LinuxCall, path: CString) => SystemCalls<number>,
): (call: LinuxCall) => SystemCalls<number> {
  return function* (call) {
    const path = yield* pathArgumentAt(call, index);
    return path === undefined ? -1 : yield* use(call, path);
  };
}
