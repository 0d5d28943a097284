// proc:PID/regs/int and regs/float. Until commands were words (2019-07-24) the kernel looked for the
// frame of a process until there was one; since then it stops the process for a moment.
import type { Registers } from '../../cpu/index.js';
import { EBADF, FloatRegisters } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { KernelPanic } from '../panic.js';
import { fill, type Reply } from '../scheme/scheme.js';
import type { Services } from '../scheme/services.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { ProcFile } from './proc-file.js';
import { intSize, loadFloat, loadInt, saveFloat, saveInt } from './registers.js';
import { living, onceThereIsFrame, present, whileStopped } from './target.js';

type Act = (frame: Registers) => number;

/** Whose registers these are: a zombie's, too, until commands were words. @throws SysError ESRCH */
function targetOf({ contexts, profile }: Services, pid: number): Context {
  return profile.attachFreezes === 'truncate' ? living(contexts, pid) : present(contexts, pid);
}

export class IntFile extends ProcFile {
  readonly name = 'regs/int';
  readonly #services: Services;

  constructor(pid: number, flags: number, services: Services) {
    super(pid, flags);
    this.#services = services;
  }

  override read(target: UserBuffer, caller: Context): Reply {
    const { profile } = this.#services;
    return this.#onFrame(caller, (frame) => fill(target, saveInt(frame, profile)));
  }

  override write(source: UserBuffer, caller: Context): Reply {
    const { profile } = this.#services;
    const size = intSize(profile);
    if (source.length < size) return 0;
    const bytes = source.read(0, size);
    return this.#onFrame(caller, (frame) => {
      loadInt(frame, bytes, profile);
      return size;
    });
  }

  #onFrame(caller: Context, act: Act): Reply {
    const target = targetOf(this.#services, this.pid);
    if (this.#services.profile.attachFreezes === 'truncate') {
      return whileStopped(target, caller, this.#services, act);
    }
    const frame = target.frameRegisters;
    return frame === undefined ? this.#onceThereIs(target, caller, act) : act(frame);
  }

  *#onceThereIs(target: Context, caller: Context, act: Act): Syscall<number> {
    return act(yield* onceThereIsFrame(target, caller, this.#services));
  }
}

/** What was never saved reads as zero, and is not written. */
export class FloatFile extends ProcFile {
  readonly name = 'regs/float';
  readonly #services: Services;

  constructor(pid: number, flags: number, services: Services) {
    super(pid, flags);
    this.#services = services;
  }

  override read(target: UserBuffer): number {
    if (!this.#services.profile.servesMemory) throw new SysError(EBADF);
    const { switchedOut, registers } = targetOf(this.#services, this.pid);
    return fill(target, switchedOut ? saveFloat(registers) : new Uint8Array(FloatRegisters.size));
  }

  override write(source: UserBuffer): number {
    const { servesMemory, faults } = this.#services.profile;
    if (!servesMemory) throw new KernelPanic('not yet implemented');
    if (source.length < FloatRegisters.size) return 0;
    const { switchedOut, registers } = targetOf(this.#services, this.pid);
    const bytes = source.read(0, FloatRegisters.size);
    if (switchedOut) loadFloat(registers, bytes, faults);
    return FloatRegisters.size;
  }
}
