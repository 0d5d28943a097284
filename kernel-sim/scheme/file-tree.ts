// The nodes of file: in memory, over a read-only provider that is asked only for what is used.
// Changes stay in the tree. Names and paths are byte strings (see path.ts).
import { ENOSPC, ENOTDIR, MODE_DIR, MODE_FILE, MODE_PERM, MODE_SYMLINK } from '../abi/index.js';
import { SysError } from '../error.js';

/** What a provider knows of one file. */
export interface ProvidedFile {
  readonly type: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

/** A read-only tree beneath ours. Paths are `/`-separated and relative; the root is ''. */
export interface FileProvider {
  /** What a path is, itself: links are not followed. Undefined when there is no such file. */
  look(path: string): ProvidedFile | undefined;
  /** Names in a directory, without `.` and `..`. */
  list(path: string): readonly string[];
  /** The bytes of a file. */
  read(path: string): Uint8Array;
  /** Where a symbolic link points. */
  target(path: string): string;
}

export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

interface Inode {
  readonly number: number;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds, and nanoseconds within. */
  accessed: [number, number];
  modified: [number, number];
  changed: [number, number];
  parent: DirectoryNode | undefined;
  name: string;
}

export interface DirectoryNode extends Inode {
  readonly type: 'directory';
  /** Known children; undefined marks a name that was removed. */
  readonly children: Map<string, Node | undefined>;
  /** Where the provider has this directory. */
  readonly provided: string | undefined;
}

export interface FileNode extends Inode {
  readonly type: 'file';
  /** Undefined until the provider's bytes are asked for. */
  content: Content | undefined;
  readonly provided: string | undefined;
  readonly providedSize: number;
}

export interface SymlinkNode extends Inode {
  readonly type: 'symlink';
  target: string;
}

export type Node = DirectoryNode | FileNode | SymlinkNode;

/** As much as a disk in memory has room for. */
const LARGEST_FILE = 0x4000_0000;

/** Bytes that grow. */
export class Content {
  #bytes: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  get size(): number {
    return this.#size;
  }

  write(position: number, source: Uint8Array): void {
    this.#reach(position + source.length);
    this.#bytes.set(source, position);
  }

  resize(size: number): void {
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#reach(size);
    this.#size = size;
  }

  #reach(size: number): void {
    if (size <= this.#size) return;
    if (size > LARGEST_FILE) throw new SysError(ENOSPC);
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#size = size;
  }
}

const TYPE_BITS = { directory: MODE_DIR, file: MODE_FILE, symlink: MODE_SYMLINK } as const;

/** st_mode of a node: type and permissions. */
export function modeOf(node: Node): number {
  return TYPE_BITS[node.type] | (node.mode & MODE_PERM);
}

/** What `file:` shows: files in memory, over those of a provider, which is asked when they are. */
export class FileTree {
  readonly root: DirectoryNode;
  readonly #provider: FileProvider | undefined;
  #nextInode = 1;

  constructor(provider?: FileProvider) {
    this.#provider = provider;
    this.root = {
      ...this.#inode({ mode: 0o755, uid: 0, gid: 0 }, 0),
      type: 'directory',
      children: new Map(),
      provided: provider === undefined ? undefined : '',
    };
  }

  /** A child by name. */
  child(directory: DirectoryNode, name: string): Node | undefined {
    if (directory.children.has(name)) return directory.children.get(name);
    if (directory.provided === undefined) return undefined;
    const found = this.#fetch(directory, directory.provided, name);
    if (found !== undefined) this.#adopt(directory, name, found);
    return found;
  }

  /** Names in a directory, sorted by bytes: the same everywhere. */
  list(directory: DirectoryNode): string[] {
    const names = new Set<string>();
    if (directory.provided !== undefined && this.#provider !== undefined) {
      for (const name of this.#provider.list(directory.provided)) names.add(name);
    }
    for (const [name, node] of directory.children) {
      if (node === undefined) names.delete(name);
      else names.add(name);
    }
    return [...names].sort();
  }

  /** A file's bytes, fetched when they are not here yet. */
  content(file: FileNode): Content {
    if (file.content === undefined) {
      // a copy: the provider's bytes are not ours to change
      const bytes = this.#provider?.read(file.provided ?? '').slice() ?? new Uint8Array(0);
      file.content = new Content(bytes);
    }
    return file.content;
  }

  size(node: Node): number {
    if (node.type === 'file') return node.content?.size ?? node.providedSize;
    return node.type === 'symlink' ? node.target.length : 0;
  }

  createFile(owner: Ownership, now: number, bytes = new Uint8Array(0)): FileNode {
    const content = new Content(bytes);
    const rest = { content, provided: undefined, providedSize: 0 };
    return { ...this.#inode(owner, now), type: 'file', ...rest };
  }

  createDirectory(owner: Ownership, now: number): DirectoryNode {
    const rest = { children: new Map(), provided: undefined };
    return { ...this.#inode(owner, now), type: 'directory', ...rest };
  }

  createSymlink(owner: Ownership, now: number, target = ''): SymlinkNode {
    return { ...this.#inode(owner, now), type: 'symlink', target };
  }

  /** Puts a node into a directory, in place of what has its name. */
  insert(directory: DirectoryNode, name: string, node: Node): void {
    this.#adopt(directory, name, node);
  }

  /** Takes a node out of its directory; who has it open keeps it. */
  remove(node: Node): void {
    node.parent?.children.set(node.name, undefined);
    node.parent = undefined;
  }

  pathOf(node: Node): string {
    const names: string[] = [];
    for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent) {
      names.unshift(at.name);
    }
    return names.join('/');
  }

  /** Makes a file with its directories, for who builds a machine. */
  addFile(path: string, bytes: Uint8Array, mode = 0o644): FileNode {
    const names = path.split('/').filter((name) => name !== '');
    const name = names.pop() ?? '';
    const file = this.createFile({ mode, uid: 0, gid: 0 }, 0, bytes.slice());
    this.insert(this.addDirectory(names.join('/')), name, file);
    return file;
  }

  /** Makes a directory with those above it, unless they exist. */
  addDirectory(path: string, mode = 0o755): DirectoryNode {
    let directory = this.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      let next = this.child(directory, name);
      if (next === undefined) {
        next = this.createDirectory({ mode, uid: 0, gid: 0 }, 0);
        this.insert(directory, name, next);
      }
      if (next.type !== 'directory') throw new SysError(ENOTDIR);
      directory = next;
    }
    return directory;
  }

  #adopt(directory: DirectoryNode, name: string, node: Node): void {
    node.parent = directory;
    node.name = name;
    directory.children.set(name, node);
  }

  #fetch(directory: DirectoryNode, base: string, name: string): Node | undefined {
    const path = base === '' ? name : `${base}/${name}`;
    const found = this.#provider?.look(path);
    if (found === undefined) return undefined;
    const owner = { mode: found.mode, uid: directory.uid, gid: directory.gid };
    const inode = this.#inode(owner, found.modified);
    if (found.type === 'directory') {
      return { ...inode, type: 'directory', children: new Map(), provided: path };
    }
    if (found.type === 'file') {
      const rest = { content: undefined, provided: path, providedSize: found.size };
      return { ...inode, type: 'file', ...rest };
    }
    return { ...inode, type: 'symlink', target: this.#provider?.target(path) ?? '' };
  }

  #inode({ mode, uid, gid }: Ownership, now: number): Inode {
    return {
      number: this.#nextInode++,
      mode: mode & MODE_PERM,
      uid,
      gid,
      accessed: [now, 0],
      modified: [now, 0],
      changed: [now, 0],
      parent: undefined,
      name: '',
    };
  }
}
