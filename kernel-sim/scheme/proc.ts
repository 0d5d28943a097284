// proc: — the memory, registers and stops of other processes as files. Source: scheme/proc.rs, from
// 788526a3 (2019-07-02) to 56f55a3b (2020-07-08); checks come in its order. What a file does is in
// ptrace/*-file.ts.
import {
  EBADF,
  EBUSY,
  EINVAL,
  ENODEV,
  EPERM,
  ESRCH,
  F_GETFL,
  F_SETFL,
  MODE_FILE,
  Stat,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { KernelPanic } from '../panic.js';
import { Lock } from '../ptrace/lock.js';
import { MemoryFile } from '../ptrace/memory-file.js';
import { ExeFile, type ProcFile, type ProcFileName } from '../ptrace/proc-file.js';
import { FloatFile, IntFile } from '../ptrace/register-files.js';
import { Session, type Sessions } from '../ptrace/session.js';
import { present } from '../ptrace/target.js';
import { openTraceFile } from '../ptrace/trace-files.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { Handles } from './handles.js';
import { bytesFromPath, pathFromBytes } from './path.js';
import { fill, type Reply, type Scheme, settle } from './scheme.js';
import type { Services } from './services.js';

const NAMES: readonly ProcFileName[] = ['mem', 'regs/int', 'regs/float', 'trace', 'exe'];

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
    const { profile, contexts } = this.#services;
    const match = /^\+?([0-9]+)\/(.*)$/s.exec(path);
    const name = NAMES.find((one) => one === match?.[2]);
    if (match === null || name === undefined) throw new SysError(EINVAL);
    if (name === 'exe' && !profile.exe) throw new SysError(EINVAL);
    const target = present(contexts, Number(match[1]));
    if (target.exited && !profile.opensZombies) throw new SysError(ESRCH);
    // anybody may know what a process runs
    if (name !== 'exe') this.#demandAccess(target, caller);
    if (this.#lock.holder !== undefined) {
      return this.#onceFree(this.#lock, caller, () => this.#open(name, target, flags));
    }
    return this.#open(name, target, flags);
  }

  #open(name: ProcFileName, target: Context, flags: number): number {
    const { pid } = target;
    switch (name) {
      case 'mem':
        return this.#files.add(new MemoryFile(pid, flags, this.#services));
      case 'regs/int':
        return this.#files.add(new IntFile(pid, flags, this.#services));
      case 'regs/float':
        return this.#files.add(new FloatFile(pid, flags, this.#services));
      case 'exe':
        return this.#files.add(new ExeFile(target, flags));
      case 'trace':
        return this.#openTrace(target, flags);
    }
  }

  #openTrace(target: Context, flags: number): number {
    const { pid } = target;
    const handle = this.#files.reserve();
    if (this.#sessions.has(pid)) throw new SysError(EBUSY);
    // what a tracer sleeps with: all files, or this one
    const locksAll = this.#services.profile.faults['KP-37'];
    const lock = locksAll ? this.#lock : new Lock(`proc:${pid}/trace`);
    const session = new Session(pid, handle);
    const trace = openTraceFile(session, flags, this.#sessions, this.#services, lock);
    trace.attach(target);
    this.#files.set(handle, trace);
    return handle;
  }

  /** Root may trace all; others what they own below themselves. @throws SysError EPERM */
  #demandAccess(target: Context, { pid, euid, egid }: Context): void {
    if (euid === 0 || egid === 0) return;
    if (euid !== target.euid && egid !== target.egid) throw new SysError(EPERM);
    const { profile, contexts } = this.#services;
    if (profile.faults['KP-11']) return;
    let ancestor = contexts.get(target.ppid);
    while (ancestor !== undefined && ancestor.pid !== pid) ancestor = contexts.get(ancestor.ppid);
    if (ancestor === undefined) throw new SysError(EPERM);
  }

  read(handle: number, target: UserBuffer, caller: Context): Reply {
    return this.#locked(handle) === undefined
      ? this.#files.get(handle).read(target, caller)
      : this.#on(handle, caller, (file) => file.read(target, caller));
  }

  write(handle: number, source: UserBuffer, caller: Context): Reply {
    return this.#locked(handle) === undefined
      ? this.#files.get(handle).write(source, caller)
      : this.#on(handle, caller, (file) => file.write(source, caller));
  }

  /** Opens another file of the same process. */
  dup(handle: number, path: UserBuffer, caller: Context): Reply {
    return this.#on(handle, caller, ({ pid, flags }) =>
      this.open(`${pid}/${pathFromBytes(path.read())}`, flags, caller),
    );
  }

  seek(handle: number, offset: number, whence: number, caller: Context): Reply {
    return this.#on(handle, caller, (file) => file.seek(offset, whence));
  }

  fcntl(handle: number, command: number, argument: number, caller: Context): Reply {
    return this.#on(handle, caller, (file) => {
      if (command === F_GETFL) return file.flags;
      if (command !== F_SETFL) throw new SysError(EINVAL);
      file.flags = argument;
      return 0;
    });
  }

  fevent(handle: number, _flags: number, caller: Context): Reply {
    return this.#on(handle, caller, ({ pid, name }) => {
      const { protocol, faults, exe, writeEvents } = this.#services.profile;
      if (protocol === 'operations') throw new SysError(EBADF);
      if (exe && name !== 'trace') return 0;
      const session = this.#sessions.get(pid);
      if (session !== undefined) return session.conditions(writeEvents !== 'none');
      if (faults['KP-49']) throw new KernelPanic('proc (fevent): invalid session');
      throw new SysError(ENODEV);
    });
  }

  fstat(handle: number, target: UserBuffer, caller: Context): Reply {
    return this.#on(handle, caller, ({ size }) => {
      if (!this.#services.profile.exe) throw new SysError(EBADF);
      target.write(Stat.encode({ st_mode: MODE_FILE | 0o666, st_size: size }));
      return 0;
    });
  }

  fpath(handle: number, target: UserBuffer, caller: Context): Reply {
    return this.#on(handle, caller, ({ pid, name }) =>
      fill(target, bytesFromPath(`proc:${pid}/${name}`)),
    );
  }

  close(handle: number, caller: Context): Reply {
    return this.#on(handle, caller, (file) => {
      this.#files.remove(handle);
      this.#letGo(file);
      return file.close(caller);
    });
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

  /** Acts on a file once nobody sleeps with what locks it. @throws SysError EBADF */
  #on(handle: number, caller: Context, act: (file: ProcFile) => Reply): Reply {
    const lock = this.#locked(handle);
    if (lock === undefined) return act(this.#files.get(handle));
    return this.#onceFree(lock, caller, () => act(this.#files.get(handle)));
  }

  /** What keeps a file locked, with somebody who sleeps. @throws SysError EBADF */
  #locked(handle: number): Lock | undefined {
    if (this.#lock.holder !== undefined) return this.#lock;
    if (!this.#services.profile.faults['KP-27']) return undefined;
    const { lock } = this.#files.get(handle);
    return lock?.holder === undefined ? undefined : lock;
  }

  *#onceFree(lock: Lock, caller: Context, act: () => Reply): Syscall<number> {
    yield* lock.awaitFree(caller, this.#services.cpus);
    return yield* settle(act());
  }
}
