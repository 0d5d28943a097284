// Answers to PTRACE_TRACEME. Memory is private after a fork, so whoever is to be traced must tell
// its parent by other means; the author of Redox's ptrace weighed four ("RSoC: Implementing ptrace
// for Redox OS", part 4). relibc took the first, then the second.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { daemon } from './client.js';
import { marker } from './marker.js';
import { nothing } from './nothing.js';
import { sharedMemory } from './shared-memory.js';

/** An answer to TRACEME by its name: `run --traceme` and `MachineOptions.traceme` take it. */
export type TracemeName = 'nothing' | 'marker' | 'shared-memory' | 'daemon';

export interface TracemeStrategy {
  /** TRACEME itself: 0, or -1 with errno set. */
  traceMe(libc: Libc): SystemCalls<number>;
  /** Whether a process asked to be traced, as far as the caller can find out. */
  isTraced(libc: Libc, pid: number): SystemCalls<boolean>;
  /** Who performs requests and waits, if not relibc by itself. */
  readonly elsewhere?: Elsewhere;
}

export interface Elsewhere {
  /** ptrace() without TRACEME. */
  ptrace(libc: Libc, request: number, pid: number, data: number): SystemCalls<number>;
  /** What became of a tracee; undefined where the kernel alone knows. */
  waitpid(libc: Libc, pid: number, options: number): SystemCalls<Waited | undefined>;
}

/** What a wait found. */
export interface Waited {
  /** A pid, 0 (nothing yet) or -1. */
  readonly result: number;
  readonly status: number;
}

export const TRACEME_STRATEGIES: Readonly<Record<TracemeName, TracemeStrategy>> = {
  nothing,
  marker,
  'shared-memory': sharedMemory,
  daemon,
};

export function tracemeOf(libc: Libc): TracemeStrategy {
  return TRACEME_STRATEGIES[libc.profile.ptrace.traceme];
}
