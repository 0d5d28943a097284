// Nothing can ever run again: who waits for what.
import type { Context } from './context.js';

/** A process that waits, and in words for what. */
export interface Waiting {
  readonly pid: number;
  readonly name: string;
  readonly what: string;
}

/** Nothing can ever run again: everybody waits for somebody. The message says who for what. */
export class DeadlockError extends Error {
  /** Every process that has not ended, by ascending pid. */
  readonly waiting: readonly Waiting[];

  constructor(waiting: readonly Waiting[]) {
    super(['deadlock: every process waits', ...waiting.map(waitingLine)].join('\n'));
    this.name = 'DeadlockError';
    this.waiting = waiting;
  }
}

/** Who waits for what; a program is known by the last part of its path. */
export function waitingLine({ pid, name, what }: Waiting): string {
  return `  pid ${pid} (${name.slice(name.lastIndexOf('/') + 1)}) waits for ${what}`;
}

/** What a context that does not run waits for. */
export function waitingFor(context: Context): string {
  const named = context.status.kind === 'blocked' ? context.link?.waitsFor : undefined;
  const sleep = named ?? context.sleep?.describe() ?? 'its turn';
  if (context.parked) return 'whoever drives it';
  if (context.ptraceStop) {
    const asleep = context.status.kind === 'runnable' ? '' : `, and then ${sleep}`;
    return `its tracer, which froze it${asleep}`;
  }
  return sleep;
}

/** Everybody who has not ended, but for daemons and the idle contexts, which come first. */
export function allWaiting(contexts: Iterable<Context>, idle: number): Waiting[] {
  const waiting: Waiting[] = [];
  for (const context of contexts) {
    if (context.pid <= idle || context.exited || context.daemon) continue;
    waiting.push({ pid: context.pid, name: context.name, what: waitingFor(context) });
  }
  return waiting;
}
