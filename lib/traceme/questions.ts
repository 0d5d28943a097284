// What a program may rely on that uses PTRACE_TRACEME, and why an answer to it on Redox does not give
// that. examples/traceme.c asks; whether a reason is needed is found out by running it.
import type { TracemeName } from '../../compat/index.js';

export interface Question {
  /** As examples/traceme.c calls it. */
  readonly name: string;
  /** What Linux promises. */
  readonly promise: string;
  /** Why an answer does not keep it; there is one for each that does not. */
  readonly reasons: Partial<Readonly<Record<TracemeName, string>>>;
}

const STATE = "relibc keeps sessions in the tracer's own memory, which a fork copies";
const EVENT = 'waitpid waits for an event of the trace file, and a SIGSTOP is none (KP-54, KP-55)';
const KERNEL =
  'waitpid without a session, or for any child, asks the kernel, which knows no ptrace stop';
const FAKE = 'relibc learns only that there was a stop, and calls each one SIGSTOP (KP-19)';
const UNTOLD = 'waitpid cannot know of TRACEME, so it does not ask the kernel for stops (KP-02)';
const WITHOUT_SIGNALS = 'relibc asks for no stops at signals, which act as if nobody traced';

export const QUESTIONS: readonly Question[] = [
  {
    name: 'before',
    promise: 'a child may mark itself and stop before its parent first waits',
    reasons: { nothing: UNTOLD, marker: EVENT, 'shared-memory': EVENT },
  },
  {
    name: 'during',
    promise: 'a child may mark itself and stop while its parent waits',
    reasons: { nothing: UNTOLD },
  },
  {
    name: 'untraced',
    promise: 'the stop of a child that is not traced is told only to who asks for stops',
    reasons: { marker: 'relibc looks at the pid that was returned, not at its status (KP-24)' },
  },
  {
    name: 'stranger',
    promise: 'a child that never asked cannot be read without attaching to it',
    reasons: { nothing: 'any request attaches to any process (KP-02)' },
  },
  {
    name: 'twice',
    promise: 'a second TRACEME is EPERM',
    reasons: {
      nothing: 'nothing is remembered',
      marker: 'the name of the marker is taken: EEXIST',
    },
  },
  {
    name: 'grandchild',
    promise: 'only the parent of a process that asked becomes its tracer',
    reasons: {
      nothing: 'whoever asks first attaches',
      marker: 'the marker does not say by whom it wants to be traced; whoever asks first attaches',
    },
  },
  {
    name: 'tracer-fork',
    promise: "a tracer's child is not a tracer of the same process",
    reasons: { nothing: STATE, marker: STATE, 'shared-memory': STATE },
  },
  {
    name: 'tracer-exec',
    promise: 'a tracer that executes another program still has its stopped tracee',
    reasons: {
      nothing: 'the session goes with the memory, its files are closed, and the tracee runs on',
      marker: 'the session goes with the memory, its files are closed, and the tracee runs on',
      'shared-memory':
        'the table only says who asked; the session goes with the memory, and the tracee runs on',
    },
  },
  {
    name: 'tracer-exit',
    promise: 'a tracee goes on when its tracer ends',
    reasons: { daemon: 'the trace file belongs to the daemon, which nobody tells of the end' },
  },
  {
    name: 'tracee-exec',
    promise: 'a process that asked to be traced is, after an exec, too',
    reasons: {},
  },
  {
    name: 'outlived',
    promise: 'nobody remembers a tracee that has ended, whoever it leaves behind',
    reasons: {},
  },
  {
    name: 'threads',
    promise: 'a tracer is one thread; any thread of its process can wait for the tracee',
    reasons: {
      nothing: 'the table of sessions belongs to the process, so every thread is the tracer',
      marker: 'the table of sessions belongs to the process, so every thread is the tracer',
      'shared-memory':
        'the table of sessions belongs to the process, so every thread is the tracer',
      daemon: 'each thread has a pid of its own, and the daemon cannot tell which are one process',
    },
  },
  {
    name: 'any',
    promise: 'waitpid(-1) tells of ptrace stops',
    reasons: { nothing: KERNEL, marker: KERNEL, 'shared-memory': KERNEL },
  },
  {
    name: 'nohang',
    promise: 'waitpid with WNOHANG tells of ptrace stops',
    reasons: { nothing: KERNEL, marker: KERNEL, 'shared-memory': KERNEL },
  },
  {
    name: 'reason',
    promise: 'a stop at a system call is a SIGTRAP',
    reasons: { nothing: FAKE, marker: FAKE, 'shared-memory': FAKE },
  },
  {
    name: 'signal',
    promise: 'a signal stops its tracee first, and the tracer may suppress it',
    reasons: {
      nothing: WITHOUT_SIGNALS,
      marker: WITHOUT_SIGNALS,
      'shared-memory': WITHOUT_SIGNALS,
    },
  },
  {
    name: 'second-stop',
    promise: 'a tracee that raises SIGSTOP again is reported',
    reasons: { nothing: EVENT, marker: EVENT, 'shared-memory': EVENT },
  },
];
