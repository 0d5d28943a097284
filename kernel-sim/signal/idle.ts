// Signals to the idle contexts, which are the kernel's own threads: root may send them. Source: exit
// of 2019 (syscall/process.rs): when context 1 ends, SIGTERM resets the machine, and everything else
// stops it. The idle context of another CPU leaves that one with nobody to run.
import {
  SIGCHLD,
  SIGCONT,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  signalName,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { IDLE_PID } from '../contexts.js';
import { KernelPanic } from '../panic.js';

/** Being stopped makes no difference to somebody who only waits. */
const HARMLESS = new Set([SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);

/** @throws KernelPanic when the context ends by it */
export function signalIdle({ pid }: Context, signal: number): void {
  if (HARMLESS.has(signal)) return;
  const reset = pid === IDLE_PID && signal === SIGTERM;
  const outcome = reset ? 'the machine is reset' : 'the machine stops';
  throw new KernelPanic(
    `${signalName(signal)} ended pid ${pid}, a thread of the kernel: ${outcome}`,
  );
}
