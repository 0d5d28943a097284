// What a tracer observed in one run, in its order and in words that two runs have in common: pids
// as p1, p2, numbers of system calls as names, addresses of the stack as such.

/** One call by which a tracer lives. `process` is `p1`, `p2`, `tracer`, or `any` child. */
export type Seen = {
  /** 0 or more, or `never` returned; an error's name if it failed. */
  readonly result: string;
} & (
  | {
      readonly call: 'ptrace';
      readonly request: string;
      readonly process: string;
      /** Where the request means something by it. */
      readonly address?: string;
      /** The signal, options or word that the tracer gave; or the word it got. */
      readonly data?: string;
      /** Of GETREGS and SETREGS, GETFPREGS and SETFPREGS, GETSIGINFO. */
      readonly registers?: Readonly<Record<string, string>>;
    }
  | {
      readonly call: 'wait';
      readonly process: string;
      readonly options: string;
      /** Who it was, if that was not known before. */
      readonly found?: string;
      readonly status?: string;
      /** How often it said so, if more than once: a tracer that polls. */
      readonly times?: number;
      /** By the other system call for it. */
      readonly by?: 'waitid';
    }
  /** `process` is `thread` where one was started; else the result is the new process. */
  | { readonly call: 'fork'; readonly process: string }
  /** A call that tracers make as well: alarm, process_vm_readv, open of a file of /proc. */
  | {
      readonly call: 'other';
      readonly process: string;
      readonly name: string;
      readonly argument?: string;
    }
  | { readonly call: 'kill'; readonly process: string; readonly signal: string }
  | { readonly call: 'write'; readonly process: string; readonly fd: number; readonly text: string }
  | { readonly call: 'exit'; readonly process: string; readonly status: number }
);

/** How a run ended. */
export type End =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'deadlock'; readonly waiting: readonly Waiting[] }
  /** It was stopped after so many instructions, calls, seconds or bytes of output. */
  | { readonly kind: 'endless'; readonly after: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Of longer runs the rest is left out. */
export const CALLS_MAX = 20_000;
/** Calls, and bytes of each stream of output, after which a run counts as endless. */
export const CALLS_LIMIT = 100_000;
export const OUTPUT_LIMIT = 1024 * 1024;

/** A process that waits, and for what. */
export interface Waiting {
  readonly process: string;
  readonly what: string;
}

export interface Recording {
  /** `linux`, or a C library's profile. */
  readonly on: string;
  /** The simulated kernel. */
  readonly kernel?: string;
  /** The file that ran, as it was named. */
  readonly program: string;
  readonly args: readonly string[];
  /** Of the simulated processes; Linux's are not the same twice. */
  readonly pids?: Readonly<Record<string, number>>;
  /** Of simulated processes: the exceptions that became signals, `int3` and others by number. */
  readonly exceptions?: Readonly<Record<string, readonly string[]>>;
  readonly seen: readonly Seen[];
  /** There was more to see, which is left out. */
  readonly cut?: true;
  readonly stdout: string;
  readonly stderr: string;
  readonly end: End;
}

/** The call without what came of it, in the words of C. */
export function callText(seen: Seen): string {
  switch (seen.call) {
    case 'ptrace': {
      const { request, process, address, data } = seen;
      const word = data !== undefined && !READS_WORD.has(request) ? `, ${data}` : '';
      const who = request === 'PTRACE_TRACEME' ? '' : ` ${process}`;
      return `${request}${who}${address === undefined ? '' : `, ${address}`}${word}`;
    }
    case 'wait':
      return `${seen.by ?? 'waitpid'} ${seen.process}${seen.options === '0' ? '' : `, ${seen.options}`}`;
    case 'fork':
      return seen.process === 'thread' ? 'start a thread' : 'fork';
    case 'other':
      return seen.argument === undefined ? seen.name : `${seen.name} ${seen.argument}`;
    case 'kill':
      return `kill ${seen.process}, ${seen.signal}`;
    case 'write':
      return `write ${seen.fd}, ${JSON.stringify(seen.text)}`;
    case 'exit':
      return `exit ${seen.status}`;
  }
}

/** Requests whose word is their result. */
export const READS_WORD: ReadonlySet<string> = new Set([
  'PTRACE_PEEKTEXT',
  'PTRACE_PEEKDATA',
  'PTRACE_PEEKUSER',
  'PTRACE_GETEVENTMSG',
]);

/** The registers worth a place in a line. */
const SHOWN = ['orig_rax', 'rax', 'rdi', 'rip', 'si_signo', 'si_addr', 'st0'] as const;

/** What came of it; empty when nothing is worth saying. */
export function resultText(seen: Seen): string {
  if (seen.result === 'never') return seen.call === 'exit' ? '' : 'never returns';
  if (/^E[A-Z]/.test(seen.result)) return seen.result;
  switch (seen.call) {
    case 'ptrace': {
      const { registers, request, data } = seen;
      if (READS_WORD.has(request)) return data ?? '';
      if (registers === undefined) return '';
      const shown = SHOWN.filter((name) => registers[name] !== undefined);
      return shown.map((name) => `${name}=${registers[name]}`).join(' ');
    }
    case 'wait':
      return seen.status === undefined
        ? `${seen.result}${(seen.times ?? 1) > 1 ? `, ${seen.times} times` : ''}`
        : `${seen.found === undefined ? '' : `${seen.found} `}${seen.status}`;
    case 'fork':
      return seen.result;
    default:
      return '';
  }
}

export function seenText(seen: Seen): string {
  const result = resultText(seen);
  return result === '' ? callText(seen) : `${callText(seen)} → ${result}`;
}

export function endText(end: End): string {
  switch (end.kind) {
    case 'exited':
      return `exits with ${end.status}`;
    case 'killed':
      return `is killed by ${end.signal}`;
    case 'deadlock':
      return 'waits for ever';
    case 'endless':
      return `runs on without end (stopped after ${end.after})`;
    case 'failed':
      return `cannot go on: ${end.reason}`;
  }
}
