// relibc's revisions as far as they differ in ptrace(), waitpid() and what these stand on, as data:
// what is written to a tracee's trace file, when, and what waitpid makes of it. Each is the one
// before with what its commit changed; relibc's history of 2019-07-10 to 2025-04-16.
import {
  O_NONBLOCK,
  PTRACE_FLAG_IGNORE,
  PTRACE_FLAG_WAIT,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PTRACE_STOP_SINGLESTEP,
} from '../kernel-sim/abi/index.js';
import {
  PTRACE_CONT,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
} from './headers/sys-ptrace.js';
import type { MutexWakes } from './sync/mutex.js';
import type { TracemeName } from './traceme/strategy.js';

/** What is written to a trace file: a byte or a word of eight, little-endian. */
export interface CommandWord {
  readonly size: 1 | 8;
  readonly value: number;
}

/** For each request that resumes the tracee. */
export type ResumeWords = Readonly<Record<number, CommandWord>>;

export interface PtraceRevision {
  readonly traceme: TracemeName;
  /** Pids up to zero (waitpid's special ones) are not looked up as markers. */
  readonly marksOnlyRealPids: boolean;
  /** O_NONBLOCK or nothing, for the trace file. */
  readonly tracerFlags: number;
  readonly resume: ResumeWords;
  /** Differing words for the first request of a session, which must skip one post-syscall stop. */
  readonly firstResume: ResumeWords;
  /** What waitpid writes to make the kernel wait, if it does. */
  readonly waitWord: CommandWord | undefined;
  /** Whether waitpid then reads (and discards) one event. */
  readonly readsEvent: boolean;
  /** waitpid adds WUNTRACED always, and looks for a session by itself. */
  readonly alwaysUntraced: boolean;
  /** Option bits that waitpid does not know end the program. */
  readonly strictOptions: boolean;
  readonly sessions: 'process' | 'thread';
  /**
   * What a wait without a session looks at to find that a child stopped: the number that the kernel
   * returned, which is a pid (KP-24); its status; or that, unless stops were asked for.
   */
  readonly stoppedBy: 'result' | 'status' | 'status-unasked';
}

export interface LibcProfile {
  readonly name: string;
  /** The commit, in eight digits. */
  readonly revision: string;
  /** The kernel profile it was made for. */
  readonly kernel: string;
  readonly ptrace: PtraceRevision;
  /** How many sleepers an unlock of a Mutex wakes (KP-61). */
  readonly mutexWakes: MutexWakes;
  /** What WTERMSIG of sys/wait.h makes of a status: the signal, or whether there is one (KP-25). */
  readonly termsig: 'signal' | 'truth';
}

function byte(value: number): CommandWord {
  return { size: 1, value };
}

function word(value: number): CommandWord {
  return { size: 8, value };
}

const PRE = PTRACE_STOP_PRE_SYSCALL;
const BOTH = PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_POST_SYSCALL;

/** The operations of the kernels before 2019-07-24; 0x10 is their SYSEMU modifier. */
const OPERATIONS: ResumeWords = {
  [PTRACE_CONT]: byte(0x01),
  [PTRACE_SINGLESTEP]: byte(0x02),
  [PTRACE_SYSCALL]: byte(0x03),
  [PTRACE_SYSEMU]: byte(0x13),
  [PTRACE_SYSEMU_SINGLESTEP]: byte(0x12),
};

const FLAGS: ResumeWords = {
  [PTRACE_CONT]: word(0),
  [PTRACE_SINGLESTEP]: word(PTRACE_STOP_SINGLESTEP),
  [PTRACE_SYSCALL]: word(BOTH),
  [PTRACE_SYSEMU]: word(PTRACE_FLAG_IGNORE | BOTH),
  [PTRACE_SYSEMU_SINGLESTEP]: word(PTRACE_FLAG_IGNORE | PTRACE_STOP_SINGLESTEP),
};

const FIRST_FLAGS: ResumeWords = {
  [PTRACE_SYSCALL]: word(PRE),
  [PTRACE_SYSEMU]: word(PTRACE_FLAG_IGNORE | PRE),
};

const f389010f: LibcProfile = {
  name: 'relibc-2019-07-10',
  revision: 'f389010f',
  kernel: 'P2',
  ptrace: {
    traceme: 'nothing',
    marksOnlyRealPids: false,
    tracerFlags: O_NONBLOCK,
    resume: OPERATIONS,
    firstResume: {},
    waitWord: byte(0x04),
    readsEvent: false,
    alwaysUntraced: false,
    strictOptions: false,
    sessions: 'process',
    stoppedBy: 'result',
  },
  mutexWakes: 'one',
  termsig: 'truth',
};

/**
 * On P2 every tracer hangs at the end of its tracee: closing the marker lets the tracer run, which
 * was told of the exit before (KP-08). The kernel's repair, e3d8f23c, is of the same day.
 */
const _82abb331 = following(f389010f, '2019-07-15', '82abb331', 'P2b', {
  traceme: 'marker',
  alwaysUntraced: true,
});

const _72c2f59f = following(_82abb331, '2019-07-28', '72c2f59f', 'P5c', {
  resume: FLAGS,
  waitWord: word(PTRACE_FLAG_WAIT),
  strictOptions: true,
});

const a1e45941 = following(_72c2f59f, '2019-07-30', 'a1e45941', 'P5c', {
  firstResume: FIRST_FLAGS,
  readsEvent: true,
});

/** The same words; what was called SYSEMU is called IGNORE. */
const a7b354c8 = following(a1e45941, '2019-08-04', 'a7b354c8', 'P7', {});

/** Made for kernels whose reads wait, but its trace file is still non-blocking. */
const a5e02650 = following(a7b354c8, '2020-07-08', 'a5e02650', 'P12', { waitWord: undefined });

const _4c148c18 = following(a5e02650, '2020-07-24', '4c148c18', 'P12', { tracerFlags: 0 });

const c51aec1a = following(_4c148c18, '2021-11-30', 'c51aec1a', 'P12', { sessions: 'thread' });

const e90fa3e3 = following(c51aec1a, '2021-12-01', 'e90fa3e3', 'P12', { marksOnlyRealPids: true });

const a3e1eed1: LibcProfile = {
  ...following(e90fa3e3, '2023-04-30', 'a3e1eed1', 'P12', {}),
  mutexWakes: 'all',
};

const _825e5c77 = following(a3e1eed1, '2023-06-24', '825e5c77', 'P12', { stoppedBy: 'status' });

const _37b60b67: LibcProfile = {
  ...following(_825e5c77, '2025-04-16', '37b60b67', 'P12', {}),
  termsig: 'signal',
};

function following(
  before: LibcProfile,
  date: string,
  revision: string,
  kernel: string,
  changes: Partial<PtraceRevision>,
): LibcProfile {
  const ptrace = { ...before.ptrace, ...changes };
  return { ...before, name: `relibc-${date}`, revision, kernel, ptrace };
}

/** Every revision that changed something here. */
export const LIBC_REVISIONS: readonly LibcProfile[] = [
  f389010f,
  _82abb331,
  _72c2f59f,
  a1e45941,
  a7b354c8,
  a5e02650,
  _4c148c18,
  c51aec1a,
  e90fa3e3,
  a3e1eed1,
  _825e5c77,
  _37b60b67,
];

/** Those that a system was made of. */
export const LIBC_PROFILES: readonly LibcProfile[] = [
  f389010f,
  _82abb331,
  a7b354c8,
  _4c148c18,
  e90fa3e3,
];

export const DEFAULT_LIBC_PROFILE = 'relibc-2019-08-04';

/** By name (`relibc-2019-08-04`) or by commit (`a7b354c8`). */
export function libcProfile(name: string = DEFAULT_LIBC_PROFILE): LibcProfile {
  const found = LIBC_REVISIONS.find((each) => each.name === name || each.revision === name);
  if (found === undefined) throw new RangeError(`no libc profile is called ${name}`);
  return found;
}

/**
 * A revision with another answer to TRACEME. Whatever is not a no-op adds WUNTRACED to waits, as
 * relibc did with its marker; the two answers that relibc never had look at the right variables.
 */
export function withTraceme(profile: LibcProfile, traceme: TracemeName): LibcProfile {
  const alwaysUntraced = traceme !== 'nothing';
  const relibcs = traceme === 'nothing' || traceme === 'marker';
  const stoppedBy = relibcs ? profile.ptrace.stoppedBy : 'status-unasked';
  return { ...profile, ptrace: { ...profile.ptrace, traceme, alwaysUntraced, stoppedBy } };
}
