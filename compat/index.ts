// The userspace layer: relibc's functions, the headers of Linux, and what stands behind them.
export { linuxErrno, linuxErrnoName, linuxErrnoOf } from './headers/errno.js';
export * from './headers/index.js';
export { PTRACE_REQUESTS, ptraceEventName, ptraceRequestName } from './headers/ptrace-names.js';
export { chanDaemon } from './ipcd/daemon.js';
export { shmDaemon } from './ipcd/shm-daemon.js';
export { Libc } from './libc.js';
export type { LinuxLinkOptions } from './link/linux-link.js';
export { linuxLink } from './link/linux-link.js';
export { linuxSyscallName, linuxSyscallNumber } from './link/linux-syscalls.js';
export type { LinkObserver, ObservedCall } from './link/observer.js';
export { localPath } from './link/paths.js';
export type { LibcProfile, PtraceRevision } from './profiles.js';
export {
  DEFAULT_LIBC_PROFILE,
  LIBC_PROFILES,
  LIBC_REVISIONS,
  libcProfile,
  withTraceme,
} from './profiles.js';
export type { DirectCall } from './ptrace/direct.js';
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
