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
  /** The file that it was about, if it was about one. */
  readonly path?: string;

  constructor(number: number, syscall: string, path?: string) {
    const code = errnoName(number);
    super(path === undefined ? `${syscall}: ${code}` : `${syscall}: ${code} '${path}'`);
    this.code = code;
    if (path !== undefined) this.path = path;
    this.errno = -number;
    this.syscall = syscall;
  }
}
