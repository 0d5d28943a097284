// What the commands ask of their arguments before they begin: words for what is wrong with them.
import { readFileSync } from 'node:fs';
import type { Errno } from '../errno.js';
import { loaderOf, whyNotProgram } from '../image.js';
import { Refusal, STATUS_NOT_EXECUTABLE, STATUS_NOT_FOUND, STATUS_USAGE } from './refusal.js';

/** A program that can run as far as its own file tells. */
export interface Checked {
  readonly path: string;
  /** Of a dynamically linked one. */
  readonly loader: string | undefined;
}

/** Makes what has been asked for; what there cannot be, a RangeError, is a mistake of usage. */
export function asAsked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof RangeError ? new Refusal(error.message, STATUS_USAGE) : error;
  }
}

/**
 * Finds out what is wrong with a file while there is more to say than ENOEXEC. Returns what it is:
 * some things are found out only when it starts.
 */
export function checkProgram(path: string, file: string): Checked {
  if (path === '') throw new Refusal("'' is no program's name", STATUS_NOT_FOUND);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new Refusal(`${path} does not exist`, STATUS_NOT_FOUND);
    }
    throw notExecutable(path, code === 'EISDIR' ? 'it is a directory' : `${code}`);
  }
  const reason = whyNotProgram(bytes);
  if (reason !== undefined) throw notExecutable(path, reason);
  return { path, loader: loaderOf(bytes) };
}

/** Words for why a program that was found good did not start. */
export function whyNotStarted({ path, loader }: Checked, { code, syscall }: Errno): Refusal {
  if (code === 'ENOENT' && loader !== undefined) {
    return notExecutable(path, `its dynamic loader ${loader} does not exist`);
  }
  return notExecutable(path, `${syscall}: ${code}`);
}

function notExecutable(path: string, reason: string): Refusal {
  return new Refusal(`${path} cannot be run: ${reason}`, STATUS_NOT_EXECUTABLE);
}
