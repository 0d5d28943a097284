// System calls on descriptors. Facts, section 1: a buffer is validated before the descriptor is
// looked up, and what a scheme does not offer is EBADF.
import {
  EBADF,
  EFAULT,
  EINVAL,
  EXDEV,
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  MapArguments,
  O_ACCMODE,
  O_CLOEXEC,
  Stat,
  StatVfs,
  SYS_CLOSE,
  SYS_DUP,
  SYS_DUP2,
  SYS_FCHMOD,
  SYS_FCHOWN,
  SYS_FCNTL,
  SYS_FEVENT,
  SYS_FMAP,
  SYS_FPATH,
  SYS_FRENAME,
  SYS_FSTAT,
  SYS_FSTATVFS,
  SYS_FSYNC,
  SYS_FTRUNCATE,
  SYS_FUNMAP,
  SYS_FUTIMENS,
  SYS_LSEEK,
  SYS_READ,
  SYS_WRITE,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Handler, Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { FileDescription, filesOf } from './description.js';
import type { EventRegistry } from './event-registry.js';
import { resolvePath } from './path-calls.js';
import type { SchemeRegistry } from './registry.js';
import { checked } from './result.js';
import { type Reply, type Scheme, settle } from './scheme.js';

/** A method of the file's scheme. @throws SysError EBADF */
function method<K extends keyof Scheme>(file: FileDescription, name: K): NonNullable<Scheme[K]> {
  const found = file.scheme[name];
  if (found === undefined) throw new SysError(EBADF);
  return found;
}

const answer = (reply: Reply): Reply => (typeof reply === 'number' ? checked(reply) : reply);

/** Calls that fill a buffer of the caller's, of which a structure must fit in. */
function filling(name: 'fpath' | 'fstat' | 'fstatvfs', least: number): Handler {
  return (_kernel, caller, descriptor, address, length) => {
    const target = caller.memory.buffer(address, length, true);
    const file = filesOf(caller).get(descriptor);
    if (length < least) throw new SysError(EFAULT);
    return answer(method(file, name).call(file.scheme, file.handle, target, caller));
  };
}

const read: Handler = (_kernel, caller, descriptor, address, length) => {
  const target = caller.memory.buffer(address, length, true);
  const { scheme, handle } = filesOf(caller).get(descriptor);
  if (scheme.read === undefined) throw new SysError(EBADF);
  return answer(scheme.read(handle, target, caller));
};

const write: Handler = (_kernel, caller, descriptor, address, length) => {
  const source = caller.memory.buffer(address, length, false);
  const { scheme, handle } = filesOf(caller).get(descriptor);
  if (scheme.write === undefined) throw new SysError(EBADF);
  return answer(scheme.write(handle, source, caller));
};

const futimens: Handler = (_kernel, caller, descriptor, address, length) => {
  const source = caller.memory.buffer(address, length, false);
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'futimens').call(file.scheme, file.handle, source, caller));
};

const fmap: Handler = (_kernel, caller, descriptor, address, length) => {
  const source = caller.memory.buffer(address, length, false);
  const file = filesOf(caller).get(descriptor);
  if (length < MapArguments.size) throw new SysError(EFAULT);
  const request = MapArguments.decode(source.read(0, MapArguments.size));
  return answer(method(file, 'fmap').call(file.scheme, file.handle, request, caller));
};

const funmap: Handler = (_kernel, caller, address) => {
  if (address !== 0 && caller.memory.revoke(address) === undefined) throw new SysError(EFAULT);
  return 0;
};

const lseek: Handler = (_kernel, caller, descriptor, position, whence) => {
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'seek').call(file.scheme, file.handle, position, whence, caller));
};

const fchmod: Handler = (_kernel, caller, descriptor, mode) => {
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'fchmod').call(file.scheme, file.handle, mode & 0xffff, caller));
};

const fchown: Handler = (_kernel, caller, descriptor, uid, gid) => {
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'fchown').call(file.scheme, file.handle, uid, gid, caller));
};

const fevent: Handler = (_kernel, caller, descriptor, flags) => {
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'fevent').call(file.scheme, file.handle, flags, caller));
};

const fsync: Handler = (_kernel, caller, descriptor) => {
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'fsync').call(file.scheme, file.handle, caller));
};

const ftruncate: Handler = (_kernel, caller, descriptor, length) => {
  const file = filesOf(caller).get(descriptor);
  return answer(method(file, 'ftruncate').call(file.scheme, file.handle, length, caller));
};

/** The description for a copy: shared, or one that the scheme makes for a path. */
function* duplicate(
  caller: Context,
  descriptor: number,
  path: UserBuffer,
): Syscall<FileDescription> {
  const file = filesOf(caller).get(descriptor);
  if (path.length === 0) return file;
  const reply = method(file, 'dup').call(file.scheme, file.handle, path, caller);
  const handle = checked(yield* settle(reply));
  return new FileDescription(file.namespace, file.schemeId, file.scheme, handle, file.flags);
}

function* dup(caller: Context, descriptor: number, path: UserBuffer): Syscall<number> {
  return filesOf(caller).add(yield* duplicate(caller, descriptor, path), false);
}

function* setFlags(file: FileDescription, caller: Context, argument: number): Syscall<number> {
  yield* settle(method(file, 'fcntl').call(file.scheme, file.handle, F_SETFL, argument, caller));
  file.flags = ((file.flags & O_ACCMODE) | (argument & ~O_ACCMODE)) >>> 0;
  return 0;
}

function* askScheme(file: FileDescription, caller: Context, command: number): Syscall<number> {
  yield* settle(method(file, 'fcntl').call(file.scheme, file.handle, command, 0, caller));
  if (command !== F_GETFL) throw new SysError(EINVAL);
  return file.flags;
}

const fcntl: Handler = (_kernel, caller, descriptor, command, argument) => {
  const files = filesOf(caller);
  const file = files.get(descriptor);
  switch (command) {
    case F_DUPFD:
      return files.add(file, false, argument);
    case F_GETFD:
      return files.cloexec(descriptor) ? O_CLOEXEC : 0;
    case F_SETFD:
      files.setCloexec(descriptor, (argument & O_CLOEXEC) !== 0);
      return 0;
    case F_SETFL:
      return setFlags(file, caller, argument);
    default:
      return askScheme(file, caller, command);
  }
};

/** The calls on descriptors. */
export function fileCalls(registry: SchemeRegistry, events: EventRegistry): [number, Handler][] {
  const close = (caller: Context, descriptor: number): Reply =>
    filesOf(caller).remove(descriptor).release(events, caller);

  function* dup2(
    caller: Context,
    descriptor: number,
    wanted: number,
    path: UserBuffer,
  ): Syscall<number> {
    if (descriptor === wanted) return wanted;
    try {
      yield* settle(close(caller, wanted));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
    return filesOf(caller).insert(wanted, yield* duplicate(caller, descriptor, path), false);
  }

  const frename: Handler = (_kernel, caller, descriptor, address, length) => {
    const path = caller.memory.buffer(address, length, false);
    const file = filesOf(caller).get(descriptor);
    const { schemeId, reference } = resolvePath(registry, caller, path);
    if (schemeId !== file.schemeId) throw new SysError(EXDEV);
    return answer(method(file, 'frename').call(file.scheme, file.handle, reference, caller));
  };

  return [
    [SYS_CLOSE, (_kernel, caller, descriptor) => close(caller, descriptor)],
    [
      SYS_DUP,
      (_kernel, caller, descriptor, address, length) =>
        dup(caller, descriptor, caller.memory.buffer(address, length, false)),
    ],
    [
      SYS_DUP2,
      (_kernel, caller, descriptor, wanted, address, length) =>
        dup2(caller, descriptor, wanted, caller.memory.buffer(address, length, false)),
    ],
    [SYS_FCNTL, fcntl],
    [SYS_FRENAME, frename],
    [SYS_FMAP, fmap],
    [SYS_FUNMAP, funmap],
    [SYS_READ, read],
    [SYS_WRITE, write],
    [SYS_FPATH, filling('fpath', 0)],
    [SYS_FSTAT, filling('fstat', Stat.size)],
    [SYS_FSTATVFS, filling('fstatvfs', StatVfs.size)],
    [SYS_FUTIMENS, futimens],
    [SYS_LSEEK, lseek],
    [SYS_FCHMOD, fchmod],
    [SYS_FCHOWN, fchown],
    [SYS_FEVENT, fevent],
    [SYS_FSYNC, fsync],
    [SYS_FTRUNCATE, ftruncate],
  ];
}
