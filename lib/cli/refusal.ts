// Why a command could not do its work, in words for people and a status for shells.
import { debuglog } from 'node:util';
import { put } from './output.js';

export const NAME = 'relibc-ptrace';

/** Exit statuses beside those of the program itself, as env(1), sh(1) and timeout(1) use them. */
export const STATUS_USAGE = 2;
/** The machine could not go on: a deadlock, an instruction it lacks, a mistake of its own. */
export const STATUS_MACHINE = 125;
export const STATUS_NOT_EXECUTABLE = 126;
export const STATUS_NOT_FOUND = 127;
export const STATUS_SIGNAL = 128;

/** Ends the command with one line on standard error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Says what happened, in one line unless it takes more; returns the status to exit with. */
export function report(error: unknown): number {
  if (error instanceof Refusal) {
    put('stderr', `${NAME}: ${error.message}\n`);
    return error.status;
  }
  debuglog(NAME)('%O', error);
  const message = error instanceof Error ? error.message : String(error);
  put('stderr', `${NAME}: internal error: ${message.split('\n', 1)[0]}\n`);
  return STATUS_MACHINE;
}
