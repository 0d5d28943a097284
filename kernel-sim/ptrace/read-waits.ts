// proc:PID/trace from 2020-06-16 on (P9 to P12): a write commands and never waits; a read waits for
// an event. Facts: scheme/proc.rs and ptrace.rs of 654c0a7b.
import {
  EAGAIN,
  O_NONBLOCK,
  PTRACE_EVENT_MASK,
  PTRACE_FLAG_IGNORE,
  PTRACE_STOP_MASK,
  PTRACE_STOP_SINGLESTEP,
  PTRACE_WORD_SIZE,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { KernelPanic } from '../panic.js';
import type { Reply } from '../scheme/scheme.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { commandWord } from './command-word.js';
import { living, whileStopped } from './target.js';
import { TraceFile } from './trace-file.js';
import { setTrapFlag } from './trap-flag.js';

export class ReadWaitsFile extends TraceFile {
  protected override command(source: UserBuffer, caller: Context): Reply {
    if (source.length < PTRACE_WORD_SIZE) return 0;
    const { session, profile } = this;
    const { faults } = profile;
    const word = commandWord(source, profile.checksWords);
    const ignores = faults['KP-51'] ? 0 : PTRACE_FLAG_IGNORE;
    const arms = PTRACE_STOP_MASK | PTRACE_EVENT_MASK | ignores;
    session.arm((word & arms) === 0 ? 0 : word);
    const target = living(this.services.contexts, session.pid);
    this.forgetStep(target);
    if ((word & PTRACE_STOP_SINGLESTEP) !== 0) {
      // what fails leaves the breakpoint armed
      const stepped = whileStopped(target, caller, this.services, (frame) =>
        setTrapFlag(frame, faults),
      );
      if (typeof stepped !== 'number') return this.#stepped(stepped, target);
    }
    return this.#resume(target);
  }

  override read(target: UserBuffer, caller: Context): Reply {
    const { session } = this;
    const blocking = (this.flags & O_NONBLOCK) === 0;
    if (blocking && !session.reached && session.eventCount === 0 && this.#waitsForTheDead()) {
      return this.#awaitAndDrain(target, caller);
    }
    return this.#take(target, blocking);
  }

  *#stepped(stepped: Syscall<number>, target: Context): Syscall<number> {
    yield* stepped;
    return this.#resume(target);
  }

  #resume(target: Context): number {
    if (target.ptraceStop) target.ptraceStop = false;
    this.session.tracee.notify();
    return PTRACE_WORD_SIZE;
  }

  /** Who ended does not end again: waiting for it is for ever (KP-38). */
  #waitsForTheDead(): boolean {
    if (this.profile.faults['KP-38']) return true;
    const target = this.services.contexts.get(this.session.pid);
    return target !== undefined && !target.exited;
  }

  *#awaitAndDrain(target: UserBuffer, caller: Context): Syscall<number> {
    const { session } = this;
    const { tracer } = session;
    this.sleeping(caller);
    do {
      yield tracer.enter(caller);
      if (!tracer.leave(caller)) break;
    } while (!session.reached && session.eventCount === 0);
    this.sleeping(undefined);
    return this.#take(target, true);
  }

  /** @throws SysError ESRCH, EAGAIN */
  #take(target: UserBuffer, blocking: boolean): number {
    const { session, services, profile } = this;
    // before what it did last is told (KP-64)
    if (profile.faults['KP-64'] || session.eventCount === 0) living(services.contexts, session.pid);
    const length = this.drain(target);
    if (length > 0 || session.reached) return length;
    if (blocking && profile.faults['KP-39']) throw new KernelPanic('wait woke up spuriously??');
    throw new SysError(EAGAIN);
  }
}
