// A tracee's time at one stop, by hand what would be a generator: it is on every round trip's way.
import type { Context } from '../context.js';
import type { StopDetails } from '../parts.js';
import { asleep, ended, INTERLEAVE, type Sleep, Steps } from '../syscall.js';
import type { Session } from './session.js';
import type { Tracees } from './tracee.js';

/** Gives the command word that the tracee goes on with, undefined when nobody asked for the stop. */
export class Stop extends Steps<number | undefined> {
  readonly #tracees: Tracees;
  readonly #context: Context;
  readonly #stop: number;
  readonly #details: StopDetails | undefined;
  #session: Session | undefined;
  #word: number | undefined;
  #sleeps = false;
  #interleaved = false;

  constructor(tracees: Tracees, context: Context, stop: number, details: StopDetails | undefined) {
    super();
    this.#tracees = tracees;
    this.#context = context;
    this.#stop = stop;
    this.#details = details;
  }

  override next(): IteratorResult<Sleep, number | undefined> {
    const tracees = this.#tracees;
    const context = this.#context;
    let session = this.#session;
    if (this.#sleeps && session !== undefined) {
      if (!session.tracee.leave(context)) return ended(tracees.wordAfter(context, this.#word ?? 0));
      this.#sleeps = false;
      if (tracees.stopsAnew) session = undefined;
    }
    if (session === undefined) {
      session = tracees.begin(context, this.#stop, this.#details);
      if (session === undefined) return ended(undefined);
      this.#session = session;
      this.#word ??= session.breakpoint;
    }
    // the tracer was told, and may wake its tracee before that sleeps
    if (tracees.interleaves && !this.#interleaved) {
      this.#interleaved = true;
      return asleep(INTERLEAVE);
    }
    this.#interleaved = false;
    this.#sleeps = true;
    return asleep(tracees.sleep(session, context));
  }
}
