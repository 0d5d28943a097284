// The userspace layer: relibc's functions, the headers of Linux, and what stands behind them.
export { linuxErrno, linuxErrnoName, linuxErrnoOf } from './headers/errno.js';
export * from './headers/sys-ptrace.js';
export { user_fpregs_struct, user_regs_struct } from './headers/sys-user.js';
export * from './headers/sys-wait.js';
export { chanDaemon } from './ipcd/daemon.js';
export { Libc } from './libc.js';
export type { LinuxLinkOptions } from './link/linux-link.js';
export { linuxLink } from './link/linux-link.js';
export { linuxSyscallName, linuxSyscallNumber } from './link/linux-syscalls.js';
export type { LibcProfile, PtraceRevision } from './profiles.js';
export { DEFAULT_LIBC_PROFILE, LIBC_PROFILES, libcProfile } from './profiles.js';
export { ptrace } from './ptrace/ptrace.js';
export type { ForkedProgram, Relibc, RelibcFunctions } from './relibc.js';
export { relibc } from './relibc.js';
export { AtomicLock } from './sync/atomic-lock.js';
export { Mutex } from './sync/mutex.js';
export { Once } from './sync/once.js';
export { waitpid } from './wait.js';
