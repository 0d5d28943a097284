// A directory of the host as the lower, read-only layer of the machine's `file:`.
import { lstatSync, readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { EACCES, EIO, ENOENT } from '../../kernel-sim/abi/index.js';
import { type FileProvider, FileTree, SysError } from '../../kernel-sim/index.js';

const REDOX_ERRORS: Readonly<Record<string, number>> = { EACCES, EPERM: EACCES, ENOENT };

/** Runs a call on the host; what fails there fails with the same error here. */
function onHost<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new SysError(REDOX_ERRORS[code] ?? EIO);
  }
}

/** Where Linux shows its processes and itself, and the types of these file systems: statfs(2). */
const KERNEL_FILES = { proc: 0x9fa0, sys: 0x62656572 } as const;

/**
 * Files, directories and symbolic links. Devices, pipes and sockets of the host do not appear, nor
 * does its kernel: a tracer that looked into /proc would find the host's processes for its own.
 */
class HostDirectory implements FileProvider {
  readonly #root: string;
  readonly #hidden: ReadonlySet<string>;

  constructor(root: string) {
    this.#root = root;
    const mounted = Object.entries(KERNEL_FILES).filter(([name, type]) => {
      try {
        return statfsSync(join(root, name)).type === type;
      } catch {
        return false;
      }
    });
    this.#hidden = new Set(mounted.map(([name]) => name));
  }

  look(path: string): ReturnType<FileProvider['look']> {
    if (this.#hidden.has(path.split('/', 1)[0] ?? '')) return undefined;
    let stat: ReturnType<typeof lstatSync>;
    try {
      stat = lstatSync(this.#at(path), { throwIfNoEntry: false });
    } catch {
      return undefined; // below a file, or in a directory that is not ours to search
    }
    const type = stat?.isFile()
      ? 'file'
      : stat?.isDirectory()
        ? 'directory'
        : stat?.isSymbolicLink()
          ? 'symlink'
          : undefined;
    if (stat === undefined || type === undefined) return undefined;
    const modified = Math.floor(stat.mtimeMs / 1000);
    return { type, mode: stat.mode & 0o7777, size: stat.size, modified };
  }

  list(path: string): readonly string[] {
    const names = onHost(() => readdirSync(this.#at(path), 'latin1'));
    return path === '' ? names.filter((name) => !this.#hidden.has(name)) : names;
  }

  read(path: string): Uint8Array {
    return onHost(() => readFileSync(this.#at(path)));
  }

  target(path: string): string {
    return onHost(() => readlinkSync(this.#at(path), 'latin1'));
  }

  /** Paths of the machine are strings of bytes. */
  #at(path: string): Buffer {
    return Buffer.concat([Buffer.from(join(this.#root, '/')), Buffer.from(path, 'latin1')]);
  }
}

/** What a machine sees of a host's directory; what it writes stays in its own memory. */
export function hostFiles(root: string): FileTree {
  return new FileTree(new HostDirectory(root));
}
