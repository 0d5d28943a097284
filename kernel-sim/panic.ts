// What ends the machine rather than a process.

/** The kernel of that time would have halted here. */
export class KernelPanic extends Error {
  constructor(message: string) {
    super(`kernel panic: ${message}`);
    this.name = 'KernelPanic';
  }
}
