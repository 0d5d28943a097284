// System calls on paths and namespaces, and PIPE2. Facts: syscall/fs.rs and syscall/privilege.rs of
// 2019; the limits and orders of checks are theirs.
import {
  EACCES,
  EBADF,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EPERM,
  EXDEV,
  getSignedWord,
  MODE_DIR,
  MODE_FILE,
  O_ACCMODE,
  O_CLOEXEC,
  O_DIRECTORY,
  O_RDONLY,
  O_SYMLINK,
  O_WRONLY,
  Stat,
  SYS_CHDIR,
  SYS_CHMOD,
  SYS_GETCWD,
  SYS_GETENS,
  SYS_GETNS,
  SYS_MKNS,
  SYS_OPEN,
  SYS_PIPE2,
  SYS_RMDIR,
  SYS_SETRENS,
  SYS_UNLINK,
  setWord,
  viewOf,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Handler, Syscall } from '../syscall.js';
import { KernelBuffer, type UserBuffer } from '../user-buffer.js';
import { FileDescription, filesOf } from './description.js';
import type { EventRegistry } from './event-registry.js';
import { bytesFromPath, canonicalize, pathFromBytes, splitScheme } from './path.js';
import type { PipeScheme } from './pipe.js';
import { NULL_NAMESPACE, type SchemeRegistry } from './registry.js';
import { checked } from './result.js';
import { fill, type Reply, type Scheme, settle } from './scheme.js';

/** Symbolic links between schemes that one open follows. */
const LINKS = 32;
const LINK_SIZE = 4096;

interface Resolved {
  readonly schemeId: number;
  readonly scheme: Scheme;
  readonly reference: string;
}

/** Finds the scheme of a canonical path. @throws SysError ENODEV */
function locate(registry: SchemeRegistry, caller: Context, path: string): Resolved {
  const [name, reference] = splitScheme(path);
  const schemeId = registry.find(caller.ens, name);
  const scheme = registry.get(schemeId);
  if (scheme === undefined) throw new Error(`the name ${name}: without a scheme`);
  return { schemeId, scheme, reference };
}

/** Finds the scheme of a path that a process named. */
export function resolvePath(registry: SchemeRegistry, caller: Context, path: UserBuffer): Resolved {
  return locate(registry, caller, canonicalize(pathFromBytes(path.read()), caller.cwd));
}

function* openHandle(found: Resolved, flags: number, caller: Context): Syscall<number> {
  if (found.scheme.open === undefined) throw new SysError(ENOENT);
  return checked(yield* settle(found.scheme.open(found.reference, flags, caller)));
}

/** Where a link points that its scheme would not follow. */
function* readLink(found: Resolved, caller: Context): Syscall<string> {
  const { scheme } = found;
  const handle = yield* openHandle(found, O_CLOEXEC | O_SYMLINK | O_RDONLY, caller);
  const buffer = new KernelBuffer(LINK_SIZE);
  const count = yield* settle(scheme.read?.(handle, buffer, caller) ?? 0);
  yield* settle(scheme.close?.(handle, caller) ?? 0);
  return pathFromBytes(buffer.read(0, count));
}

export class Paths {
  readonly #registry: SchemeRegistry;
  readonly #events: EventRegistry;
  readonly #pipes: PipeScheme;
  readonly #pipeId: number;

  constructor(registry: SchemeRegistry, events: EventRegistry, pipes: PipeScheme, pipeId: number) {
    this.#registry = registry;
    this.#events = events;
    this.#pipes = pipes;
    this.#pipeId = pipeId;
  }

  *open(caller: Context, path: string, flags: number): Syscall<number> {
    const masked = (flags & ~(caller.umask & 0o777)) >>> 0;
    let canonical = canonicalize(path, caller.cwd);
    for (let link = 0; link < LINKS; link++) {
      const found = locate(this.#registry, caller, canonical);
      try {
        const handle = yield* openHandle(found, masked, caller);
        return this.#describe(caller, found, handle, masked);
      } catch (error) {
        if (!(error instanceof SysError && error.errno === EXDEV)) throw error;
      }
      canonical = canonicalize(yield* readLink(found, caller), caller.cwd);
    }
    throw new SysError(ELOOP);
  }

  #describe(caller: Context, found: Resolved, handle: number, flags: number): number {
    const { schemeId, scheme } = found;
    const kept = flags & ~O_CLOEXEC;
    const description = new FileDescription(caller.ens, schemeId, scheme, handle, kept);
    return filesOf(caller).add(description, (flags & O_CLOEXEC) !== 0);
  }

  *close(caller: Context, descriptor: number): Syscall<void> {
    yield* settle(filesOf(caller).remove(descriptor).release(this.#events, caller));
  }

  *#chdir(caller: Context, path: string): Syscall<number> {
    const descriptor = yield* this.open(caller, path, O_RDONLY | O_DIRECTORY);
    const { scheme, handle } = filesOf(caller).get(descriptor);
    const stat = new KernelBuffer(Stat.size);
    try {
      if (scheme.fstat === undefined) throw new SysError(EBADF);
      checked(yield* settle(scheme.fstat(handle, stat, caller)));
    } finally {
      yield* this.close(caller, descriptor);
    }
    const mode = Stat.decode(stat.bytes).st_mode;
    if ((mode & (MODE_FILE | MODE_DIR)) !== MODE_DIR) throw new SysError(ENOTDIR);
    caller.directory.path = canonicalize(path, caller.cwd);
    return 0;
  }

  #pipe2(caller: Context, target: UserBuffer, flags: number): number {
    const [reader, writer] = this.#pipes.create(flags);
    const kept = flags & ~O_ACCMODE & ~O_CLOEXEC;
    const cloexec = (flags & O_CLOEXEC) !== 0;
    const ends: [number, number][] = [
      [reader, O_RDONLY],
      [writer, O_WRONLY],
    ];
    const pair = new Uint8Array(16);
    for (const [index, [handle, mode]] of ends.entries()) {
      const id = this.#pipeId;
      const end = new FileDescription(caller.ens, id, this.#pipes, handle, mode | kept);
      setWord(viewOf(pair), index * 8, filesOf(caller).add(end, cloexec));
    }
    target.write(pair);
    return 0;
  }

  #mkns(caller: Context, names: UserBuffer): number {
    if (caller.euid !== 0) throw new SysError(EACCES);
    const slices = names.read();
    const wanted: string[] = [];
    for (let at = 0; at < slices.length; at += 16) {
      const address = getSignedWord(viewOf(slices), at);
      const length = getSignedWord(viewOf(slices), at + 8);
      wanted.push(pathFromBytes(caller.memory.buffer(address, length, false).read()));
    }
    return this.#registry.derive(caller.ens, wanted);
  }

  /**
   * Sets the real and the effective namespace. Nobody leaves the null one; -1 leaves one as it is,
   * but not for root, who gets it.
   */
  #setrens(caller: Context, rns: number, ens: number): number {
    const newRns = this.#newNamespace(caller, rns, caller.rns);
    const newEns = this.#newNamespace(caller, ens, caller.ens);
    caller.rns = newRns;
    caller.ens = newEns;
    return 0;
  }

  /** @throws SysError EPERM */
  #newNamespace(caller: Context, wanted: number, old: number): number {
    if (wanted === NULL_NAMESPACE) return wanted;
    if (old === NULL_NAMESPACE) throw new SysError(EPERM);
    if (caller.euid === 0 || wanted === caller.ens || wanted === caller.rns) return wanted;
    if (wanted !== -1) throw new SysError(EPERM);
    return old;
  }

  /** CHMOD, RMDIR and UNLINK, for which the scheme's default is ENOENT. */
  #onPath(act: (scheme: Scheme, path: string, caller: Context, d: number) => Reply | undefined) {
    const handler: Handler = (_kernel, caller, address, length, d) => {
      const path = caller.memory.buffer(address, length, false);
      const { scheme, reference } = resolvePath(this.#registry, caller, path);
      const reply = act(scheme, reference, caller, d);
      if (reply === undefined) throw new SysError(ENOENT);
      return reply;
    };
    return handler;
  }

  calls(): [number, Handler][] {
    const text = (caller: Context, address: number, length: number): string =>
      pathFromBytes(caller.memory.buffer(address, length, false).read());
    return [
      [SYS_OPEN, (_k, caller, a, b, flags) => this.open(caller, text(caller, a, b), flags)],
      [SYS_CHMOD, this.#onPath((scheme, path, by, d) => scheme.chmod?.(path, d & 0xffff, by))],
      [SYS_RMDIR, this.#onPath((scheme, path, by) => scheme.rmdir?.(path, by))],
      [SYS_UNLINK, this.#onPath((scheme, path, by) => scheme.unlink?.(path, by))],
      [SYS_CHDIR, (_k, caller, a, b) => this.#chdir(caller, text(caller, a, b))],
      [
        SYS_GETCWD,
        (_k, caller, a, b) => fill(caller.memory.buffer(a, b, true), bytesFromPath(caller.cwd)),
      ],
      [SYS_PIPE2, (_k, caller, a, b) => this.#pipe2(caller, caller.memory.buffer(a, 16, true), b)],
      [SYS_MKNS, (_k, by, a, count) => this.#mkns(by, by.memory.buffer(a, count * 16, false))],
      [SYS_GETNS, (_k, caller) => caller.rns],
      [SYS_GETENS, (_k, caller) => caller.ens],
      [SYS_SETRENS, (_k, caller, rns, ens) => this.#setrens(caller, rns, ens)],
    ];
  }
}
