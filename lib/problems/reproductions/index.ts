// Every reproduction, by the number of its problem.
import type { Reproduction } from '../reproduction.js';
import { EVENTS } from './events.js';
import { MEMORY } from './memory.js';
import { RELIBC } from './relibc.js';
import { STEPS } from './steps.js';
import { STOPS } from './stops.js';

const ALL: readonly Reproduction[] = [...EVENTS, ...MEMORY, ...RELIBC, ...STEPS, ...STOPS];

export const REPRODUCTIONS: readonly Reproduction[] = [...ALL].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

export function reproductionOf(id: string): Reproduction | undefined {
  return REPRODUCTIONS.find((reproduction) => reproduction.id === id);
}
