// proc: — the memory, registers and stops of other processes as files. Source: scheme/proc.rs, from
// 788526a3 (2019-07-02) to 56f55a3b (2020-07-08); checks come in its order. What a trace file does is
// in ptrace/trace-file.ts.
import { PAGE_SIZE, type Registers } from '../../cpu/index.js';
import {
  EBADF,
  EBUSY,
  EFAULT,
  EINVAL,
  ENODEV,
  EPERM,
  ESRCH,
  F_GETFL,
  F_SETFL,
  FloatRegisters,
  MODE_FILE,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  Stat,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { ProcessMemory } from '../memory/process-memory.js';
import { KernelPanic } from '../panic.js';
import { Lock } from '../ptrace/lock.js';
import { intSize, loadFloat, loadInt, saveFloat, saveInt } from '../ptrace/registers.js';
import { Session, type Sessions } from '../ptrace/session.js';
import { living, onceThereIsFrame, whileStopped } from '../ptrace/target.js';
import type { TraceFile } from '../ptrace/trace-file.js';
import { openTraceFile } from '../ptrace/trace-files.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { Handles } from './handles.js';
import { bytesFromPath, pathFromBytes } from './path.js';
import { fill, type Reply, type Scheme, settle } from './scheme.js';
import type { Services } from './services.js';

type ProcFile = { readonly pid: number; flags: number } & (
  | { readonly kind: 'mem'; offset: number }
  | { readonly kind: 'regs/int' | 'regs/float' }
  | { readonly kind: 'trace'; readonly trace: TraceFile }
  | { readonly kind: 'exe'; readonly bytes: Uint8Array; offset: number }
);
type Memory = ProcFile & { readonly kind: 'mem' };

const KINDS: readonly ProcFile['kind'][] = ['mem', 'regs/int', 'regs/float', 'trace', 'exe'];

/** What fitted on the kernel's stack, when memory was copied through it (KP-09). */
const STACK_BUFFER = 4096;

/** The kernel looked only at the bits that index its page tables (KP-68). */
const ADDRESS_LIMIT = 2 ** 48;
const LARGEST_OFFSET = 2n ** 63n - 1n;

export class ProcScheme implements Scheme {
  readonly #services: Services;
  readonly #sessions: Sessions;
  readonly #files = new Handles<ProcFile>();
  readonly #lock = new Lock('the files of proc:');

  constructor(services: Services, sessions: Sessions) {
    this.#services = services;
    this.#sessions = sessions;
  }

  open(path: string, flags: number, caller: Context): Reply {
    const match = /^\+?([0-9]+)\/(.*)$/s.exec(path);
    const kind = KINDS.find((name) => name === match?.[2]);
    if (match === null || kind === undefined) throw new SysError(EINVAL);
    if (kind === 'exe' && !this.#services.profile.exe) throw new SysError(EINVAL);
    const target = this.#target(Number(match[1]));
    // anybody may know what a process runs
    if (kind !== 'exe') this.#demandAccess(target, caller);
    const { pid } = target;
    if (this.#lock.holder !== undefined) {
      return this.#onceFree(this.#lock, caller, () => this.open(path, flags, caller));
    }
    if (kind === 'trace') return this.#openTrace(target, flags);
    if (kind === 'mem') return this.#files.add({ kind, pid, flags, offset: 0 });
    if (kind !== 'exe') return this.#files.add({ kind, pid, flags });
    return this.#files.add({ kind, pid, flags, bytes: bytesFromPath(target.name), offset: 0 });
  }

  /** Locks all files, or one. */
  #lockOf(pid: number): Lock {
    return this.#services.profile.faults['KP-37'] ? this.#lock : new Lock(`proc:${pid}/trace`);
  }

  /** What keeps a file locked, with somebody who sleeps. @throws SysError EBADF */
  #locked(handle: number): Lock | undefined {
    if (this.#lock.holder !== undefined) return this.#lock;
    if (!this.#services.profile.faults['KP-27']) return undefined;
    const file = this.#files.get(handle);
    return file.kind === 'trace' && file.trace.lock.holder !== undefined
      ? file.trace.lock
      : undefined;
  }

  *#onceFree(lock: Lock, caller: Context, act: () => Reply): Syscall<number> {
    yield* lock.awaitFree(caller, this.#services.cpus);
    return yield* settle(act());
  }

  #target(pid: number): Context {
    const target = this.#zombieOr(pid);
    if (target.exited && !this.#services.profile.opensZombies) throw new SysError(ESRCH);
    return target;
  }

  #openTrace(target: Context, flags: number): number {
    const { pid } = target;
    const handle = this.#files.reserve();
    if (this.#sessions.has(pid)) throw new SysError(EBUSY);
    const trace = openTraceFile(
      new Session(pid, handle),
      this.#sessions,
      this.#services,
      this.#lockOf(pid),
    );
    trace.attach(target, flags);
    this.#files.set(handle, { kind: 'trace', pid, flags, trace });
    return handle;
  }

  /** Root may trace all; others what they own below themselves. @throws SysError EPERM */
  #demandAccess(target: Context, { pid, euid, egid }: Context): void {
    if (euid === 0 || egid === 0) return;
    if (euid !== target.euid && egid !== target.egid) throw new SysError(EPERM);
    if (this.#services.profile.faults['KP-11']) return;
    let ancestor = this.#services.contexts.get(target.ppid);
    while (ancestor !== undefined && ancestor.pid !== pid) {
      ancestor = this.#services.contexts.get(ancestor.ppid);
    }
    if (ancestor === undefined) throw new SysError(EPERM);
  }

  /** Opens another file of the same process. */
  dup(handle: number, path: UserBuffer, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.dup(handle, path, caller));
    const { pid, flags } = this.#files.get(handle);
    return this.open(`${pid}/${pathFromBytes(path.read())}`, flags, caller);
  }

  read(handle: number, target: UserBuffer, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.read(handle, target, caller));
    const file = this.#files.get(handle);
    switch (file.kind) {
      case 'mem':
        return this.#readMemory(file, target);
      case 'trace':
        return file.trace.read(target, file.flags, caller);
      case 'regs/int':
        return this.#onFrame(file, caller, (frame) =>
          fill(target, saveInt(frame, this.#services.profile)),
        );
      case 'regs/float':
        return this.#readFloat(file, target);
      case 'exe':
        return readOn(file, target);
    }
  }

  write(handle: number, source: UserBuffer, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.write(handle, source, caller));
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
      case 'exe':
        throw new SysError(EBADF);
    }
  }

  #readMemory(file: Memory, target: UserBuffer): number {
    const length = this.#reach(target.length);
    const address = this.#range(file, length);
    const bytes = new Uint8Array(length);
    this.#memory(file).copyOut(address, bytes);
    target.write(bytes);
    file.offset += length;
    return length;
  }

  #writeMemory(file: Memory, source: UserBuffer): number {
    const length = this.#reach(source.length);
    const address = this.#range(file, length);
    this.#memory(file).copyIn(address, source.read(0, length), 'force');
    file.offset += length;
    return length;
  }

  /** How much of a transfer happens. @throws SysError EBADF while there were none */
  #reach(length: number): number {
    const { servesMemory, faults } = this.#services.profile;
    if (!servesMemory) throw new SysError(EBADF);
    return faults['KP-09'] ? Math.min(length, STACK_BUFFER) : length;
  }

  /** All of the range or nothing. @throws SysError ESRCH, EFAULT */
  #range(file: Memory, length: number): number {
    const memory = this.#memory(file);
    const address = ((file.offset % ADDRESS_LIMIT) + ADDRESS_LIMIT) % ADDRESS_LIMIT;
    const aliased = address !== file.offset;
    if (aliased && !this.#services.profile.faults['KP-68']) throw new SysError(EFAULT);
    if (length === 0) demandNothing(memory, address);
    else if (!memory.accessible(address, length, false)) throw new SysError(EFAULT);
    return address;
  }

  /** A zombie still has a context, but no pages. @throws SysError ESRCH */
  #memory({ pid }: ProcFile): ProcessMemory {
    return this.#zombieOr(pid).memory;
  }

  #writeInt(file: ProcFile, source: UserBuffer, caller: Context): Reply {
    const { profile } = this.#services;
    const size = intSize(profile);
    if (source.length < size) return 0;
    const bytes = source.read(0, size);
    return this.#onFrame(file, caller, (frame) => {
      loadInt(frame, bytes, profile);
      return size;
    });
  }

  /** The registers of a target that lives: of any, until commands were words. */
  #onFrame(file: ProcFile, caller: Context, act: (frame: Registers) => number): Reply {
    const { contexts, profile } = this.#services;
    if (profile.attachFreezes === 'truncate') {
      return whileStopped(living(contexts, file.pid), caller, this.#services, act);
    }
    const target = this.#zombieOr(file.pid);
    const frame = target.frameRegisters;
    return frame === undefined ? this.#onceThereIs(target, caller, act) : act(frame);
  }

  *#onceThereIs(
    target: Context,
    caller: Context,
    act: (frame: Registers) => number,
  ): Syscall<number> {
    return act(yield* onceThereIsFrame(target, caller, this.#services));
  }

  /** What was never saved reads as zero. */
  #readFloat(file: ProcFile, target: UserBuffer): number {
    if (!this.#services.profile.servesMemory) throw new SysError(EBADF);
    const { switchedOut, registers } = this.#ofFloats(file);
    return fill(target, switchedOut ? saveFloat(registers) : new Uint8Array(FloatRegisters.size));
  }

  #writeFloat(file: ProcFile, source: UserBuffer): number {
    const { servesMemory, faults } = this.#services.profile;
    if (!servesMemory) throw new KernelPanic('not yet implemented');
    if (source.length < FloatRegisters.size) return 0;
    const { switchedOut, registers } = this.#ofFloats(file);
    const bytes = source.read(0, FloatRegisters.size);
    if (switchedOut) loadFloat(registers, bytes, faults);
    return FloatRegisters.size;
  }

  #ofFloats({ pid }: ProcFile): Context {
    return this.#services.profile.attachFreezes === 'truncate'
      ? living(this.#services.contexts, pid)
      : this.#zombieOr(pid);
  }

  seek(handle: number, offset: number, whence: number, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.seek(handle, offset, whence, caller));
    const file = this.#files.get(handle);
    if (!this.#services.profile.servesMemory) throw new SysError(EBADF);
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

  fcntl(handle: number, command: number, argument: number, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.fcntl(handle, command, argument, caller));
    const file = this.#files.get(handle);
    if (command === F_GETFL) return file.flags;
    if (command !== F_SETFL) throw new SysError(EINVAL);
    file.flags = argument;
    return 0;
  }

  fevent(handle: number, flags: number, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.fevent(handle, flags, caller));
    const { pid, kind } = this.#files.get(handle);
    const { protocol, faults, exe, writeEvents } = this.#services.profile;
    if (protocol === 'operations') throw new SysError(EBADF);
    if (exe && kind !== 'trace') return 0;
    const session = this.#sessions.get(pid);
    if (session !== undefined) return session.conditions(writeEvents !== 'none');
    if (faults['KP-49']) throw new KernelPanic('proc (fevent): invalid session');
    throw new SysError(ENODEV);
  }

  fstat(handle: number, target: UserBuffer, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.fstat(handle, target, caller));
    const file = this.#files.get(handle);
    if (!this.#services.profile.exe) throw new SysError(EBADF);
    const st_size = file.kind === 'exe' ? file.bytes.length - file.offset : 0;
    target.write(Stat.encode({ st_mode: MODE_FILE | 0o666, st_size }));
    return 0;
  }

  fpath(handle: number, target: UserBuffer, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined)
      return this.#onceFree(lock, caller, () => this.fpath(handle, target, caller));
    const { pid, kind } = this.#files.get(handle);
    return fill(target, bytesFromPath(`proc:${pid}/${kind}`));
  }

  close(handle: number, caller: Context): Reply {
    const lock = this.#locked(handle);
    if (lock !== undefined) return this.#onceFree(lock, caller, () => this.close(handle, caller));
    const file = this.#files.remove(handle);
    if (file.kind === 'trace') return file.trace.close(file.flags, caller);
    this.#letGo(file);
    return 0;
  }

  /** Until 2019-07-24 closing any file of a process unfroze it, and first it went on, too. */
  #letGo({ pid }: ProcFile): void {
    const { closing } = this.#services.profile;
    if (closing === 'trace') return;
    const target = this.#services.contexts.get(pid);
    if (target !== undefined) target.ptraceStop = false;
    const session = this.#sessions.get(pid);
    if (closing === 'any-unfreezes' || session === undefined) return;
    session.disarm();
    session.tracee.notify();
  }

  /** @throws SysError ESRCH */
  #zombieOr(pid: number): Context {
    const target = this.#services.contexts.get(pid);
    if (target === undefined) throw new SysError(ESRCH);
    return target;
  }
}

function readOn(file: ProcFile & { kind: 'exe' }, target: UserBuffer): number {
  const count = fill(target, file.bytes.subarray(file.offset));
  file.offset += count;
  return count;
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
