// proc:PID/trace at revision P7 (2019-08-15): a command word is written, the write waits for the
// stop, events are read without waiting. Facts, sections 2.2, 3.3 and 3.6. Other revisions differ
// in this file and in tracee.ts.
import { FLAG_TF, type Registers, RFLAGS } from '../../cpu/index.js';
import {
  EINVAL,
  O_EXCL,
  O_NONBLOCK,
  O_TRUNC,
  PTRACE_EVENT_CLONE,
  PTRACE_FLAG_WAIT,
  PTRACE_STOP_MASK,
  PTRACE_STOP_SINGLESTEP,
  PTRACE_WORD_SIZE,
  PtraceEvent,
  SIGKILL,
  setWord,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import { type Reply, settle } from '../scheme/scheme.js';
import type { Services } from '../scheme/services.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import type { Session, Sessions } from './session.js';
import { living, whileStopped } from './target.js';

/** Every flag that a command word may hold: the masks count as flags, too. */
const KNOWN_BITS = 0xffff;

const { cause, a, b } = PtraceEvent.fields;
const eventBytes = new Uint8Array(PtraceEvent.size);
const eventView = new DataView(eventBytes.buffer);

export class TraceFile {
  readonly #session: Session;
  readonly #sessions: Sessions;
  readonly #services: Services;
  /** Children whose CLONE event was read here: the next command releases those nobody traces. */
  #clones: number[] = [];

  constructor(session: Session, sessions: Sessions, services: Services) {
    this.#session = session;
    this.#sessions = sessions;
    this.#services = services;
  }

  /** The file was opened: with O_TRUNC its tracee is frozen from now on. */
  attach(target: Context, flags: number): void {
    this.#sessions.set(target.pid, this.#session);
    target.traced = true;
    if ((flags & O_TRUNC) !== 0) target.ptraceStop = true;
  }

  releaseClones(): void {
    if (this.#clones.length === 0) return;
    for (const pid of this.#clones) {
      const child = this.#services.contexts.get(pid);
      if (child !== undefined && !this.#sessions.has(pid)) child.ptraceStop = false;
    }
    this.#clones = [];
  }

  write(source: UserBuffer, flags: number, caller: Context): Reply {
    if (source.length < PTRACE_WORD_SIZE) return 0;
    const word = wordOf(source);
    const session = this.#session;
    const stops = word & PTRACE_STOP_MASK;
    const waits = (word & PTRACE_FLAG_WAIT) !== 0;
    // a word that only waits leaves the tracee where it is
    if (!waits || stops !== 0) {
      session.disarm();
      session.tracee.notify();
    }
    if (stops !== 0) session.arm(word);
    const target = living(this.#services.contexts, session.pid);
    if ((word & PTRACE_STOP_SINGLESTEP) !== 0) {
      const stepped = whileStopped(target, caller, setTrapFlag);
      if (typeof stepped !== 'number') return stepped;
    } else if (target.ptraceStop) {
      target.ptraceStop = false;
    }
    const blocks = waits || (flags & O_NONBLOCK) === 0;
    // an event that nobody read ends the wait before it begins (KP-14)
    if (!blocks || session.reached || session.eventCount > 0) return PTRACE_WORD_SIZE;
    return this.#await(caller);
  }

  *#await(caller: Context): Syscall<number> {
    const { tracer } = this.#session;
    do yield tracer.enter(caller);
    while (tracer.leave(caller));
    living(this.#services.contexts, this.#session.pid);
    return PTRACE_WORD_SIZE;
  }

  read(target: UserBuffer): number {
    const limit = Math.floor(target.length / PtraceEvent.size);
    const count = Math.min(limit, this.#session.eventCount);
    for (let index = 0; index < count; index++) {
      const event = this.#session.take();
      setWord(eventView, cause.offset, event.cause);
      setWord(eventView, a.offset, event.a);
      setWord(eventView, b.offset, event.b);
      target.write(eventBytes, index * PtraceEvent.size);
      if (event.cause === PTRACE_EVENT_CLONE) this.#clones.push(event.a);
    }
    return count * PtraceEvent.size;
  }

  /** The last descriptor is closed. */
  *close(flags: number, caller: Context): Syscall<number> {
    this.releaseClones();
    const { pid } = this.#session;
    this.#sessions.delete(pid);
    this.#session.disarm();
    this.#session.tracer.notify();
    this.#session.tracee.notify();
    const target = this.#services.contexts.get(pid);
    if (target !== undefined) target.traced = false;
    if ((flags & O_EXCL) !== 0) {
      // the freeze of O_TRUNC stays, and holds the signal back (KP-45)
      yield* settle(this.#services.kill(caller, pid, SIGKILL));
    } else if (target !== undefined) {
      target.ptraceStop = false;
    }
    return 0;
  }
}

/** @throws SysError EINVAL */
function wordOf(source: UserBuffer): number {
  const word = source.word(0);
  if (word > KNOWN_BITS) throw new SysError(EINVAL);
  return word;
}

function setTrapFlag(frame: Registers): number {
  frame.setNumber(RFLAGS, (frame.number(RFLAGS) | FLAG_TF) >>> 0);
  return 0;
}
