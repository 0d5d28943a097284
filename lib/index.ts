// The library: a machine, tracers on it, and the names of the headers that tracers need.
export {
  PTRACE_CONT,
  PTRACE_GETREGS,
  PTRACE_SETREGS,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
  PTRACE_TRACEME,
  WCONTINUED,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSIGNALED,
  WIFSTOPPED,
  WNOHANG,
  WSTOPSIG,
  WTERMSIG,
  WUNTRACED,
} from '../compat/index.js';
export {
  SIGCONT,
  SIGINT,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGTERM,
  SIGTRAP,
  SIGUSR1,
  SIGUSR2,
  SYS_EXIT,
  SYS_READ,
  SYS_WRITE,
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
  UnimplementedInstruction,
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
export type { SharedWorld, Step, ThreadProgram } from './explore/threads.js';
export { RecordedStreams, StandardStreams } from './host/console.js';
export { hostFiles } from './host/files.js';
export { whyNotProgram } from './image.js';
export {
  Machine,
  type MachineOptions,
  type ProgramOptions,
  SCHEDULERS,
  type SchedulerName,
} from './machine.js';
export { DEFAULT_PROFILE, PROFILES, type Profile } from './profiles.js';
export { Tracer, type UserRegisters, type Waited } from './tracer.js';
