// What ends the machine rather than a process.

/** The kernel of that time would have halted here. */
export class KernelPanic extends Error {
  constructor(message: string, what = 'kernel panic') {
    super(`${what}: ${message}`);
    this.name = 'KernelPanic';
  }
}

/** The kernel of that time would have spun here for ever, with interrupts off or nobody to help. */
export class KernelHang extends KernelPanic {
  constructor(message: string) {
    super(message, 'kernel hang');
    this.name = 'KernelHang';
  }
}
