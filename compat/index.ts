// The userspace layer: relibc's functions, the headers of Linux, and what stands behind them.
export { linuxErrno, linuxErrnoName, linuxErrnoOf } from './headers/errno.js';
export { PTRACE_REQUESTS, ptraceEventName, ptraceRequestName } from './headers/ptrace-names.js';
export {
  __ptrace_peeksiginfo_args,
  __ptrace_rseq_configuration,
  __ptrace_seccomp_metadata,
  __ptrace_syscall_info,
  iovec,
  siginfo_t,
} from './headers/ptrace-structs.js';
export {
  NT_PRFPREG,
  NT_PRSTATUS,
  NT_X86_XSTATE,
  PTRACE_ARCH_PRCTL,
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
  PTRACE_GET_RSEQ_CONFIGURATION,
  PTRACE_GET_SYSCALL_INFO,
  PTRACE_GET_THREAD_AREA,
  PTRACE_GETEVENTMSG,
  PTRACE_GETFPREGS,
  PTRACE_GETFPXREGS,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_GETSIGINFO,
  PTRACE_GETSIGMASK,
  PTRACE_INTERRUPT,
  PTRACE_KILL,
  PTRACE_LISTEN,
  PTRACE_O_EXITKILL,
  PTRACE_O_MASK,
  PTRACE_O_SUSPEND_SECCOMP,
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
  PTRACE_PEEKSIGINFO_SHARED,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSER,
  PTRACE_POKEDATA,
  PTRACE_POKETEXT,
  PTRACE_POKEUSER,
  PTRACE_SECCOMP_GET_FILTER,
  PTRACE_SECCOMP_GET_METADATA,
  PTRACE_SEIZE,
  PTRACE_SET_THREAD_AREA,
  PTRACE_SETFPREGS,
  PTRACE_SETFPXREGS,
  PTRACE_SETOPTIONS,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
  PTRACE_SETSIGINFO,
  PTRACE_SETSIGMASK,
  PTRACE_SINGLEBLOCK,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSCALL_INFO_ENTRY,
  PTRACE_SYSCALL_INFO_EXIT,
  PTRACE_SYSCALL_INFO_NONE,
  PTRACE_SYSCALL_INFO_SECCOMP,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
  PTRACE_TRACEME,
} from './headers/sys-ptrace.js';
export {
  PAGE_SHIFT,
  PAGE_SIZE,
  user,
  user_fpregs_struct,
  user_regs_struct,
} from './headers/sys-user.js';
export type { WaitResult, WaitStatus } from './headers/sys-wait.js';
export {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  decodeWaitStatus,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  W_EXITCODE,
  W_STOPCODE,
  WCONTINUED,
  WCOREDUMP,
  WCOREFLAG,
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
