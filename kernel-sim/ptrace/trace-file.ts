// proc:PID/trace, as far as it is the same at every revision: attaching, the clones that wait for
// their tracer, reading events, closing. Facts: scheme/proc.rs of 2019 and 2020. How commands are
// written, and who waits, is told in operations-file.ts, write-waits.ts and read-waits.ts.
import { O_EXCL, O_TRUNC, PTRACE_EVENT_CLONE, SIGKILL } from '../abi/index.js';
import type { Context } from '../context.js';
import type { KernelProfile } from '../profile.js';
import { type Reply, settle } from '../scheme/scheme.js';
import type { Services } from '../scheme/services.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { WORD_EVENTS } from './event-codec.js';
import type { Lock } from './lock.js';
import { ProcFile } from './proc-file.js';
import type { Session, SessionEvent, Sessions } from './session.js';
import { clearTrapFlag } from './trap-flag.js';

export abstract class TraceFile extends ProcFile {
  readonly name = 'trace';
  protected readonly session: Session;
  protected readonly sessions: Sessions;
  protected readonly services: Services;
  protected readonly profile: KernelProfile;
  /** Children whose CLONE event the tracer knows: its next command releases those nobody traces. */
  #clones: number[] = [];

  constructor(session: Session, flags: number, sessions: Sessions, services: Services, lock: Lock) {
    super(session.pid, flags, lock);
    this.session = session;
    this.sessions = sessions;
    this.services = services;
    this.profile = services.profile;
  }

  /** A command: how many bytes of it were taken. */
  protected abstract command(source: UserBuffer, caller: Context): Reply;

  override write(source: UserBuffer, caller: Context): Reply {
    this.releaseClones();
    return this.command(source, caller);
  }

  /** As many events as there are and as fit. */
  override read(target: UserBuffer, _caller: Context): Reply {
    return this.drain(target);
  }

  /** The file was opened. */
  attach(target: Context): void {
    this.sessions.set(target.pid, this.session);
    target.traced = true;
    const freezes = this.profile.attachFreezes === 'always' || (this.flags & O_TRUNC) !== 0;
    if (freezes) target.ptraceStop = true;
  }

  protected releaseClones(): void {
    if (this.#clones.length === 0) return;
    for (const pid of this.#clones) {
      const child = this.services.contexts.get(pid);
      if (child !== undefined && !this.sessions.has(pid)) child.ptraceStop = false;
    }
    this.#clones = [];
  }

  override *close(caller: Context): Syscall<number> {
    const { faults, attachFreezes } = this.profile;
    this.releaseClones();
    const { pid } = this.session;
    const target = this.services.contexts.get(pid);
    this.end(target);
    // O_EXCL came with the words of flags
    if (attachFreezes === 'truncate' && (this.flags & O_EXCL) !== 0) {
      // with KP-45 the freeze of O_TRUNC stays, and holds the signal back
      if (!faults['KP-45'] && target !== undefined) target.ptraceStop = false;
      yield* settle(this.services.kill(caller, pid, SIGKILL));
    } else if (target !== undefined) {
      target.ptraceStop = false;
    }
    return 0;
  }

  /** Nobody waits for a step any more, should KP-41 be mended. */
  protected forgetStep(target: Context | undefined): void {
    if (this.profile.faults['KP-41']) return;
    const frame = target?.frameRegisters;
    if (frame !== undefined) clearTrapFlag(frame);
  }

  /** Ends the session; both sides go on. */
  protected end(target: Context | undefined): void {
    this.forgetStep(target);
    const { session, sessions, profile } = this;
    const forgets = !profile.faults['KP-47'];
    if (forgets && sessions.get(session.pid) === session) sessions.delete(session.pid);
    session.disarm();
    session.tracer.notify();
    session.tracee.notify();
    if (target !== undefined && forgets) target.traced = false;
  }

  /** The bytes of events, and the clones in them. */
  protected drain(target: UserBuffer, codec = WORD_EVENTS): number {
    const { session } = this;
    const count = Math.min(Math.floor(target.length / codec.size), session.eventCount);
    for (let index = 0; index < count; index++) {
      const event = session.take();
      target.write(codec.encode(event), index * codec.size);
      if (!this.profile.faults['KP-66']) this.remember(event);
    }
    return count * codec.size;
  }

  /** Who sleeps in a command or a read of this file, and keeps it locked. */
  protected sleeping(caller: Context | undefined): void {
    if (this.lock !== undefined) this.lock.holder = caller;
  }

  /** The tracer saw an event: a clone in it is released by what the tracer does next. */
  protected remember({ cause, a }: SessionEvent): void {
    if (cause === PTRACE_EVENT_CLONE) this.#clones.push(a);
  }
}
