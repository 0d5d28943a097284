// The tracee's side of ptrace: stops, events, the end. Facts: ptrace.rs of 2019 and 2020. A signal
// that wakes a tracee at a stop was noticed by nobody in 2019; since June 2020 the tracee stops
// anew, and says so (KP-36).
import {
  EVENT_READ,
  EVENT_WRITE,
  PTRACE_EVENT_CLONE,
  PTRACE_FLAG_IGNORE,
  PTRACE_STOP_SIGNAL,
  SIG_DFL,
  SIG_IGN,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { KernelHang } from '../panic.js';
import type { StopDetails, Tracing } from '../parts.js';
import type { KernelProfile } from '../profile.js';
import type { EventRegistry } from '../scheme/event-registry.js';
import type { Services } from '../scheme/services.js';
import type { Sleep, Syscall } from '../syscall.js';
import type { Session, Sessions } from './session.js';
import { Stop } from './stop.js';

/** More copies of one stop than this kernel's heap could hold. */
const FLOOD = 20_000;

export class Tracees implements Tracing {
  /** Whether a tracee at a stop, which its tracer was told about, may be woken before it sleeps. */
  readonly interleaves: boolean;
  /** Whether a signal that wakes the tracee makes it stop once more (KP-36). */
  readonly stopsAnew: boolean;
  readonly #sessions: Sessions;
  readonly #events: EventRegistry;
  readonly #schemeId: number;
  readonly #services: Services;
  readonly #profile: KernelProfile;
  readonly #stopsAreEvents: boolean;
  /** Whether the word in force is the one at the time of the stop, or the one after it. */
  readonly #givesOldWord: boolean;

  /** @param schemeId of proc:, for event: queues */
  constructor(sessions: Sessions, events: EventRegistry, schemeId: number, services: Services) {
    this.#sessions = sessions;
    this.#events = events;
    this.#schemeId = schemeId;
    this.#services = services;
    this.#profile = services.profile;
    const { protocol, faults } = services.profile;
    this.#stopsAreEvents = protocol === 'write-waits' || protocol === 'read-waits';
    this.#givesOldWord = !this.#stopsAreEvents;
    this.interleaves = faults['KP-33'];
    this.stopsAnew = faults['KP-36'];
  }

  breakpoint(context: Context, stop: number, details?: StopDetails): Syscall<number | undefined> {
    return new Stop(this, context, stop, details);
  }

  /** The tracee reaches a stop, if its tracer asked for that. */
  begin({ pid }: Context, stop: number, details: StopDetails | undefined): Session | undefined {
    const session = this.#sessions.get(pid);
    if (session === undefined || !this.#asked(session, stop)) return undefined;
    this.#reach(session, stop, details);
    return session;
  }

  /** The word that a tracee goes on with which stopped for another one. */
  wordAfter({ pid }: Context, word: number): number {
    return this.#givesOldWord ? word : (this.#sessions.get(pid)?.breakpoint ?? 0);
  }

  ignoresCall(context: Context, word: number | undefined): boolean {
    // first, a call was skipped whether or not there was a stop before it
    const asked = this.#profile.eventsAsked || this.#givesOldWord;
    const checked = asked ? word : this.#sessions.get(context.pid)?.breakpoint;
    return checked !== undefined && (checked & PTRACE_FLAG_IGNORE) !== 0;
  }

  stopsAfterCall(word: number | undefined, ignored: boolean): boolean {
    if (this.#givesOldWord) return word !== undefined && !ignored;
    return this.#profile.eventsAsked || !ignored;
  }

  hears(context: Context): boolean {
    const { signalEvents, signalStops } = this.#profile;
    if (signalEvents) return true;
    const session = this.#sessions.get(context.pid);
    return (
      signalStops !== 'none' && session !== undefined && this.#asked(session, PTRACE_STOP_SIGNAL)
    );
  }

  *signaled(context: Context, signal: number, handler: number): Syscall<boolean> {
    const { signalEvents, signalStops } = this.#profile;
    if (signalEvents) this.#announce(context, PTRACE_STOP_SIGNAL, signal, handler);
    if (signalStops === 'none') return false;
    if (signalStops === 'handled' && (handler === SIG_DFL || handler === SIG_IGN)) return false;
    const word = yield* this.breakpoint(context, PTRACE_STOP_SIGNAL, { a: signal, b: handler });
    return this.#profile.ignoresSignals && word !== undefined && (word & PTRACE_FLAG_IGNORE) !== 0;
  }

  cloned(parent: Context, child: Context): void {
    if (this.#profile.protocol === 'operations') return;
    const session = this.#sessions.get(parent.pid);
    if (session === undefined) return;
    const unasked = (session.breakpoint & PTRACE_EVENT_CLONE) === 0;
    if (this.#profile.eventsAsked && unasked) return;
    this.#announce(parent, PTRACE_EVENT_CLONE, child.pid, 0);
    child.ptraceStop = true;
  }

  exited(context: Context): void {
    const session = this.#sessions.get(context.pid);
    if (session === undefined) return;
    const { protocol, faults, exitEvents } = this.#profile;
    if (faults['KP-32']) this.#sessions.delete(context.pid);
    // the word stays for who reads what it stopped for
    if (protocol !== 'read-waits') session.disarm();
    session.tracer.notify();
    if (exitEvents) this.#events.trigger(this.#schemeId, session.handle, EVENT_READ);
  }

  #asked({ breakpoint }: Session, stop: number): boolean {
    return (breakpoint & stop) === stop && (this.#profile.stops & stop) !== 0;
  }

  sleep({ tracee }: Session, context: Context): Sleep {
    if (!this.#profile.faults['KP-43']) return tracee.enterDeaf(context);
    // while a signal is handled another one cannot be delivered, but wakes (KP-69)
    const restless = this.stopsAnew && this.#profile.faults['KP-69'];
    return restless && context.backup !== undefined
      ? tracee.enterLightly(context)
      : tracee.enter(context);
  }

  #reach(session: Session, stop: number, details: StopDetails | undefined): void {
    this.#services.countPtraceStop();
    session.reach(stop);
    if (this.#stopsAreEvents) {
      session.add(stop, details?.a ?? 0, details?.b ?? 0);
      if (session.eventCount > FLOOD) {
        throw new KernelHang(`pid ${session.pid} repeats one stop until memory ends (KP-69)`);
      }
    }
    this.#tell(session, this.#profile.writeEvents === 'none' ? EVENT_READ : EVENT_WRITE);
  }

  /** An event that is no stop. */
  #announce(context: Context, cause: number, a: number, b: number): void {
    const session = this.#sessions.get(context.pid);
    if (session === undefined) return;
    session.add(cause, a, b);
    this.#tell(session, EVENT_READ);
  }

  /** Queues hear of the first event that nobody read, a waiting tracer of each. */
  #tell(session: Session, condition: number): void {
    if (condition === EVENT_WRITE || session.eventCount === 1) {
      this.#events.trigger(this.#schemeId, session.handle, condition);
    }
    session.tracer.notify();
  }
}
