// A scheme served by a daemon: every call becomes a request to it. Facts: scheme/user.rs
// (UserScheme) of mid-2019.
import {
  SYS_CHMOD,
  SYS_CLOSE,
  SYS_DUP,
  SYS_FCHMOD,
  SYS_FCHOWN,
  SYS_FCNTL,
  SYS_FEVENT,
  SYS_FPATH,
  SYS_FRENAME,
  SYS_FSTAT,
  SYS_FSTATVFS,
  SYS_FSYNC,
  SYS_FTRUNCATE,
  SYS_FUTIMENS,
  SYS_LSEEK,
  SYS_OPEN,
  SYS_READ,
  SYS_RMDIR,
  SYS_UNLINK,
  SYS_WRITE,
} from '../abi/index.js';
import type { Context } from '../context.js';
import type { Syscall } from '../syscall.js';
import { KernelBuffer, type UserBuffer } from '../user-buffer.js';
import { bytesFromPath } from './path.js';
import type { MapRequest, Scheme } from './scheme.js';
import type { UserRequests } from './user-requests.js';

type Call = Syscall<number>;

export class UserScheme implements Scheme {
  readonly #requests: UserRequests;

  constructor(requests: UserRequests) {
    this.#requests = requests;
  }

  open(path: string, flags: number, caller: Context): Call {
    return this.#path(SYS_OPEN, path, flags, caller);
  }

  chmod(path: string, mode: number, caller: Context): Call {
    return this.#path(SYS_CHMOD, path, mode, caller);
  }

  rmdir(path: string, caller: Context): Call {
    return this.#path(SYS_RMDIR, path, 0, caller);
  }

  unlink(path: string, caller: Context): Call {
    return this.#path(SYS_UNLINK, path, 0, caller);
  }

  dup(handle: number, path: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_DUP, handle, path, false, caller);
  }

  read(handle: number, target: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_READ, handle, target, true, caller);
  }

  write(handle: number, source: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_WRITE, handle, source, false, caller);
  }

  seek(handle: number, position: number, whence: number, caller: Context): Call {
    return this.#plain(SYS_LSEEK, handle, position, whence, caller);
  }

  fchmod(handle: number, mode: number, caller: Context): Call {
    return this.#plain(SYS_FCHMOD, handle, mode, 0, caller);
  }

  fchown(handle: number, uid: number, gid: number, caller: Context): Call {
    return this.#plain(SYS_FCHOWN, handle, uid, gid, caller);
  }

  fcntl(handle: number, command: number, argument: number, caller: Context): Call {
    return this.#plain(SYS_FCNTL, handle, command, argument, caller);
  }

  fevent(handle: number, flags: number, caller: Context): Call {
    return this.#plain(SYS_FEVENT, handle, flags, 0, caller);
  }

  fmap(handle: number, request: MapRequest, caller: Context): Call {
    return this.#requests.alive().map(caller, handle, request);
  }

  fpath(handle: number, target: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_FPATH, handle, target, true, caller);
  }

  frename(handle: number, path: string, caller: Context): Call {
    return this.#buffer(SYS_FRENAME, handle, pathBuffer(path), false, caller);
  }

  fstat(handle: number, target: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_FSTAT, handle, target, true, caller);
  }

  fstatvfs(handle: number, target: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_FSTATVFS, handle, target, true, caller);
  }

  fsync(handle: number, caller: Context): Call {
    return this.#plain(SYS_FSYNC, handle, 0, 0, caller);
  }

  ftruncate(handle: number, length: number, caller: Context): Call {
    return this.#plain(SYS_FTRUNCATE, handle, length, 0, caller);
  }

  futimens(handle: number, times: UserBuffer, caller: Context): Call {
    return this.#buffer(SYS_FUTIMENS, handle, times, false, caller);
  }

  close(handle: number, caller: Context): Call {
    return this.#plain(SYS_CLOSE, handle, 0, 0, caller);
  }

  #plain(call: number, handle: number, c: number, d: number, caller: Context): Call {
    return this.#requests.alive().call(caller, call, handle, c, d);
  }

  #buffer(call: number, handle: number, buffer: UserBuffer, out: boolean, caller: Context): Call {
    const requests = this.#requests.alive();
    return requests.callWith(caller, buffer, out, (at) => [call, handle, at, buffer.length]);
  }

  #path(call: number, path: string, d: number, caller: Context): Call {
    const buffer = pathBuffer(path);
    const requests = this.#requests.alive();
    return requests.callWith(caller, buffer, false, (at) => [call, at, buffer.length, d]);
  }
}

function pathBuffer(path: string): UserBuffer {
  return new KernelBuffer(bytesFromPath(path));
}
