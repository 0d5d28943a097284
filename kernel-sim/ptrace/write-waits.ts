// proc:PID/trace from 2019-07-24 to 2020-06-16 (P5 to P8): a command is a word of flags; writing it
// waits for the stop, which is then an event to be read. Facts: scheme/proc.rs of 3ac1416d,
// ab1a12ad and 12f63283.
import {
  ENODEV,
  O_NONBLOCK,
  PTRACE_FLAG_IGNORE,
  PTRACE_FLAG_WAIT,
  PTRACE_STOP_MASK,
  PTRACE_STOP_SINGLESTEP,
  PTRACE_WORD_SIZE,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Reply } from '../scheme/scheme.js';
import { settle } from '../scheme/scheme.js';
import { asleep, ended, INTERLEAVE, type Sleep, Steps, type Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { commandWord } from './command-word.js';
import { living, whileStopped } from './target.js';
import { TraceFile } from './trace-file.js';
import { setTrapFlag } from './trap-flag.js';

export class WriteWaitsFile extends TraceFile {
  protected override command(source: UserBuffer, caller: Context): Reply {
    if (source.length < PTRACE_WORD_SIZE) return 0;
    const { session, profile } = this;
    const { faults } = profile;
    const word = commandWord(source, profile.checksWords);
    this.#demandSession();
    const stops = word & PTRACE_STOP_MASK;
    const ignores = !faults['KP-51'] && (word & PTRACE_FLAG_IGNORE) !== 0;
    const waits = (word & PTRACE_FLAG_WAIT) !== 0;
    // a word that only waits leaves the tracee where it is
    const resumes = !waits || stops !== 0;
    if (resumes) {
      session.disarm();
      session.tracee.notify();
    }
    if (stops !== 0 || ignores) session.arm(word);
    const target = living(this.services.contexts, session.pid);
    if (resumes) this.forgetStep(target);
    const blocks = waits || (this.flags & O_NONBLOCK) === 0;
    if ((word & PTRACE_STOP_SINGLESTEP) !== 0) {
      const stepped = whileStopped(target, caller, this.services, (frame) =>
        setTrapFlag(frame, faults),
      );
      if (typeof stepped !== 'number') return this.#stepped(stepped, target, blocks, caller);
      target.ptraceStop = false;
    } else if (target.ptraceStop && !faults['KP-46']) {
      target.ptraceStop = false;
    }
    return blocks ? this.#await(caller) : PTRACE_WORD_SIZE;
  }

  override read(target: UserBuffer): number {
    this.#demandSession();
    return this.drain(target);
  }

  *#stepped(
    stepped: Syscall<number>,
    target: Context,
    blocks: boolean,
    caller: Context,
  ): Syscall<number> {
    yield* stepped;
    target.ptraceStop = false;
    return blocks ? yield* settle(this.#await(caller)) : PTRACE_WORD_SIZE;
  }

  #await(caller: Context): Reply {
    const { session, profile } = this;
    if (session.reached) return PTRACE_WORD_SIZE;
    // an event that nobody read ends the wait before it begins (KP-14)
    if (session.eventCount > 0 && profile.faults['KP-14']) return this.#awaited();
    return new Wait(this, caller);
  }

  /** A writer begins to wait; whether it may be told before it sleeps. */
  begin(caller: Context): boolean {
    this.sleeping(caller);
    return this.profile.faults['KP-33'];
  }

  /** What it sleeps on. */
  enter(caller: Context): Sleep {
    return this.session.tracer.enter(caller);
  }

  /** The writer was woken: the result of its command, undefined when it must sleep again. */
  leave(caller: Context): number | undefined {
    if (this.session.tracer.leave(caller)) return undefined;
    this.sleeping(undefined);
    this.#demandSession();
    living(this.services.contexts, this.session.pid);
    return this.#awaited();
  }

  #awaited(): number {
    const { session, profile } = this;
    if (profile.faults['KP-66'] && session.eventCount > 0) this.remember(session.oldest);
    return PTRACE_WORD_SIZE;
  }

  /** For some hours the exit of a tracee took its session away (KP-32). @throws SysError ENODEV */
  #demandSession(): void {
    if (this.sessions.get(this.session.pid) !== this.session) throw new SysError(ENODEV);
  }
}

/** A writer that waits for its tracee. */
class Wait extends Steps<number> {
  readonly #file: WriteWaitsFile;
  readonly #caller: Context;
  #begun = false;
  #sleeps = false;

  constructor(file: WriteWaitsFile, caller: Context) {
    super();
    this.#file = file;
    this.#caller = caller;
  }

  override next(): IteratorResult<Sleep, number> {
    const file = this.#file;
    if (this.#sleeps) {
      const result = file.leave(this.#caller);
      if (result !== undefined) return ended(result);
    } else if (!this.#begun) {
      this.#begun = true;
      if (file.begin(this.#caller)) return asleep(INTERLEAVE);
    }
    this.#sleeps = true;
    return asleep(file.enter(this.#caller));
  }
}
