// What waitpid stores in *status: Redox's encoding is the traditional one. The kernel never sets
// the core bit. Names of the tests as in the redox_syscall crate.

/** The status of a process that called exit(code). */
export function exitedStatus(code: number): number {
  return (code & 0xff) << 8;
}

/** The status of a process that a signal ended. */
export function signaledStatus(signal: number): number {
  return signal & 0x7f;
}

/** The status of a process that a stop signal stopped. */
export function stoppedStatus(signal: number): number {
  return ((signal & 0xff) << 8) | 0x7f;
}

export const CONTINUED_STATUS = 0xffff;

export function wifstopped(status: number): boolean {
  return (status & 0xff) === 0x7f;
}

export function wstopsig(status: number): number {
  return (status >> 8) & 0xff;
}

export function wifcontinued(status: number): boolean {
  return status === CONTINUED_STATUS;
}

export function wifsignaled(status: number): boolean {
  const signal = status & 0x7f;
  return signal !== 0 && signal !== 0x7f;
}

export function wtermsig(status: number): number {
  return status & 0x7f;
}

export function wifexited(status: number): boolean {
  return (status & 0x7f) === 0;
}

export function wexitstatus(status: number): number {
  return (status >> 8) & 0xff;
}

export function wcoredump(status: number): boolean {
  return (status & 0x80) !== 0;
}
