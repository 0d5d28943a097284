// What a tracer has done up to a line of a comparison, as far as reasons look back.
import type { Recording, Seen } from './recording.js';

const RESUMES = /^PTRACE_(?:CONT|SYSCALL|SINGLESTEP|SYSEMU|SYSEMU_SINGLESTEP)$/;
const TIMERS: ReadonlySet<string> = new Set(['alarm', 'setitimer']);

export class History {
  /** It has asked for a signal by the clock. */
  timer = false;
  /** It has more than one thread. */
  threads = false;
  /** It had set a result in rax, which relibc takes from orig_rax instead. */
  setResult = false;
  readonly #resumed = new Map<string, string>();
  readonly #sysemu = new Set<string>();
  readonly #waited = new Set<string>();

  constructor(readonly here: Recording) {}

  /** The request by which a process was last resumed. */
  lastResume(process: string): string | undefined {
    return this.#resumed.get(process);
  }

  emulates(process: string): boolean {
    return this.#sysemu.has(process);
  }

  waitedFor(process: string): boolean {
    return this.#waited.has(process);
  }

  /** Whether the process met an exception, such as `int3`. */
  met(process: string, exception: string): boolean {
    return this.here.exceptions?.[process]?.includes(exception) ?? false;
  }

  add(seen: Seen): void {
    const { process } = seen;
    if (seen.call === 'wait') this.#waited.add(process).add(seen.result);
    if (seen.call === 'fork' && process === 'thread') this.threads = true;
    if (seen.call === 'other' && TIMERS.has(seen.name)) this.timer = true;
    if (seen.call !== 'ptrace') return;
    const { request, registers } = seen;
    if (RESUMES.test(request)) this.#resumed.set(process, request);
    if (request === 'PTRACE_SYSEMU') this.#sysemu.add(process);
    if (request === 'PTRACE_SETREGS') {
      const { rax, orig_rax = '' } = registers ?? {};
      if (rax !== plain(orig_rax) && !orig_rax.startsWith('rax')) this.setResult = true;
    }
  }
}

/** The number before the name that it may stand for: `7 (wait4?)`. */
export function plain(word: string | undefined): string | undefined {
  return word?.replace(/ \(.*\)$/, '');
}
