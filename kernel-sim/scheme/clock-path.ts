// The paths of time: and itimer:, which are numbers of clocks.
import { CLOCK_MONOTONIC, CLOCK_REALTIME, ENOENT } from '../abi/index.js';
import { SysError } from '../error.js';

export type ClockNumber = typeof CLOCK_REALTIME | typeof CLOCK_MONOTONIC;

/** @throws SysError ENOENT when it is no clock's */
export function clockNumber(path: string): ClockNumber {
  const clock = /^\+?[0-9]+$/.test(path) ? Number(path) : 0;
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) throw new SysError(ENOENT);
  return clock;
}
