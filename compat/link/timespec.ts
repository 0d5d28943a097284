// Times as struct timespec, and spans of time as nanoseconds.
import { TimeSpec } from '../../kernel-sim/abi/index.js';

export const NANOSECONDS = 1_000_000_000;

export function timeSpecOf(nanoseconds: number): Uint8Array {
  const tv_sec = Math.floor(nanoseconds / NANOSECONDS);
  return TimeSpec.encode({ tv_sec, tv_nsec: nanoseconds - tv_sec * NANOSECONDS });
}

/** The time so many nanoseconds later. */
export function timeSpecAfter({ tv_sec, tv_nsec }: TimeSpec, nanoseconds: number): Uint8Array {
  const later = tv_nsec + nanoseconds;
  const seconds = Math.floor(later / NANOSECONDS);
  return TimeSpec.encode({ tv_sec: tv_sec + seconds, tv_nsec: later - seconds * NANOSECONDS });
}
