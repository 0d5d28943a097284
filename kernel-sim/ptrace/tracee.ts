// The tracee's side of ptrace: stops, clone events, the end. Facts, section 3.6; kernel of
// 2019-08-15 (P7), in which a tracee that a signal wakes at a stop goes back to sleep without a word.
import { EVENT_READ, PTRACE_EVENT_CLONE } from '../abi/index.js';
import type { Context } from '../context.js';
import type { StopDetails, Tracing } from '../parts.js';
import type { EventRegistry } from '../scheme/event-registry.js';
import type { Syscall } from '../syscall.js';
import type { Session, Sessions } from './session.js';

export class Tracees implements Tracing {
  readonly #sessions: Sessions;
  readonly #events: EventRegistry;
  readonly #schemeId: number;

  readonly #count: () => void;

  /**
   * @param schemeId of proc:, for event: queues
   * @param count called for every stop
   */
  constructor(sessions: Sessions, events: EventRegistry, schemeId: number, count: () => void) {
    this.#sessions = sessions;
    this.#events = events;
    this.#schemeId = schemeId;
    this.#count = count;
  }

  *breakpoint(context: Context, stop: number, details?: StopDetails): Syscall<number | undefined> {
    const session = this.#sessions.get(context.pid);
    if (session === undefined || (session.breakpoint & stop) !== stop) return undefined;
    this.#count();
    session.reach(stop, details?.a ?? 0, details?.b ?? 0);
    this.#tell(session);
    const { tracee } = session;
    do yield tracee.enter(context);
    while (tracee.leave(context));
    return this.#sessions.get(context.pid)?.breakpoint ?? 0;
  }

  cloned(parent: Context, child: Context): void {
    const session = this.#sessions.get(parent.pid);
    if (session === undefined || (session.breakpoint & PTRACE_EVENT_CLONE) === 0) return;
    session.add(PTRACE_EVENT_CLONE, child.pid, 0);
    this.#tell(session);
    child.ptraceStop = true;
  }

  exited(context: Context): void {
    const session = this.#sessions.get(context.pid);
    if (session === undefined) return;
    session.disarm();
    session.tracer.notify();
    this.#events.trigger(this.#schemeId, session.handle, EVENT_READ);
  }

  /** An event was added: queues hear of the first one only, a waiting tracer of each. */
  #tell(session: Session): void {
    if (session.eventCount === 1) {
      this.#events.trigger(this.#schemeId, session.handle, EVENT_READ);
    }
    session.tracer.notify();
  }
}
