// What a client of ptrace: writes to the daemon: four words, and registers for SETREGS; and what it
// then reads. A scheme of our own: Redox never had it.

import type { Decoded } from '../../kernel-sim/abi/layout.js';
import { isize, layout } from '../../kernel-sim/abi/layout.js';

/** `request` is a PTRACE_* number or one of those below. `data`: a signal, options, or a pid. */
export const Message = layout(24, { request: isize(0), pid: isize(8), data: isize(16) });
export type Message = Decoded<typeof Message.fields>;

/** Whether `pid` is traced by the caller: 1 or 0. */
export const IS_TRACED = -1;
/** waitpid(`pid`, options in `data`): 1 when there is an answer to read, 0: ask the kernel. */
export const WAIT = -2;

/** The answer to WAIT. */
export const WaitAnswer = layout(16, { pid: isize(0), status: isize(8) });
