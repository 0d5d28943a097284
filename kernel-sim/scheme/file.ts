// file: — files, directories and symbolic links of a FileTree. Behaviour and errors as of redoxfs'
// scheme of 2019, in the kernel here instead of a daemon.
import {
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  F_GETFL,
  F_SETFL,
  MODE_PERM,
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_STAT,
  O_SYMLINK,
  O_TRUNC,
  O_WRONLY,
  PROT_EXEC,
  PROT_WRITE,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  Stat,
  StatVfs,
  TimeSpec,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';
import { type DirectoryNode, modeOf, type Node } from './file-tree.js';
import { demand, type Place, READ, WRITE, walk } from './file-walk.js';
import { Handles } from './handles.js';
import { bytesFromPath, pathFromBytes } from './path.js';
import { fill, type MapRequest, type Scheme } from './scheme.js';
import type { Services } from './services.js';

const BLOCK = 4096;
const SECOND = 1_000_000_000;

interface OpenFile {
  readonly node: Node;
  readonly path: string;
  flags: number;
  position: number;
  /** A directory's names as they were when it was opened. */
  readonly listing: Uint8Array | undefined;
}

export class FileScheme implements Scheme {
  readonly #services: Services;
  readonly #files = new Handles<OpenFile>();

  constructor(services: Services) {
    this.#services = services;
  }

  open(path: string, flags: number, caller: Context): number {
    const keepLink = (flags & O_SYMLINK) !== 0 || ((flags & O_STAT) !== 0 && noFollow(flags));
    const place = walk(this.#services.files, path, caller, keepLink);
    const { node } = place;
    if (node === undefined) return this.#create(place, flags, caller);
    if ((flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) throw new SysError(EEXIST);
    if (node.type === 'directory') return this.#openDirectory(node, flags, caller);
    if (node.type !== 'symlink' && (flags & O_SYMLINK) !== 0) throw new SysError(EINVAL);
    if ((flags & O_DIRECTORY) !== 0) throw new SysError(ENOTDIR);
    if (reads(flags)) demand(node, caller, READ);
    if (writes(flags)) demand(node, caller, WRITE);
    if ((flags & O_TRUNC) !== 0 && node.type === 'file') {
      demand(node, caller, WRITE);
      this.#services.files.content(node).resize(0);
      this.#modified(node);
    }
    return this.#add(node, flags);
  }

  #openDirectory(node: DirectoryNode, flags: number, caller: Context): number {
    if ((flags & O_ACCMODE) === O_RDONLY) {
      demand(node, caller, READ);
      return this.#add(node, flags, this.#services.files.list(node).join('\n'));
    }
    if ((flags & O_WRONLY) !== 0) throw new SysError(EISDIR);
    return this.#add(node, flags);
  }

  #create({ parent, name }: Place, flags: number, caller: Context): number {
    if ((flags & O_CREAT) === 0 || parent === undefined) throw new SysError(ENOENT);
    demand(parent, caller, WRITE);
    const { files } = this.#services;
    const owner = { mode: flags & MODE_PERM & 0o777, uid: caller.euid, gid: caller.egid };
    const now = this.#now()[0];
    let node: Node;
    if ((flags & O_DIRECTORY) !== 0) node = files.createDirectory(owner, now);
    else if ((flags & O_SYMLINK) !== 0) node = files.createSymlink(owner, now);
    else node = files.createFile(owner, now);
    files.insert(parent, name, node);
    this.#modified(parent);
    return this.#add(node, flags, node.type === 'directory' ? '' : undefined);
  }

  #add(node: Node, flags: number, listing?: string): number {
    const path = this.#services.files.pathOf(node);
    const bytes = listing === undefined ? undefined : bytesFromPath(listing);
    return this.#files.add({ node, path, flags, position: 0, listing: bytes });
  }

  chmod(path: string, mode: number, caller: Context): number {
    this.#changeMode(this.#find(path, caller), mode, caller);
    return 0;
  }

  rmdir(path: string, caller: Context): number {
    const { node, parent } = this.#findLink(path, caller);
    if (parent === undefined) throw new SysError(EPERM);
    demand(parent, caller, WRITE);
    if (node.type !== 'directory') throw new SysError(ENOTDIR);
    if (this.#services.files.list(node).length > 0) throw new SysError(ENOTEMPTY);
    this.#remove(node, parent);
    return 0;
  }

  unlink(path: string, caller: Context): number {
    const { node, parent } = this.#findLink(path, caller);
    if (parent === undefined) throw new SysError(EPERM);
    demand(parent, caller, WRITE);
    if (node.type === 'directory') throw new SysError(EISDIR);
    this.#remove(node, parent);
    return 0;
  }

  /** Redox copies a descriptor of a file only by sharing it: a path makes no sense here. */
  dup(): number {
    throw new SysError(EINVAL);
  }

  read(handle: number, target: UserBuffer): number {
    const file = this.#files.get(handle);
    const bytes = this.#bytes(file);
    const count = fill(target, bytes.subarray(Math.min(file.position, bytes.length)));
    file.position += count;
    return count;
  }

  #bytes({ node, flags, listing }: OpenFile): Uint8Array {
    if (listing !== undefined) return listing;
    if (node.type === 'directory') throw new SysError(EBADF);
    if (!reads(flags)) throw new SysError(EBADF);
    if (node.type === 'symlink') return bytesFromPath(node.target);
    return this.#services.files.content(node).bytes;
  }

  write(handle: number, source: UserBuffer): number {
    const file = this.#files.get(handle);
    const { node } = file;
    if (!writes(file.flags) || node.type === 'directory') throw new SysError(EBADF);
    const bytes = source.read();
    if (node.type === 'symlink') {
      node.target = node.target.slice(0, file.position) + pathFromBytes(bytes);
    } else {
      const content = this.#services.files.content(node);
      if ((file.flags & O_APPEND) !== 0) file.position = content.size;
      content.write(file.position, bytes);
    }
    file.position += bytes.length;
    this.#modified(node);
    return bytes.length;
  }

  seek(handle: number, offset: number, whence: number): number {
    const file = this.#files.get(handle);
    const size = file.listing?.length ?? this.#services.files.size(file.node);
    let position: number;
    if (whence === SEEK_SET) position = offset;
    else if (whence === SEEK_CUR) position = file.position + offset;
    else if (whence === SEEK_END) position = size + offset;
    else throw new SysError(EINVAL);
    const limit = file.listing === undefined ? Number.MAX_SAFE_INTEGER : size;
    file.position = Math.max(0, Math.min(position, limit));
    return file.position;
  }

  fchmod(handle: number, mode: number, caller: Context): number {
    this.#changeMode(this.#files.get(handle).node, mode, caller);
    return 0;
  }

  fchown(handle: number, uid: number, gid: number, caller: Context): number {
    const { node } = this.#files.get(handle);
    this.#demandOwner(node, caller);
    if ((uid | 0) !== -1) node.uid = uid >>> 0;
    if ((gid | 0) !== -1) node.gid = gid >>> 0;
    node.changed = this.#now();
    return 0;
  }

  fcntl(handle: number, command: number, argument: number): number {
    const file = this.#files.get(handle);
    if (command === F_GETFL) return file.flags >>> 0;
    if (command !== F_SETFL) throw new SysError(EINVAL);
    file.flags = (file.flags & O_ACCMODE) | (argument & ~O_ACCMODE);
    return 0;
  }

  fevent(handle: number, flags: number): number {
    // a file is always ready
    this.#files.get(handle);
    return flags;
  }

  /** A copy of the file's bytes: later writes on either side are not seen on the other. */
  fmap(handle: number, { offset, size, flags }: MapRequest, caller: Context): number {
    const { node } = this.#files.get(handle);
    if (node.type !== 'file') throw new SysError(EBADF);
    if (size === 0) throw new SysError(EINVAL);
    const bytes = this.#services.files.content(node).bytes.slice(offset, offset + size);
    return caller.memory.grant(size, {
      writable: (flags & PROT_WRITE) !== 0,
      executable: (flags & PROT_EXEC) !== 0,
      contents: [{ bytes, address: 0 }],
    });
  }

  fpath(handle: number, target: UserBuffer): number {
    const { node, path } = this.#files.get(handle);
    const now = node.parent === undefined ? path : this.#services.files.pathOf(node);
    return fill(target, bytesFromPath(`file:/${now}`));
  }

  frename(handle: number, path: string, caller: Context): number {
    const { files } = this.#services;
    const { node } = this.#files.get(handle);
    const place = walk(files, path, caller, true);
    if (node.parent === undefined || place.parent === undefined) throw new SysError(EPERM);
    demand(node.parent, caller, WRITE);
    demand(place.parent, caller, WRITE);
    const replaced = place.node;
    if (replaced === node) return 0;
    for (let at: Node | undefined = place.parent; at !== undefined; at = at.parent) {
      if (at === node) throw new SysError(EINVAL);
    }
    if (replaced?.type === 'directory') {
      if (node.type !== 'directory') throw new SysError(EISDIR);
      if (files.list(replaced).length > 0) throw new SysError(ENOTEMPTY);
    } else if (replaced !== undefined && node.type === 'directory') {
      throw new SysError(ENOTDIR);
    }
    if (replaced !== undefined) files.remove(replaced);
    this.#modified(node.parent);
    files.remove(node);
    files.insert(place.parent, place.name, node);
    this.#modified(place.parent);
    return 0;
  }

  fstat(handle: number, target: UserBuffer): number {
    const { node, listing } = this.#files.get(handle);
    const size = listing?.length ?? this.#services.files.size(node);
    target.write(
      Stat.encode({
        st_ino: node.number,
        st_mode: modeOf(node),
        st_nlink: node.parent === undefined && node !== this.#services.files.root ? 0 : 1,
        st_uid: node.uid,
        st_gid: node.gid,
        st_size: size,
        st_blksize: BLOCK,
        st_blocks: Math.ceil(size / 512),
        st_mtime: node.modified[0],
        st_mtime_nsec: node.modified[1],
        st_atime: node.accessed[0],
        st_atime_nsec: node.accessed[1],
        st_ctime: node.changed[0],
        st_ctime_nsec: node.changed[1],
      }),
    );
    return 0;
  }

  fstatvfs(handle: number, target: UserBuffer): number {
    this.#files.get(handle);
    const free = this.#services.frames.frames - this.#services.frames.allocated;
    const blocks = this.#services.frames.frames;
    target.write(
      StatVfs.encode({ f_bsize: BLOCK, f_blocks: blocks, f_bfree: free, f_bavail: free }),
    );
    return 0;
  }

  fsync(handle: number): number {
    this.#files.get(handle);
    return 0;
  }

  ftruncate(handle: number, length: number): number {
    const { node, flags } = this.#files.get(handle);
    if (node.type !== 'file' || !writes(flags)) throw new SysError(EBADF);
    if (length < 0) throw new SysError(EINVAL);
    this.#services.files.content(node).resize(length);
    this.#modified(node);
    return 0;
  }

  /** Two times: of the last access and of the last change of content. */
  futimens(handle: number, times: UserBuffer, caller: Context): number {
    const { node } = this.#files.get(handle);
    this.#demandOwner(node, caller);
    if (times.length < 2 * TimeSpec.size) return 0;
    const bytes = times.read(0, 2 * TimeSpec.size);
    const [accessed, modified] = [TimeSpec.decode(bytes), TimeSpec.decode(bytes, TimeSpec.size)];
    node.accessed = [accessed.tv_sec, accessed.tv_nsec];
    node.modified = [modified.tv_sec, modified.tv_nsec];
    return 0;
  }

  close(handle: number): number {
    this.#files.remove(handle);
    return 0;
  }

  #find(path: string, caller: Context): Node {
    const { node } = walk(this.#services.files, path, caller, false);
    if (node === undefined) throw new SysError(ENOENT);
    return node;
  }

  #findLink(path: string, caller: Context): { node: Node; parent: DirectoryNode | undefined } {
    const { node, parent } = walk(this.#services.files, path, caller, true);
    if (node === undefined) throw new SysError(ENOENT);
    return { node, parent };
  }

  #remove(node: Node, parent: DirectoryNode): void {
    this.#services.files.remove(node);
    this.#modified(parent);
  }

  #changeMode(node: Node, mode: number, caller: Context): void {
    this.#demandOwner(node, caller);
    node.mode = mode & MODE_PERM;
    node.changed = this.#now();
  }

  #demandOwner(node: Node, caller: Context): void {
    if (caller.euid !== node.uid && caller.euid !== 0) throw new SysError(EPERM);
  }

  #modified(node: Node): void {
    node.modified = this.#now();
    node.changed = node.modified;
  }

  #now(): [number, number] {
    const now = this.#services.realtime();
    return [Math.floor(now / SECOND), now % SECOND];
  }
}

const reads = (flags: number): boolean => (flags & O_RDONLY) !== 0;
const writes = (flags: number): boolean => (flags & O_WRONLY) !== 0;
const noFollow = (flags: number): boolean => (flags & O_NOFOLLOW) !== 0;
