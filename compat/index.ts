// The userspace layer: relibc's functions, the headers of Linux, and what stands behind them.
export { linuxErrno, linuxErrnoName, linuxErrnoOf } from './headers/errno.js';
export { PTRACE_REQUESTS, ptraceEventName, ptraceRequestName } from './headers/ptrace-names.js';
export {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_EVENT_CLONE,
  PTRACE_EVENT_EXEC,
  PTRACE_EVENT_EXIT,
  PTRACE_EVENT_FORK,
  PTRACE_EVENT_SECCOMP,
  PTRACE_EVENT_STOP,
  PTRACE_EVENT_VFORK,
  PTRACE_EVENT_VFORK_DONE,
  PTRACE_GETEVENTMSG,
  PTRACE_GETFPREGS,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_GETSIGINFO,
  PTRACE_INTERRUPT,
  PTRACE_KILL,
  PTRACE_LISTEN,
  PTRACE_O_EXITKILL,
  PTRACE_O_TRACECLONE,
  PTRACE_O_TRACEEXEC,
  PTRACE_O_TRACEEXIT,
  PTRACE_O_TRACEFORK,
  PTRACE_O_TRACESECCOMP,
  PTRACE_O_TRACESYSGOOD,
  PTRACE_O_TRACEVFORK,
  PTRACE_O_TRACEVFORKDONE,
  PTRACE_PEEKDATA,
  PTRACE_PEEKSIGINFO,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSER,
  PTRACE_POKEDATA,
  PTRACE_POKETEXT,
  PTRACE_POKEUSER,
  PTRACE_SEIZE,
  PTRACE_SETFPREGS,
  PTRACE_SETOPTIONS,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
  PTRACE_SETSIGINFO,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
  PTRACE_TRACEME,
} from './headers/sys-ptrace.js';
export { user_fpregs_struct, user_regs_struct } from './headers/sys-user.js';
export type { WaitStatus } from './headers/sys-wait.js';
export {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  WCONTINUED,
  WCOREDUMP,
  WEXITED,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSIGNALED,
  WIFSTOPPED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WSTOPSIG,
  WTERMSIG,
  WUNTRACED,
} from './headers/sys-wait.js';
export { chanDaemon } from './ipcd/daemon.js';
export { shmDaemon } from './ipcd/shm-daemon.js';
export { Libc } from './libc.js';
export type { LinuxLinkOptions } from './link/linux-link.js';
export { linuxLink } from './link/linux-link.js';
export { linuxSyscallName, linuxSyscallNumber } from './link/linux-syscalls.js';
export type { LinkObserver, ObservedCall } from './link/observer.js';
export type { LibcProfile, PtraceRevision } from './profiles.js';
export {
  DEFAULT_LIBC_PROFILE,
  LIBC_PROFILES,
  LIBC_REVISIONS,
  libcProfile,
  withTraceme,
} from './profiles.js';
export { ptrace } from './ptrace/ptrace.js';
export type { ForkedProgram, Relibc, RelibcFunctions } from './relibc.js';
export { relibc } from './relibc.js';
export type { Attempt, SharedWords } from './sync/atomic-lock.js';
export { AtomicLock, RELIBC_SPINS } from './sync/atomic-lock.js';
export type { MutexOptions, MutexWakes } from './sync/mutex.js';
export { Mutex, MutexGuard } from './sync/mutex.js';
export { Once } from './sync/once.js';
export { ptraceDaemon } from './traceme/daemon.js';
export { TRACEME_STRATEGIES, type TracemeName } from './traceme/strategy.js';
export { waitpid } from './wait.js';
