// What schemes ask of the core of the kernel.
import type { PhysicalMemory } from '../../cpu/index.js';
import type { Context } from '../context.js';
import type { KernelProfile } from '../profile.js';
import type { FileTree } from './file-tree.js';
import type { Reply } from './scheme.js';

/** The world outside the machine. */
export interface Host {
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** At most `limit` bytes of input, null at its end. May keep the whole machine waiting. */
  read(limit: number): Uint8Array | null;
  /** Whether `read` would return at once; so it is taken to be where this is missing. */
  ready?(): boolean;
  /** Seconds since 1970 at boot. */
  realtime(): number;
}

export interface Services {
  /** All of them, by ascending pid. */
  readonly contexts: Iterable<Context> & { get(pid: number): Context | undefined };
  /** How many CPUs there are. */
  readonly cpus: number;
  readonly frames: PhysicalMemory;
  readonly host: Host;
  readonly files: FileTree;
  readonly seed: number;
  readonly profile: KernelProfile;
  /** SYS_KILL. */
  kill(caller: Context, pid: number, signal: number): Reply;
  /** Nanoseconds since boot, and since 1970. */
  monotonic(): number;
  realtime(): number;
  /** Calls back at a moment of monotonic time. */
  schedule(at: number, callback: () => void): void;
  /** A tracee stops: for the statistics. */
  countPtraceStop(): void;
  /**
   * Called by kernel code that yields and looks again until somebody else has done something.
   * @throws KernelHang when nobody ever will
   */
  demandHope(caller: Context, what: string): void;
}
