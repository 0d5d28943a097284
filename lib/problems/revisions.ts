// The revisions that problems are reproduced on, by the names that the table of problems uses.
import { libcProfile } from '../../compat/index.js';
import {
  type FaultOverrides,
  kernelProfile,
  type Processor,
  RoundRobin,
} from '../../kernel-sim/index.js';
import type { Revision } from './reproduction.js';

/** A kernel as it was. */
export function kernel(name: string): Revision {
  return { name, kernel: kernelProfile(name) };
}

/** A kernel with single faults switched on or off. */
export function changed(name: string, faults: FaultOverrides): Revision {
  const words = Object.values(faults).includes(true) ? 'with the fault' : 'without the fault';
  return { name: `${name} ${words}`, kernel: kernelProfile(name, faults) };
}

/** relibc at a commit, on the kernel it was made for or another. */
export function library(commit: string, kernelName?: string): Revision {
  const found = libcProfile(commit);
  const name = kernelName ?? found.kernel;
  return { name: `relibc ${commit} on ${name}`, kernel: kernelProfile(name), library: found };
}

/** A revision on two CPUs, one of which goes on whenever it can: the second has the odd pids. */
export function onTwoCpus(revision: Revision, ahead: 'first' | 'second' = 'second'): Revision {
  return {
    ...revision,
    name: `${revision.name}, two CPUs${ahead === 'first' ? ' (the first ahead)' : ''}`,
    cpus: 2,
    scheduler: () => new OneAhead(ahead),
  };
}

class OneAhead extends RoundRobin {
  readonly #ahead: 'first' | 'second';

  constructor(ahead: 'first' | 'second') {
    super();
    this.#ahead = ahead;
  }

  override processor(ready: readonly Processor[]): number {
    return this.#ahead === 'first' ? 0 : ready.length - 1;
  }
}
