// Every reproduction, by the number of its problem.
import type { Reproduction } from '../reproduction.js';
import { EVENTS } from './events.js';
import { MEMORY } from './memory.js';
import { PROCESSES } from './processes.js';
import { REGISTERS } from './registers.js';
import { REQUESTS } from './requests.js';
import { STEPS } from './steps.js';
import { STOPS } from './stops.js';
import { TRAPS } from './traps.js';
import { WAITPID } from './waitpid.js';

const ALL: readonly Reproduction[] = [
  ...EVENTS,
  ...MEMORY,
  ...PROCESSES,
  ...REGISTERS,
  ...TRAPS,
  ...REQUESTS,
  ...WAITPID,
  ...STEPS,
  ...STOPS,
];

/** Every problem's, by their ids. */
export const REPRODUCTIONS: readonly Reproduction[] = [...ALL].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

/** That of one problem, `KP-19`; undefined when there is none. */
export function reproductionOf(id: string): Reproduction | undefined {
  return REPRODUCTIONS.find((reproduction) => reproduction.id === id);
}
