// The root scheme, whose name is empty: `:` lists the schemes, `:name` opened with O_CREAT makes a
// scheme that the opener serves. Facts: scheme/root.rs of 2018-2019.
import {
  EACCES,
  EBADF,
  EINVAL,
  ENOENT,
  EPERM,
  MODE_DIR,
  MODE_FILE,
  O_CREAT,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  Stat,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';
import type { EventRegistry } from './event-registry.js';
import { Handles } from './handles.js';
import { bytesFromPath } from './path.js';
import type { SchemeRegistry } from './registry.js';
import { fill, type Reply, type Scheme } from './scheme.js';
import { UserScheme } from './user.js';
import { UserRequests } from './user-requests.js';

type RootFile =
  | { readonly kind: 'scheme'; readonly requests: UserRequests }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly names: Uint8Array; position: number };

export class RootScheme implements Scheme {
  readonly #namespace: number;
  readonly #id: number;
  readonly #registry: SchemeRegistry;
  readonly #events: EventRegistry;
  readonly #files = new Handles<RootFile>();

  constructor(namespace: number, id: number, registry: SchemeRegistry, events: EventRegistry) {
    this.#namespace = namespace;
    this.#id = id;
    this.#registry = registry;
    this.#events = events;
  }

  open(path: string, flags: number, caller: Context): number {
    const name = path.replace(/^\/+|\/+$/g, '');
    if ((flags & O_CREAT) !== 0) return this.#create(name, flags, caller);
    if (name !== '') return this.#files.add({ kind: 'name', name });
    const names = [...this.#registry.names(caller.ens)].sort();
    const list = names.map((one) => `${one}\n`).join('');
    return this.#files.add({ kind: 'list', names: bytesFromPath(list), position: 0 });
  }

  #create(name: string, flags: number, caller: Context): number {
    if (caller.euid !== 0) throw new SysError(EACCES);
    const handle = this.#files.reserve();
    this.#registry.insert(this.#namespace, name, (schemeId) => {
      const file = { schemeId: this.#id, handle, flags };
      const requests = new UserRequests(name, caller, file, this.#events, () => schemeId);
      this.#files.set(handle, { kind: 'scheme', requests });
      return new UserScheme(requests);
    });
    return handle;
  }

  /** Takes a daemon's scheme out of the namespace. */
  unlink(path: string, caller: Context): number {
    const name = path.replace(/^\/+|\/+$/g, '');
    if (caller.euid !== 0) throw new SysError(EACCES);
    for (const handle of this.#files.keys()) {
      const file = this.#files.get(handle);
      if (file.kind !== 'scheme' || file.requests.name !== name) continue;
      this.#registry.remove(this.#namespace, name);
      file.requests.unmount();
      return 0;
    }
    throw new SysError([...this.#registry.names(this.#namespace)].includes(name) ? EPERM : ENOENT);
  }

  read(handle: number, target: UserBuffer, caller: Context): Reply {
    const file = this.#files.get(handle);
    if (file.kind === 'scheme') return file.requests.read(target, caller);
    if (file.kind === 'name') throw new SysError(EBADF);
    const count = fill(target, file.names.subarray(file.position));
    file.position += count;
    return count;
  }

  write(handle: number, source: UserBuffer): number {
    return this.#scheme(handle).write(source);
  }

  seek(handle: number, position: number, whence: number): number {
    const file = this.#files.get(handle);
    if (file.kind !== 'list') throw new SysError(EBADF);
    const bases = { [SEEK_SET]: 0, [SEEK_CUR]: file.position, [SEEK_END]: file.names.length };
    const base: number | undefined = bases[whence as keyof typeof bases];
    if (base === undefined) throw new SysError(EINVAL);
    file.position = Math.max(0, Math.min(base + position, file.names.length));
    return file.position;
  }

  fevent(handle: number): number {
    this.#scheme(handle);
    return 0;
  }

  fpath(handle: number, target: UserBuffer): number {
    const file = this.#files.get(handle);
    const name =
      file.kind === 'scheme' ? file.requests.name : file.kind === 'name' ? file.name : '';
    return fill(target, bytesFromPath(`:${name}`));
  }

  fstat(handle: number, target: UserBuffer): number {
    const file = this.#files.get(handle);
    if (file.kind === 'list') {
      target.write(Stat.encode({ st_mode: MODE_DIR, st_size: file.names.length }));
    } else {
      target.write(Stat.encode({ st_mode: MODE_FILE }));
    }
    return 0;
  }

  fsync(handle: number): number {
    this.#scheme(handle);
    return 0;
  }

  /** A daemon that closes its end leaves the name behind, and ENODEV for whoever uses it. */
  close(handle: number): number {
    const file = this.#files.remove(handle);
    if (file.kind === 'scheme') file.requests.close();
    return 0;
  }

  #scheme(handle: number): UserRequests {
    const file = this.#files.get(handle);
    if (file.kind !== 'scheme') throw new SysError(EBADF);
    return file.requests;
  }
}
