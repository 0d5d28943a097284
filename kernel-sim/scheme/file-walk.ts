// From paths to nodes of file:, as redoxfs of 2019 went: permissions on the way, symbolic links
// resolved, a link that leaves the scheme left to the kernel (EXDEV).
import { EACCES, ELOOP, ENOTDIR, EXDEV } from '../abi/index.js';
import { SysError } from '../error.js';
import type { DirectoryNode, FileTree, Node } from './file-tree.js';
import { canonicalize, splitScheme } from './path.js';

export const READ = 4;
export const WRITE = 2;
export const EXECUTE = 1;

const LINKS = 32;

export interface User {
  readonly euid: number;
  readonly egid: number;
}

/** Whether a user may do all of READ, WRITE, EXECUTE that `wanted` names. */
export function permitted(node: Node, { euid, egid }: User, wanted: number): boolean {
  let bits = node.mode & 7;
  if (euid === node.uid) bits |= (node.mode >> 6) & 7;
  if (egid === node.gid || egid === 0) bits |= (node.mode >> 3) & 7;
  if (euid === 0) bits = 7;
  return (bits & wanted) === wanted;
}

/** Refuses what is not permitted. @throws SysError EACCES */
export function demand(node: Node, user: User, wanted: number): void {
  if (!permitted(node, user, wanted)) throw new SysError(EACCES);
}

export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Where a path leads: its node, if there is one, and the directory and name that it has or would have. */
export interface Place {
  readonly node: Node | undefined;
  readonly parent: DirectoryNode | undefined;
  readonly name: string;
}

/**
 * Follows a path. Links on the way are resolved, and the last one too unless `keepLink`.
 * @throws SysError ENOTDIR, EACCES, ELOOP, EXDEV
 */
export function walk(tree: FileTree, path: string, user: User, keepLink: boolean): Place {
  let parts = partsOf(path);
  let links = 0;
  let place: Place = { node: tree.root, parent: undefined, name: '' };
  for (let index = 0; index < parts.length; index++) {
    const parent: Node | undefined = place.node;
    if (parent === undefined) return { node: undefined, parent: undefined, name: '' };
    if (parent.type !== 'directory') throw new SysError(ENOTDIR);
    demand(parent, user, EXECUTE);
    const name = parts[index];
    const node = tree.child(parent, name);
    place = { node, parent, name };
    if (node?.type !== 'symlink' || (keepLink && index === parts.length - 1)) continue;
    if (++links > LINKS) throw new SysError(ELOOP);
    const [scheme, rest] = splitScheme(canonicalize(node.target, `file:/${tree.pathOf(parent)}`));
    if (scheme !== 'file') throw new SysError(EXDEV);
    parts = [...partsOf(rest), ...parts.slice(index + 1)];
    place = { node: tree.root, parent: undefined, name: '' };
    index = -1;
  }
  return place;
}
