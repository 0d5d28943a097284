// The revisions of the kernel that can be had, in order: what is said of them below holds until
// something else is said. Source: the kernel's history of 2019 and 2020, summed up in its commits.
import {
  PTRACE_STOP_BREAKPOINT,
  PTRACE_STOP_EXEC,
  PTRACE_STOP_EXIT,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PTRACE_STOP_SIGNAL,
  PTRACE_STOP_SINGLESTEP,
} from './abi/index.js';

/** How tracers and the kernel talk over a trace file. */
export type Protocol =
  /** One byte, the operation; a write waits; there are no events. */
  | 'operations'
  /** The same, with 16-byte events, which end a wait. */
  | 'operations-events'
  /** Words of flags; a write waits for the stop, which is an event, too. */
  | 'write-waits'
  /** Words of flags; a read waits for the stop. */
  | 'read-waits';

/** Registers a tracer may write, besides the general ones; the first layout had 26 of them. */
export type WritableRegisters = 'first' | 'general' | 'general-rip';

/** What differs between revisions besides faults. */
export interface Behaviour {
  readonly protocol: Protocol;
  /** STOP bits at which a tracee ever stops. Operations are translated to them. */
  readonly stops: number;
  /** Signals at which STOP_SIGNAL stops. */
  readonly signalStops: 'none' | 'handled' | 'all';
  /** Whether every delivered signal is an event, asked for or not. */
  readonly signalEvents: boolean;
  readonly registers: WritableRegisters;
  /** Whether regs/float and mem do anything. */
  readonly servesMemory: boolean;
  /** Whether what a tracer sees during any signal is what the signal interrupted. */
  readonly alwaysBackup: boolean;
  /** Whether attaching freezes the tracee: always, or with O_TRUNC. */
  readonly attachFreezes: 'always' | 'truncate';
  /** Whether the files of a zombie can be opened. */
  readonly opensZombies: boolean;
  /** Whether a command word with unknown bits is EINVAL. */
  readonly checksWords: boolean;
  /** Whether clones are told, and calls skipped, only where the word of a stop asks. */
  readonly eventsAsked: boolean;
  /** Whether event: queues hear of a tracee's end. */
  readonly exitEvents: boolean;
  /** Whether IGNORE drops signals. */
  readonly ignoresSignals: boolean;
  /** What a trace file's event: queues hear of besides unread events. */
  readonly writeEvents: 'none' | 'stops' | 'stops-only';
  /** Whether closing any file of a process lets it go (P1), unfreezes it (P4), or only trace. */
  readonly closing: 'any-continues' | 'any-unfreezes' | 'trace';
  /** Whether proc:PID/exe exists, and fstat on files of proc:. */
  readonly exe: boolean;
  /** Whether a nanosleep that a signal interrupted goes on sleeping afterwards. */
  readonly nanosleepResumes: boolean;
  /** Whether the kernel was built for several processors. */
  readonly multiCore: boolean;
}

const SYSCALLS = PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_POST_SYSCALL;
const STEPS = SYSCALLS | PTRACE_STOP_SINGLESTEP;
const SIGNALS = STEPS | PTRACE_STOP_SIGNAL;
const BREAKPOINTS = SIGNALS | PTRACE_STOP_BREAKPOINT;
const EXITS = BREAKPOINTS | PTRACE_STOP_EXIT;

export const FIRST: Behaviour = {
  protocol: 'operations',
  stops: STEPS,
  signalStops: 'none',
  signalEvents: false,
  registers: 'first',
  servesMemory: false,
  alwaysBackup: true,
  attachFreezes: 'always',
  opensZombies: true,
  checksWords: false,
  eventsAsked: false,
  exitEvents: false,
  ignoresSignals: false,
  writeEvents: 'none',
  closing: 'any-continues',
  exe: false,
  nanosleepResumes: false,
  multiCore: false,
};

export interface Revision {
  readonly name: string;
  /** When its author made it: year, month, day. */
  readonly date: string;
  readonly commit: string;
  readonly description: string;
  /** What is different from the revision before it. */
  readonly changes: Partial<Behaviour>;
}

export const REVISIONS = [
  {
    name: 'P1',
    date: '2019-07-02',
    commit: '788526a3',
    description: 'first: operations of one byte, integer registers only',
    changes: {},
  },
  {
    name: 'P2',
    date: '2019-07-07',
    commit: '6fbb4fba',
    description: 'memory by mapping, float registers, int3',
    changes: { registers: 'general', servesMemory: true, closing: 'any-unfreezes' },
  },
  {
    name: 'P2b',
    date: '2019-07-17',
    commit: '3d442424',
    description: 'P2 with exits told in time, and only ancestors may trace',
    changes: {},
  },
  {
    name: 'P3',
    date: '2019-07-19',
    commit: 'be867ae5',
    description: 'events: clones',
    changes: { protocol: 'operations-events', opensZombies: false, writeEvents: 'stops' },
  },
  {
    name: 'P4',
    date: '2019-07-21',
    commit: 'a7da393c',
    description: 'an operation for signals that are handled',
    changes: { stops: SIGNALS, signalStops: 'handled', signalEvents: true, alwaysBackup: false },
  },
  {
    name: 'P5',
    date: '2019-07-24',
    commit: '3ac1416d',
    description: 'words of flags; O_TRUNC freezes',
    changes: {
      protocol: 'write-waits',
      signalStops: 'all',
      signalEvents: false,
      registers: 'general-rip',
      attachFreezes: 'truncate',
      writeEvents: 'stops-only',
      closing: 'trace',
    },
  },
  {
    name: 'P5b',
    date: '2019-07-26',
    commit: '538ca49e',
    description: 'P5 with events only when asked for, and unknown bits refused',
    changes: { checksWords: true, eventsAsked: true },
  },
  {
    name: 'P5c',
    date: '2019-07-27',
    commit: 'a7b2bd22',
    description: 'P5b with clones remembered when they are read',
    changes: { writeEvents: 'none', exitEvents: true },
  },
  {
    name: 'P6',
    date: '2019-07-31',
    commit: 'd28b5786',
    description: 'IGNORE for signals, stops at int3',
    changes: { stops: BREAKPOINTS, ignoresSignals: true },
  },
  {
    name: 'P7',
    date: '2019-08-15',
    commit: 'ab1a12ad',
    description: 'stops at exit: RFC 0004 complete',
    changes: { stops: EXITS },
  },
  {
    name: 'P7m',
    date: '2020-04-18',
    commit: 'fdf46d80',
    description: 'P7 on several processors',
    changes: { multiCore: true },
  },
  {
    name: 'P8',
    date: '2020-06-16',
    commit: '12f63283',
    description: 'races between tracer and tracee removed',
    changes: { nanosleepResumes: true },
  },
  {
    name: 'P9',
    date: '2020-06-16',
    commit: '654c0a7b',
    description: 'reading events waits, writing commands does not',
    changes: { protocol: 'read-waits' },
  },
  {
    name: 'P10',
    date: '2020-06-23',
    commit: '47018381',
    description: 'stops at exec, proc:PID/exe, RIP at the int3',
    changes: { stops: EXITS | PTRACE_STOP_EXEC, exe: true },
  },
  {
    name: 'P11',
    date: '2020-07-07',
    commit: '039f7f5c',
    description: 'single steps into handlers and through exec',
    changes: { stops: EXITS },
  },
  {
    name: 'P12',
    date: '2020-07-08',
    commit: '56f55a3b',
    description: 'faults are signals, and show registers',
    changes: {},
  },
] as const satisfies readonly Revision[];

export type RevisionName = (typeof REVISIONS)[number]['name'];
