// Errors of system calls as JavaScript errors, shaped like those of Node.
import { errnoName } from '../kernel-sim/abi/index.js';

/** A call that failed: `err.code === 'ESRCH'`. */
export class Errno extends Error {
  override readonly name = 'Errno';
  /** The name of the error, 'ESRCH'. */
  readonly code: string;
  /** Its number, negative as in Node's errors. Redox's numbers, which differ from Linux's above 40. */
  readonly errno: number;
  /** The call that failed, 'ptrace'. */
  readonly syscall: string;

  constructor(number: number, syscall: string) {
    const code = errnoName(number);
    super(`${syscall}: ${code}`);
    this.code = code;
    this.errno = -number;
    this.syscall = syscall;
  }
}
