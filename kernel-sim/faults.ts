// The kernel's historical faults, by the numbers under which the problems of tracing on Redox are
// listed, each with the revisions that carried it. What is on in a revision is what its users met;
// a fault that never left its author's branch, or that stops everything, is on only when asked for.
// Problems that a revision's very commands and events are made of have no switch.
import type { RevisionName } from './revisions.js';

interface Fault {
  /** What the kernel does wrong; completes "the kernel ...". */
  readonly does: string;
  /** First and last revisions with it, as many spans as there were; none: only when asked for. */
  readonly carried: readonly (readonly [RevisionName, RevisionName])[];
}

export const FAULTS = {
  'KP-04': { does: 'sets the trap flag in the live frame during a signal', carried: [] },
  'KP-05': { does: 'enters system calls with the trap flag set (FMASK 0x200)', carried: [] },
  'KP-06': { does: 'clears every other flag when it sets the trap flag', carried: [] },
  'KP-07': { does: 'lets the child of a clone return through a wrong frame', carried: [] },
  'KP-08': { does: 'tells the tracer of an exit too early', carried: [['P1', 'P2']] },
  'KP-09': { does: 'copies memory of tracees through an array on its stack', carried: [] },
  'KP-11': { does: 'lets anybody trace what has his uid or gid', carried: [['P1', 'P2']] },
  'KP-14': { does: 'does not wait while an event is unread', carried: [['P3', 'P8']] },
  'KP-16': { does: 'ends a process at a fault, without a signal', carried: [['P1', 'P11']] },
  'KP-17': { does: 'leaves RIP after an int3', carried: [['P1', 'P9']] },
  'KP-26': {
    does: 'lets tracers write cs',
    carried: [
      ['P1', 'P1'],
      ['P5', 'P6'],
    ],
  },
  'KP-27': { does: 'keeps a file locked while its tracer sleeps', carried: [['P2', 'P6']] },
  'KP-30': { does: 'shows no registers of who dies of a fault', carried: [['P1', 'P11']] },
  'KP-31': { does: 'forgets a freeze when registers are read', carried: [['P5', 'P7m']] },
  'KP-32': { does: 'answers ENODEV for a tracee that ended', carried: [['P8', 'P8']] },
  'KP-33': { does: 'loses wake-ups before a sleep (WaitCondition)', carried: [] },
  'KP-36': { does: 'reports a stop again after a signal', carried: [['P8', 'P12']] },
  'KP-37': { does: 'keeps all of proc: locked while a tracer sleeps', carried: [['P9', 'P12']] },
  'KP-38': { does: 'waits for the stop of a tracee that ended', carried: [['P9', 'P12']] },
  'KP-39': { does: 'panics at a short blocking read of events', carried: [['P9', 'P12']] },
  'KP-40': { does: 'shows no registers of a clone that did not run', carried: [['P1', 'P12']] },
  'KP-41': { does: 'leaves a trap flag set that nobody waits for', carried: [['P1', 'P12']] },
  'KP-42': { does: 'hands the trap flag down to clones', carried: [['P1', 'P12']] },
  'KP-43': { does: 'lets signals act at breakpoint stops', carried: [['P1', 'P12']] },
  'KP-44': { does: 'leaves stopped processes alive at SIGKILL', carried: [['P1', 'P12']] },
  'KP-45': { does: 'holds SIGKILL of O_EXCL back from a frozen tracee', carried: [['P5', 'P7m']] },
  'KP-46': { does: 'lifts a freeze only for single steps', carried: [['P5', 'P5']] },
  'KP-47': { does: 'allows one attachment to a process, ever', carried: [['P1', 'P1']] },
  'KP-48': { does: 'refuses int3 to programs', carried: [['P1', 'P1']] },
  'KP-49': { does: 'panics at fevent without a session', carried: [['P3', 'P7m']] },
  'KP-50': { does: 'freezes who reads his own registers', carried: [['P5', 'P12']] },
  'KP-51': { does: 'ignores nothing for a word of IGNORE alone', carried: [['P5', 'P12']] },
  'KP-52': { does: 'takes SIGTRAP back once a tracer saw an int3', carried: [['P6', 'P12']] },
  'KP-62': { does: 'loads float registers as they are written', carried: [['P2', 'P12']] },
  'KP-64': { does: 'loses unread events at the exit of a tracee', carried: [['P9', 'P12']] },
  'KP-65': { does: 'clears the trap flag for handlers and exec', carried: [['P1', 'P10']] },
  'KP-66': { does: 'remembers clones only in writes that wait', carried: [['P3', 'P5b']] },
  'KP-68': { does: 'looks only at 48 bits of an address', carried: [['P2', 'P12']] },
  'KP-69': { does: 'wakes who stops in a signal for another one', carried: [['P1', 'P12']] },
} as const satisfies Readonly<Record<`KP-${string}`, Fault>>;

export type FaultId = keyof typeof FAULTS;

/** Which faults a kernel has. */
export type Faults = Readonly<Record<FaultId, boolean>>;

/** Faults to have or not to have, whatever the revision had. */
export type FaultOverrides = Readonly<Partial<Record<FaultId, boolean>>>;

export function isFaultId(id: string): id is FaultId {
  return Object.hasOwn(FAULTS, id);
}

/** The faults of the revision at `place` in the order of `names`. */
export function faultsOf(place: number, names: readonly RevisionName[]): Faults {
  const carries = ([first, last]: readonly [RevisionName, RevisionName]): boolean =>
    names.indexOf(first) <= place && place <= names.indexOf(last);
  const entries = Object.entries<Fault>(FAULTS).map(([id, { carried }]) => [
    id,
    carried.some(carries),
  ]);
  return Object.fromEntries(entries) as Faults;
}
