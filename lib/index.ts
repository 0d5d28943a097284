// The library: a machine, tracers on it, and the names of the headers that tracers need.
export * from '../compat/headers/index.js';
export {
  linuxSyscallName,
  linuxSyscallNumber,
  ptraceRequestName,
  type TracemeName,
} from '../compat/index.js';
export {
  SIGABRT,
  SIGALRM,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGHUP,
  SIGILL,
  SIGINT,
  SIGIO,
  SIGKILL,
  SIGPIPE,
  SIGPROF,
  SIGPWR,
  SIGQUIT,
  SIGSEGV,
  SIGSTKFLT,
  SIGSTOP,
  SIGSYS,
  SIGTERM,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGVTALRM,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
  SYS_EXIT,
  SYS_READ,
  SYS_WRITE,
  signalName,
  syscallName,
} from '../kernel-sim/abi/index.js';
export {
  type Context,
  DeadlockError,
  type Decision,
  type FileProvider,
  FileTree,
  type Host,
  KernelPanic,
  nextScript,
  preemptions,
  RandomScheduler,
  RoundRobin,
  type Scheduler,
  ScriptedScheduler,
  type ScriptOptions,
  type Statistics,
  type TurnOptions,
} from '../kernel-sim/index.js';
export { Errno } from './errno.js';
export {
  describeFinding,
  type Exploration,
  type ExploreOptions,
  explore,
  type Finding,
  type FindingKind,
} from './explore/explore.js';
export {
  exploreSchedules,
  type Outcome,
  type Schedules,
  type SchedulesOptions,
} from './explore/schedules.js';
export type { SharedWorld, Step, ThreadProgram } from './explore/threads.js';
export { RecordedStreams, StandardStreams } from './host/console.js';
export { hostFiles } from './host/files.js';
export { whyNotProgram } from './image.js';
export { LinuxTracer, type LinuxTracerOptions, whyNotLinux } from './linux/linux-tracer.js';
export {
  EndlessRun,
  Machine,
  type MachineOptions,
  type ProgramOptions,
  type RunLimits,
  SCHEDULERS,
  type SchedulerName,
} from './machine.js';
export {
  type Observation,
  type Reproduction,
  type Run,
  reproduce,
} from './problems/reproduction.js';
export { REPRODUCTIONS, reproductionOf } from './problems/reproductions/index.js';
export { PROBLEMS, type Problem, problemNamed } from './problems/table.js';
export { DEFAULT_PROFILE, PROFILES, type Profile } from './profiles.js';
export { PtraceCalls, type UserRegisters, type Waited } from './ptrace-calls.js';
export { statusText } from './status-text.js';
export { RelibcPanic, Tracer } from './tracer.js';
