// Every reproduction, by the number of its problem.
import type { Reproduction } from '../reproduction.js';
import { EVENTS } from './events.js';
import { MEMORY } from './memory.js';
import { RELIBC } from './relibc.js';
import { STEPS } from './steps.js';
import { STOPS } from './stops.js';

const ALL: readonly Reproduction[] = [...EVENTS, ...MEMORY, ...RELIBC, ...STEPS, ...STOPS];

/** Those whose revisions the machine does not have yet, so that nothing can be shown. */
const PENDING = new Set([
  'KP-01',
  'KP-04',
  'KP-06',
  'KP-08',
  'KP-12',
  'KP-13',
  'KP-14',
  'KP-15',
  'KP-16',
  'KP-21',
  'KP-27',
  'KP-29',
  'KP-31',
  'KP-32',
  'KP-34',
  'KP-36',
  'KP-37',
  'KP-38',
  'KP-39',
  'KP-40',
  'KP-43',
  'KP-45',
  'KP-46',
  'KP-47',
  'KP-48',
  'KP-49',
  'KP-50',
  'KP-51',
  'KP-53',
  'KP-54',
  'KP-55',
  'KP-57',
  'KP-64',
  'KP-66',
  'KP-69',
]);

export const REPRODUCTIONS: readonly Reproduction[] = ALL.filter(({ id }) => !PENDING.has(id)).sort(
  (a, b) => (a.id < b.id ? -1 : 1),
);

export function reproductionOf(id: string): Reproduction | undefined {
  return REPRODUCTIONS.find((reproduction) => reproduction.id === id);
}
