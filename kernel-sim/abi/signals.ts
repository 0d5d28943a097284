// Signal numbers and what goes with sigaction and sigprocmask, redox_syscall 2019-2020. The numbers
// are Linux's on x86_64; what they are for says signal(7).

/** Hang-up of the terminal, or the end of the process that controls it. */
export const SIGHUP = 1;
/** Interrupt from the keyboard. */
export const SIGINT = 2;
/** Quit from the keyboard. */
export const SIGQUIT = 3;
/** An illegal instruction. */
export const SIGILL = 4;
/** A breakpoint or single step; on Linux, of ptrace stops, too. */
export const SIGTRAP = 5;
/** abort(). */
export const SIGABRT = 6;
/** A bad access to memory: alignment, or a file that ends before. */
export const SIGBUS = 7;
/** An arithmetic exception: division by zero, or of floating point. */
export const SIGFPE = 8;
/** Ends a process; Linux lets nobody catch it, Redox of these years does. */
export const SIGKILL = 9;
/** For programs to use. */
export const SIGUSR1 = 10;
/** An invalid access to memory. */
export const SIGSEGV = 11;
/** For programs to use. */
export const SIGUSR2 = 12;
/** A write to a pipe that nobody reads. */
export const SIGPIPE = 13;
/** alarm(). */
export const SIGALRM = 14;
/** Asks a process to end. */
export const SIGTERM = 15;
/** A fault of the coprocessor's stack; unused. */
export const SIGSTKFLT = 16;
/** A child stopped or ended; Redox's kernel never sends it. */
export const SIGCHLD = 17;
/** Goes on if stopped. */
export const SIGCONT = 18;
/** Stops a process; Linux lets nobody catch it. What relibc says of every ptrace stop. */
export const SIGSTOP = 19;
/** Stop from the keyboard. */
export const SIGTSTP = 20;
/** Reads from the terminal, in the background. */
export const SIGTTIN = 21;
/** Writes to the terminal, in the background. */
export const SIGTTOU = 22;
/** Urgent data on a socket. */
export const SIGURG = 23;
/** A limit of CPU time is exceeded. */
export const SIGXCPU = 24;
/** A limit of the size of files is exceeded. */
export const SIGXFSZ = 25;
/** A timer of the time in user mode. */
export const SIGVTALRM = 26;
/** A timer for profiles. */
export const SIGPROF = 27;
/** The size of the terminal changed. */
export const SIGWINCH = 28;
/** Input or output is possible. */
export const SIGIO = 29;
/** Power is failing. */
export const SIGPWR = 30;
/** A system call that does not exist; on Linux, of seccomp. */
export const SIGSYS = 31;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

// The kernel of these years stores the flags of an action and heeds none of them.
export const SA_NOCLDSTOP = 0x00000001;
export const SA_NOCLDWAIT = 0x00000002;
export const SA_SIGINFO = 0x00000004;
export const SA_RESTORER = 0x04000000;
export const SA_ONSTACK = 0x08000000;
export const SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000;
export const SA_RESETHAND = 0x80000000;

/** sigaction and kill accept signals below this one. */
export const SIGNAL_LIMIT = 0x7f;

const NAMES: readonly string[] = [
  '',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
];

/** The name of a signal, or `signal 40` when it has none. */
export function signalName(signal: number): string {
  return NAMES[signal] || `signal ${signal}`;
}
