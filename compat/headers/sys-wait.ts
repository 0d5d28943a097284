// sys/wait.h of Linux: options of waitpid(2) and waitid(2), and the macros that take a status apart
// and put one together. wait(2) of man-pages 6.03, bits/waitflags.h and waitstatus.h of glibc 2.36.

/** Returns at once; the result is 0 when no child has anything to report. */
export const WNOHANG = 1;
/** Also stops of children that are not traced. */
export const WUNTRACED = 2;
/** The same for waitid. */
export const WSTOPPED = 2;
/** Of waitid: ends of children. */
export const WEXITED = 4;
/** Also children that SIGCONT resumed. */
export const WCONTINUED = 8;
/** Of waitid: leaves the child to be waited for again. */
export const WNOWAIT = 0x0100_0000;
/** Not the children of other threads of this process. */
export const __WNOTHREAD = 0x2000_0000;
/** Children of any kind: those that send SIGCHLD when they end, and those that do not. */
export const __WALL = 0x4000_0000;
/** Only those that do not. */
export const __WCLONE = 0x8000_0000;

/** First argument of waitid: any child; the second does not count. */
export const P_ALL = 0;
/** First argument of waitid: the child whose pid the second is. */
export const P_PID = 1;
/** First argument of waitid: children of the process group that the second is. */
export const P_PGID = 2;
/** First argument of waitid: the child that the descriptor of the second refers to. */
export const P_PIDFD = 3;

/** In a status: the process left a core dump. */
export const WCOREFLAG = 0x80;

/** What became of a child, 32 bits as waitpid stores them. */
export type WaitStatus = number;

/** What the child gave to exit(), 0 to 255. If WIFEXITED. */
export function WEXITSTATUS(status: WaitStatus): number {
  return (status >> 8) & 0xff;
}

/** The signal that ended the child. If WIFSIGNALED. */
export function WTERMSIG(status: WaitStatus): number {
  return status & 0x7f;
}

/** The signal that stopped the child. If WIFSTOPPED. */
export function WSTOPSIG(status: WaitStatus): number {
  return WEXITSTATUS(status);
}

/** Whether the child ended by itself. */
export function WIFEXITED(status: WaitStatus): boolean {
  return WTERMSIG(status) === 0;
}

/** 0x7f in the low bits means stopped, so only 1 to 0x7e are signals that ended the process. */
export function WIFSIGNALED(status: WaitStatus): boolean {
  const signal = WTERMSIG(status);
  return signal !== 0 && signal !== 0x7f;
}

/** Whether the child is stopped. */
export function WIFSTOPPED(status: WaitStatus): boolean {
  return (status & 0xff) === 0x7f;
}

/** Whether SIGCONT resumed the child. */
export function WIFCONTINUED(status: WaitStatus): boolean {
  return status === 0xffff;
}

/** Whether the child left a core dump. If WIFSIGNALED. */
export function WCOREDUMP(status: WaitStatus): boolean {
  return (status & WCOREFLAG) !== 0;
}

/** The status of a child that ended by exit(`code`), or by a signal if that is not 0. */
export function W_EXITCODE(code: number, signal: number): WaitStatus {
  return (code << 8) | signal;
}

/** The status of a child that a signal stopped. */
export function W_STOPCODE(signal: number): WaitStatus {
  return (signal << 8) | 0x7f;
}

/** What a status says, as one of a few cases. */
export type WaitResult =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: number; readonly coreDumped: boolean }
  /** `event`: a PTRACE_EVENT_*, or 0. `signal` has bit 7 set at a PTRACE_O_TRACESYSGOOD stop. */
  | { readonly kind: 'stopped'; readonly signal: number; readonly event: number }
  | { readonly kind: 'continued' };

/** Takes a status apart as the macros do; each status is one of the cases. */
export function decodeWaitStatus(status: WaitStatus): WaitResult {
  if (WIFCONTINUED(status)) return { kind: 'continued' };
  if (WIFEXITED(status)) return { kind: 'exited', code: WEXITSTATUS(status) };
  if (WIFSTOPPED(status)) {
    return { kind: 'stopped', signal: WSTOPSIG(status), event: (status >> 16) & 0xff };
  }
  return { kind: 'signaled', signal: WTERMSIG(status), coreDumped: WCOREDUMP(status) };
}
