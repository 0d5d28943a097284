// relibc's revisions as far as they differ in ptrace() and waitpid(), as data: what is written to
// a tracee's trace file, when, and what waitpid makes of it. relibc commits f389010f (2019-07-10),
// 82abb331 (07-15), a7b354c8 (08-04), 4c148c18 (2020-07-24), e90fa3e3 (2021-12-01).
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

/** The bytes to write to a trace file for each request that resumes the tracee. */
export type ResumeWords = Readonly<Record<number, Uint8Array>>;

export interface PtraceRevision {
  /** `marker`: TRACEME leaves a mark that a tracer looks for; `nothing`: anyone can be attached. */
  readonly traceme: 'marker' | 'nothing';
  /** Pids up to zero (waitpid's special ones) are not looked up as markers. */
  readonly marksOnlyRealPids: boolean;
  /** O_NONBLOCK or nothing, for the trace file. */
  readonly tracerFlags: number;
  readonly resume: ResumeWords;
  /** Differing words for the first request of a session, which must skip one post-syscall stop. */
  readonly firstResume: ResumeWords;
  /** What waitpid writes to make the kernel wait, if it does. */
  readonly waitWord: Uint8Array | undefined;
  /** Whether waitpid then reads (and discards) one event. */
  readonly readsEvent: boolean;
  /** waitpid adds WUNTRACED always, and looks for a session by itself. */
  readonly alwaysUntraced: boolean;
  /** Option bits that waitpid does not know end the program. */
  readonly strictOptions: boolean;
  readonly sessions: 'process' | 'thread';
}

export interface LibcProfile {
  readonly name: string;
  readonly revision: string;
  /** The kernel profile it was made for. */
  readonly kernel: string;
  readonly ptrace: PtraceRevision;
}

function byte(operation: number): Uint8Array {
  return Uint8Array.of(operation);
}

function word(flags: number): Uint8Array {
  return Uint8Array.of(flags & 0xff, flags >> 8, 0, 0, 0, 0, 0, 0);
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

const f389010f: PtraceRevision = {
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
};

const _82abb331: PtraceRevision = { ...f389010f, traceme: 'marker', alwaysUntraced: true };

const a7b354c8: PtraceRevision = {
  ..._82abb331,
  resume: FLAGS,
  firstResume: FIRST_FLAGS,
  waitWord: word(PTRACE_FLAG_WAIT),
  readsEvent: true,
  strictOptions: true,
};

const _4c148c18: PtraceRevision = { ...a7b354c8, tracerFlags: 0, waitWord: undefined };

const e90fa3e3: PtraceRevision = { ..._4c148c18, marksOnlyRealPids: true, sessions: 'thread' };

function profile(date: string, revision: string, kernel: string, ptrace: PtraceRevision) {
  return { name: `relibc-${date}`, revision, kernel, ptrace };
}

export const LIBC_PROFILES: readonly LibcProfile[] = [
  profile('2019-07-10', 'f389010f', 'P2', f389010f),
  profile('2019-07-15', '82abb331', 'P2', _82abb331),
  profile('2019-08-04', 'a7b354c8', 'P7', a7b354c8),
  profile('2020-07-24', '4c148c18', 'P12', _4c148c18),
  profile('2021-12-01', 'e90fa3e3', 'P12', e90fa3e3),
];

export const DEFAULT_LIBC_PROFILE = 'relibc-2019-08-04';

export function libcProfile(name: string = DEFAULT_LIBC_PROFILE): LibcProfile {
  const found = LIBC_PROFILES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no libc profile is called ${name}`);
  return found;
}
