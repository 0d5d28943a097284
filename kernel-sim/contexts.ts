// The list of contexts by ascending pid. Pids start at 1, the idle context, and only grow.
import { ESRCH } from './abi/index.js';
import type { Context } from './context.js';
import { SysError } from './error.js';

export const IDLE_PID = 1;

export class Contexts {
  readonly #contexts = new Map<number, Context>();
  readonly #children = new Map<number, Set<Context>>();
  #nextPid = IDLE_PID;
  /** Contexts that have not exited, the idle one and those driven from outside not counted. */
  living = 0;

  takePid(): number {
    return this.#nextPid++;
  }

  add(context: Context): void {
    this.#contexts.set(context.pid, context);
  }

  remove(context: Context): void {
    this.#contexts.delete(context.pid);
    this.#children.get(context.ppid)?.delete(context);
  }

  /** Makes a context the child of another one, which need not exist any more. */
  adopt(context: Context, ppid: number): void {
    this.#children.get(context.ppid)?.delete(context);
    context.ppid = ppid;
    const children = this.#children.get(ppid);
    if (children === undefined) this.#children.set(ppid, new Set([context]));
    else children.add(context);
  }

  hasChildren(pid: number): boolean {
    return (this.#children.get(pid)?.size ?? 0) > 0;
  }

  /** Takes all its children away from a context. */
  orphan(pid: number): readonly Context[] {
    const children = [...(this.#children.get(pid) ?? [])];
    this.#children.delete(pid);
    return children;
  }

  get(pid: number): Context | undefined {
    return this.#contexts.get(pid);
  }

  /** @throws SysError ESRCH */
  require(pid: number): Context {
    const context = this.#contexts.get(pid);
    if (context === undefined) throw new SysError(ESRCH);
    return context;
  }

  [Symbol.iterator](): IterableIterator<Context> {
    return this.#contexts.values();
  }

  some(test: (context: Context) => boolean): boolean {
    for (const context of this.#contexts.values()) if (test(context)) return true;
    return false;
  }
}
