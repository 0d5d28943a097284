// proc: — the memory, registers and stops of other processes as files, at revision P7 (2019-08-15).
// Facts, section 3, in the order of its tables; what a trace file does is in ptrace/trace-file.ts.
import { PAGE_SIZE } from '../../cpu/index.js';
import {
  EBADF,
  EBUSY,
  EFAULT,
  EINVAL,
  EPERM,
  ESRCH,
  F_GETFL,
  F_SETFL,
  FloatRegisters,
  IntRegisters,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { ProcessMemory } from '../memory/process-memory.js';
import { KernelPanic } from '../panic.js';
import { loadFloat, loadInt, saveFloat, saveInt } from '../ptrace/registers.js';
import { Session, type Sessions } from '../ptrace/session.js';
import { living, whileStopped } from '../ptrace/target.js';
import { TraceFile } from '../ptrace/trace-file.js';
import type { UserBuffer } from '../user-buffer.js';
import { Handles } from './handles.js';
import { bytesFromPath, pathFromBytes } from './path.js';
import { fill, type Reply, type Scheme } from './scheme.js';
import type { Services } from './services.js';

type ProcFile = { readonly pid: number; flags: number } & (
  | { readonly kind: 'mem'; offset: number }
  | { readonly kind: 'regs/int' | 'regs/float' }
  | { readonly kind: 'trace'; readonly trace: TraceFile }
);

const KINDS: readonly ProcFile['kind'][] = ['mem', 'regs/int', 'regs/float', 'trace'];

/** The kernel looked only at the bits that index its page tables (KP-68). */
const ADDRESS_LIMIT = 2 ** 48;
const LARGEST_OFFSET = 2n ** 63n - 1n;

export class ProcScheme implements Scheme {
  readonly #services: Services;
  readonly #sessions: Sessions;
  readonly #files = new Handles<ProcFile>();

  constructor(services: Services, sessions: Sessions) {
    this.#services = services;
    this.#sessions = sessions;
  }

  open(path: string, flags: number, caller: Context): number {
    const match = /^\+?([0-9]+)\/(.*)$/s.exec(path);
    const kind = KINDS.find((name) => name === match?.[2]);
    if (match === null || kind === undefined) throw new SysError(EINVAL);
    const target = living(this.#services.contexts, Number(match[1]));
    this.#demandAccess(target, caller);
    const { pid } = target;
    if (kind === 'mem') return this.#files.add({ kind, pid, flags, offset: 0 });
    if (kind !== 'trace') return this.#files.add({ kind, pid, flags });
    const handle = this.#files.reserve();
    if (this.#sessions.has(pid)) throw new SysError(EBUSY);
    const trace = new TraceFile(new Session(pid, handle), this.#sessions, this.#services);
    trace.attach(target, flags);
    this.#files.set(handle, { kind, pid, flags, trace });
    return handle;
  }

  /** Root may trace all; others what they own below themselves. @throws SysError EPERM */
  #demandAccess(target: Context, { pid, euid, egid }: Context): void {
    if (euid === 0 || egid === 0) return;
    if (euid !== target.euid && egid !== target.egid) throw new SysError(EPERM);
    let ancestor = this.#services.contexts.get(target.ppid);
    while (ancestor !== undefined && ancestor.pid !== pid) {
      ancestor = this.#services.contexts.get(ancestor.ppid);
    }
    if (ancestor === undefined) throw new SysError(EPERM);
  }

  /** Opens another file of the same process. */
  dup(handle: number, path: UserBuffer, caller: Context): number {
    const { pid, flags } = this.#files.get(handle);
    return this.open(`${pid}/${pathFromBytes(path.read())}`, flags, caller);
  }

  read(handle: number, target: UserBuffer, caller: Context): Reply {
    const file = this.#files.get(handle);
    switch (file.kind) {
      case 'mem':
        return this.#readMemory(file, target);
      case 'trace':
        return file.trace.read(target);
      case 'regs/int':
        return whileStopped(this.#living(file), caller, (frame) => fill(target, saveInt(frame)));
      case 'regs/float':
        return fill(target, this.#float(this.#living(file)));
    }
  }

  write(handle: number, source: UserBuffer, caller: Context): Reply {
    const file = this.#files.get(handle);
    switch (file.kind) {
      case 'mem':
        return this.#writeMemory(file, source);
      case 'trace':
        file.trace.releaseClones();
        return file.trace.write(source, file.flags, caller);
      case 'regs/int':
        return this.#writeInt(file, source, caller);
      case 'regs/float':
        return this.#writeFloat(file, source);
    }
  }

  #readMemory(file: ProcFile & { kind: 'mem' }, target: UserBuffer): number {
    const address = this.#range(file, target.length);
    const bytes = new Uint8Array(target.length);
    this.#memory(file).copyOut(address, bytes);
    target.write(bytes);
    file.offset += target.length;
    return target.length;
  }

  #writeMemory(file: ProcFile & { kind: 'mem' }, source: UserBuffer): number {
    const address = this.#range(file, source.length);
    this.#memory(file).copyIn(address, source.read(), 'force');
    file.offset += source.length;
    return source.length;
  }

  /** All of the range or nothing. @throws SysError ESRCH, EFAULT */
  #range(file: ProcFile & { kind: 'mem' }, length: number): number {
    const memory = this.#memory(file);
    const address = ((file.offset % ADDRESS_LIMIT) + ADDRESS_LIMIT) % ADDRESS_LIMIT;
    if (length === 0) demandNothing(memory, address);
    else if (!memory.accessible(address, length, false)) throw new SysError(EFAULT);
    return address;
  }

  /** A zombie still has a context, but no pages. @throws SysError ESRCH */
  #memory({ pid }: ProcFile): ProcessMemory {
    const target = this.#services.contexts.get(pid);
    if (target === undefined) throw new SysError(ESRCH);
    return target.memory;
  }

  #writeInt({ pid }: ProcFile, source: UserBuffer, caller: Context): Reply {
    if (source.length < IntRegisters.size) return 0;
    const bytes = source.read(0, IntRegisters.size);
    return whileStopped(living(this.#services.contexts, pid), caller, (frame) => {
      loadInt(frame, bytes);
      return IntRegisters.size;
    });
  }

  /** What was never saved reads as zero. */
  #float(target: Context): Uint8Array {
    if (!target.switchedOut) return new Uint8Array(FloatRegisters.size);
    return saveFloat(target.registers);
  }

  #writeFloat(file: ProcFile, source: UserBuffer): number {
    if (source.length < FloatRegisters.size) return 0;
    const target = this.#living(file);
    if (target.switchedOut) loadFloat(target.registers, source.read(0, FloatRegisters.size));
    return FloatRegisters.size;
  }

  seek(handle: number, offset: number, whence: number): number {
    const file = this.#files.get(handle);
    if (file.kind !== 'mem') throw new SysError(EBADF);
    if (whence === SEEK_SET) file.offset = offset;
    else if (whence === SEEK_CUR) file.offset = Math.max(0, file.offset + offset);
    else if (whence === SEEK_END) return this.#seekEnd(file, offset);
    else throw new SysError(EBADF);
    return file.offset;
  }

  /** Counts from the largest offset there is, and over its end into the negative. */
  #seekEnd(file: ProcFile & { kind: 'mem' }, offset: number): number {
    const sum = BigInt.asIntN(64, LARGEST_OFFSET + BigInt(Math.trunc(offset)));
    file.offset = Math.max(0, Number(sum));
    // the low word decides whether this is taken for an error, and a double would lose it
    const low = Number(BigInt.asIntN(32, sum));
    return low < 0 && sum > 0n ? low : file.offset;
  }

  fcntl(handle: number, command: number, argument: number): number {
    const file = this.#files.get(handle);
    if (command === F_GETFL) return file.flags;
    if (command !== F_SETFL) throw new SysError(EINVAL);
    file.flags = argument;
    return 0;
  }

  fevent(handle: number): number {
    const { pid } = this.#files.get(handle);
    const session = this.#sessions.get(pid);
    if (session === undefined) throw new KernelPanic('proc (fevent): invalid session');
    return session.readable;
  }

  fpath(handle: number, target: UserBuffer): number {
    const { pid, kind } = this.#files.get(handle);
    return fill(target, bytesFromPath(`proc:${pid}/${kind}`));
  }

  close(handle: number, caller: Context): Reply {
    const file = this.#files.remove(handle);
    return file.kind === 'trace' ? file.trace.close(file.flags, caller) : 0;
  }

  #living({ pid }: ProcFile): Context {
    return living(this.#services.contexts, pid);
  }
}

/**
 * The kernel went through the pages from the first byte's to the last one's even if there was no
 * byte: all of memory at address 0, one page within a page, none at the start of one.
 */
function demandNothing(memory: ProcessMemory, address: number): void {
  const nothing = address % PAGE_SIZE === 0 && address !== 0;
  if (nothing || (address !== 0 && memory.accessible(address, 1, false))) return;
  throw new SysError(EFAULT);
}
