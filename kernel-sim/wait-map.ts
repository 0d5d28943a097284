// WaitMap: the statuses of children that their parent has not asked for yet, one per child: a
// later one replaces an earlier one. Keys compare by pid, except where a key has none: then by
// group.
import type { Context } from './context.js';
import type { Syscall } from './syscall.js';
import { WaitCondition } from './wait-condition.js';

export interface ChildStatus {
  readonly pid: number;
  readonly pgid: number;
  readonly status: number;
}

/** Which children a waitpid is about. */
export type Children =
  | { readonly kind: 'any' }
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'group'; readonly pgid: number };

export class WaitMap {
  /** By ascending pid. */
  #statuses: ChildStatus[] = [];
  #awaited: Children = { kind: 'any' };
  #condition: WaitCondition | undefined;

  post(status: ChildStatus): void {
    const statuses = this.#statuses;
    let index = 0;
    while (index < statuses.length && statuses[index].pid < status.pid) index++;
    if (statuses[index]?.pid === status.pid) statuses[index] = status;
    else statuses.splice(index, 0, status);
    this.#condition?.notify();
  }

  /** Takes a status away, if there is one. */
  receiveNow(children: Children): ChildStatus | undefined {
    if (this.#statuses.length === 0) return undefined;
    const index = this.#find(children);
    return index < 0 ? undefined : this.#statuses.splice(index, 1)[0];
  }

  /** Takes a status away as soon as there is one; signals do not end the wait. */
  *receive(context: Context, children: Children): Syscall<ChildStatus> {
    for (;;) {
      const status = this.receiveNow(children);
      if (status !== undefined) return status;
      this.#awaited = children;
      this.#condition ??= new WaitCondition(() => describe(this.#awaited));
      yield* this.#condition.waitStubbornly(context);
    }
  }

  /** Everything, for whoever inherits it. */
  takeAll(): ChildStatus[] {
    const statuses = this.#statuses;
    this.#statuses = [];
    return statuses;
  }

  #find(children: Children): number {
    switch (children.kind) {
      case 'any':
        return this.#statuses.length > 0 ? 0 : -1;
      case 'pid':
        return this.#statuses.findIndex(({ pid }) => pid === children.pid);
      case 'group': {
        // a tree searched by group though it is ordered by pid: a greater group ends the search
        const index = this.#statuses.findIndex(({ pgid }) => pgid >= children.pgid);
        return index >= 0 && this.#statuses[index].pgid === children.pgid ? index : -1;
      }
    }
  }
}

function describe(children: Children): string {
  switch (children.kind) {
    case 'any':
      return 'a change of any child (waitpid)';
    case 'pid':
      return `a change of pid ${children.pid} (waitpid)`;
    case 'group':
      return `a change of a child in process group ${children.pgid} (waitpid)`;
  }
}
