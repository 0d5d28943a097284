// sys/wait.h of Linux: options of waitpid(2) and the macros that take a status apart.

export const WNOHANG = 1;
export const WUNTRACED = 2;
export const WSTOPPED = 2;
export const WEXITED = 4;
export const WCONTINUED = 8;
export const WNOWAIT = 0x0100_0000;
export const __WNOTHREAD = 0x2000_0000;
export const __WALL = 0x4000_0000;
export const __WCLONE = 0x8000_0000;

/** The status of any stopped child, 32 bits as waitpid stores them. */
export type WaitStatus = number;

export function WEXITSTATUS(status: WaitStatus): number {
  return (status >> 8) & 0xff;
}

export function WTERMSIG(status: WaitStatus): number {
  return status & 0x7f;
}

export function WSTOPSIG(status: WaitStatus): number {
  return WEXITSTATUS(status);
}

export function WIFEXITED(status: WaitStatus): boolean {
  return WTERMSIG(status) === 0;
}

/** 0x7f in the low bits means stopped, so only 1 to 0x7e are signals that ended the process. */
export function WIFSIGNALED(status: WaitStatus): boolean {
  const signal = WTERMSIG(status);
  return signal !== 0 && signal !== 0x7f;
}

export function WIFSTOPPED(status: WaitStatus): boolean {
  return (status & 0xff) === 0x7f;
}

export function WIFCONTINUED(status: WaitStatus): boolean {
  return status === 0xffff;
}

export function WCOREDUMP(status: WaitStatus): boolean {
  return (status & 0x80) !== 0;
}
