// sys: — what the system says of itself, as text made when a file is opened. Source: scheme/sys of
// 2019-2020. `cpu` says only how many there are: what kind they are is CPUID's to tell.
import {
  EINVAL,
  ENOENT,
  MODE_DIR,
  MODE_FILE,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  Stat,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { UserBuffer } from '../user-buffer.js';
import { Handles } from './handles.js';
import { bytesFromPath, pathFromText } from './path.js';
import type { SchemeRegistry } from './registry.js';
import { fill, type Scheme } from './scheme.js';
import type { Services } from './services.js';
import { contextTable } from './sys-context.js';

/** The kernel's, all through 2019 and 2020. */
const VERSION = '0.1.54';

interface OpenFile {
  readonly path: string;
  readonly mode: number;
  readonly data: Uint8Array;
  position: number;
}

export class SysScheme implements Scheme {
  readonly #services: Services;
  readonly #registry: SchemeRegistry;
  readonly #files = new Handles<OpenFile>();
  /** By name, in the order of the directory. */
  readonly #resources: ReadonlyMap<string, (caller: Context) => string> = new Map([
    ['context', () => contextTable(this.#services)],
    ['cpu', () => `CPUs: ${this.#services.cpus}\n`],
    ['exe', ({ name }: Context) => pathFromText(name)],
    ['scheme', (caller: Context) => this.#schemes(caller, (name) => `${name}\n`)],
    [
      'scheme_num',
      (caller: Context) =>
        this.#schemes(caller, (name, id) => `${String(id).padStart(4)}: ${name}\n`),
    ],
    ['syscall', () => this.#names()],
    ['uname', () => `Redox\n\n${VERSION}\n\nx86_64\n`],
  ]);

  constructor(services: Services, registry: SchemeRegistry) {
    this.#services = services;
    this.#registry = registry;
  }

  open(path: string, _flags: number, caller: Context): number {
    const name = path.replace(/^\/+|\/+$/g, '');
    if (name === '') return this.#add('', MODE_DIR, [...this.#resources.keys()].join('\n'));
    const resource = this.#resources.get(name);
    if (resource === undefined) throw new SysError(ENOENT);
    return this.#add(name, MODE_FILE, resource(caller));
  }

  #add(path: string, type: number, text: string): number {
    return this.#files.add({ path, mode: type | 0o444, data: bytesFromPath(text), position: 0 });
  }

  #schemes({ ens }: Context, line: (name: string, id: number) => string): string {
    const names = [...this.#registry.names(ens)].sort();
    return names.map((name) => line(name, this.#registry.find(ens, name))).join('');
  }

  /** A line for each process; the call it is in, which Redox printed below, is left out. */
  #names(): string {
    return [...this.#services.contexts].map(({ pid, name }) => `${pid}: ${name}\n`).join('');
  }

  read(handle: number, target: UserBuffer): number {
    const file = this.#files.get(handle);
    const count = fill(target, file.data.subarray(file.position));
    file.position += count;
    return count;
  }

  seek(handle: number, offset: number, whence: number): number {
    const file = this.#files.get(handle);
    const bases = { [SEEK_SET]: 0, [SEEK_CUR]: file.position, [SEEK_END]: file.data.length };
    const base: number | undefined = bases[whence as keyof typeof bases];
    if (base === undefined) throw new SysError(EINVAL);
    // from the start an offset is unsigned, so that a negative one is beyond the end
    const wanted = whence === SEEK_SET && offset < 0 ? file.data.length : base + offset;
    file.position = Math.max(0, Math.min(wanted, file.data.length));
    return file.position;
  }

  fpath(handle: number, target: UserBuffer): number {
    return fill(target, bytesFromPath(`sys:${this.#files.get(handle).path}`));
  }

  fstat(handle: number, target: UserBuffer): number {
    const { mode, data } = this.#files.get(handle);
    target.write(Stat.encode({ st_mode: mode, st_size: data.length }));
    return 0;
  }

  fsync(): number {
    return 0;
  }

  close(handle: number): number {
    this.#files.remove(handle);
    return 0;
  }
}
