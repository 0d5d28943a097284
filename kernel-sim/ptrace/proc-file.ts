// An open file of proc:. Source: scheme/proc.rs, from 788526a3 (2019-07-02) to 56f55a3b (2020-07-08).
import { EBADF } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { bytesFromPath } from '../scheme/path.js';
import { fill, type Reply } from '../scheme/scheme.js';
import type { UserBuffer } from '../user-buffer.js';
import type { Lock } from './lock.js';

export type ProcFileName = 'mem' | 'regs/int' | 'regs/float' | 'trace' | 'exe';

export abstract class ProcFile {
  abstract readonly name: ProcFileName;
  readonly pid: number;
  flags: number;
  /** What somebody may sleep with. */
  readonly lock: Lock | undefined;

  constructor(pid: number, flags: number, lock?: Lock) {
    this.pid = pid;
    this.flags = flags;
    this.lock = lock;
  }

  /** Bytes that are left to be read, for FSTAT. */
  get size(): number {
    return 0;
  }

  abstract read(target: UserBuffer, caller: Context): Reply;

  abstract write(source: UserBuffer, caller: Context): Reply;

  seek(_offset: number, _whence: number): number {
    throw new SysError(EBADF);
  }

  /** The last descriptor is closed. */
  close(_caller: Context): Reply {
    return 0;
  }
}

/** proc:PID/exe, since June 2020: what the process runs. */
export class ExeFile extends ProcFile {
  readonly name = 'exe';
  #bytes: Uint8Array;

  constructor(target: Context, flags: number) {
    super(target.pid, flags);
    this.#bytes = bytesFromPath(target.name);
  }

  override get size(): number {
    return this.#bytes.length;
  }

  override read(target: UserBuffer): number {
    const count = fill(target, this.#bytes);
    this.#bytes = this.#bytes.subarray(count);
    return count;
  }

  override write(): number {
    throw new SysError(EBADF);
  }
}
