// What each kernel promises of tracing, clause by clause: RFC 0004 (redox-os/rfcs 244f27d) in our own
// words, and the steps of the ptrace test in Redox's acid suite (b0f677c). Where a kernel does
// otherwise, the table says what is seen then, and which known problem or which commit of the kernel
// tells of it. Derived from the documents and the kernel's history, not from runs.

// biome-ignore format: one line
export const KERNELS =
  ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11', 'P12'] as const;
export type KernelName = (typeof KERNELS)[number];

/** Those in which something new came to be used; the others were steps between them. */
export const CHIEF: readonly KernelName[] = ['P1', 'P2', 'P4', 'P5', 'P6', 'P7', 'P9', 'P12'];

/** What is documented to happen in place of what a clause says. */
export interface Deviation {
  readonly from: KernelName;
  readonly to: KernelName;
  /** What the test prints then. */
  readonly saw: string;
  /** A known problem, or the commit of the kernel that did or undid this. */
  readonly see: string;
  /** Only when contexts interleave unluckily: the clause may hold as well. */
  readonly race: boolean;
}

export interface Clause {
  /** By which the program knows it. */
  readonly name: string;
  readonly says: string;
  /** The first kernel that has what the clause is about. */
  readonly since: KernelName;
  readonly deviations: readonly Deviation[];
}

export interface Section {
  /** Source of the program that checks the clauses, beside this file. */
  readonly program: string;
  readonly title: string;
  readonly clauses: readonly Clause[];
}

function clause(
  name: string,
  since: KernelName,
  says: string,
  ...deviations: readonly Deviation[]
): Clause {
  return { name, says, since, deviations };
}

/** `P5` or `P5-P7`, and `P9-` up to the last. */
function differs(kernels: string, saw: string, see: string): Deviation {
  const [from, to = from] = kernels.split('-').map(named);
  return { from, to, saw, see, race: false };
}

function mayDiffer(kernels: string, saw: string, see: string): Deviation {
  return { ...differs(kernels, saw, see), race: true };
}

function named(text: string): KernelName {
  const found = KERNELS.find((kernel) => kernel === (text || KERNELS.at(-1)));
  if (found === undefined) throw new RangeError(`no kernel is called ${text}`);
  return found;
}

const GONE = 'the breakpoint is gone, and the tracee, too';
const NO_WAIT = 'the write does not wait';

const PROCESS_TRACE: Section = {
  program: 'rfc-trace',
  title: 'RFC 0004: tracing, command words, SIGCONT, the end',
  clauses: [
    clause('trace.open', 'P1', 'proc:PID/trace opens, and takes commands'),
    clause('trace.close-resumes', 'P1', 'closing the file resumes a stopped tracee'),
    clause('trace.close-deletes', 'P1', 'closing the file takes away a breakpoint'),
    clause(
      'trace.close-detaches',
      'P1',
      'closing the file makes place for another tracer',
      differs('P1', 'the second attachment is EBUSY', 'KP-47'),
    ),
    clause('trace.one-tracer', 'P1', 'one tracer at a time controls a process'),
    clause('trace.excl-kills', 'P5', 'O_EXCL: closing the file kills the tracee'),
    clause(
      'trace.excl-kills-frozen',
      'P5',
      'O_EXCL: closing the file kills a tracee that O_TRUNC froze',
      differs('P5-P7', 'it stays frozen', 'KP-45'),
    ),
    clause('trace.tracer-ends', 'P1', 'the end of the tracer does what closing does'),
    clause('trace.excl-tracer-ends', 'P5', 'O_EXCL: it kills the tracee'),
    clause('trace.trunc-stops', 'P5', 'O_TRUNC stops the process at once'),
    clause(
      'trace.no-trunc-runs',
      'P1',
      'without O_TRUNC the process runs on',
      differs('P1-P4', 'it is frozen all the same', '3ac1416d'),
    ),
    clause('word.first-reached', 'P5', 'of several stops, the first that is reached counts'),
    clause(
      'word.waits',
      'P1',
      'writing a word waits for its stop',
      differs('P9-', NO_WAIT, '654c0a7b'),
    ),
    clause('word.set-event', 'P5', 'writing a word does not wait while an event is there'),
    clause('word.resumes', 'P1', 'each word resumes a stopped tracee'),
    clause('word.empty-runs', 'P1', 'a word without stops lets the program run to its end'),
    clause(
      'word.wait-only',
      'P1',
      'FLAG_WAIT alone waits for the stop asked for before',
      differs('P9-', GONE, '654c0a7b'),
    ),
    clause('cont.no-restart', 'P1', 'SIGCONT does not restart a frozen tracee'),
    clause(
      'cont.operation-restarts',
      'P1',
      'a word without stops restarts it',
      differs('P5', 'it stays frozen', 'KP-46'),
    ),
    clause(
      'cont.stop-restarts',
      'P1',
      'so does a word with a stop',
      differs('P5', 'it stays frozen', 'KP-46'),
    ),
    clause('cont.close-restarts', 'P1', 'so does closing the file'),
    clause('cont.frozen-holds-signals', 'P1', 'signals wait until a frozen tracee starts'),
    clause(
      'cont.stop-holds-signals',
      'P1',
      'signals wait until a tracee at a breakpoint starts',
      differs('P1-', 'the signal acts at once', 'KP-43'),
    ),
    clause(
      'exit.esrch',
      'P1',
      'the end of the tracee ends a wait with ESRCH',
      differs('P8', 'it gives -19', 'KP-32'),
      mayDiffer('P9-', 'it hangs', 'KP-38'),
    ),
    clause('exit.zombie', 'P1', 'and leaves a zombie, whose status waitpid has at once'),
  ],
};

const STOPS: Section = {
  program: 'rfc-stops',
  title: 'RFC 0004: breakpoints, and what IGNORE calls off',
  clauses: [
    clause('stop.pre', 'P1', 'PRE_SYSCALL stops where the next call begins'),
    clause('stop.pre-without-post', 'P5', 'and not where it ends'),
    clause('stop.post', 'P1', 'POST_SYSCALL stops where a call ends, its result set'),
    clause('stop.step', 'P1', 'SINGLESTEP stops after one instruction'),
    clause(
      'stop.step-over-syscall',
      'P1',
      'also where that instruction is a system call',
      differs('P1-', 'the call and the instruction behind it', '788526a3'),
    ),
    clause('stop.step-and-syscall', 'P5', 'with both, the stop at the call comes first'),
    clause(
      'stop.signal-handled',
      'P4',
      'SIGNAL stops before a signal, and tells it and its handler',
      differs('P4', 'the handler is not told', '3ac1416d'),
    ),
    clause(
      'stop.signal-default',
      'P4',
      'also where the action is SIG_DFL',
      differs('P4', 'the cause is -3', 'KP-13'),
    ),
    clause(
      'stop.signal-ignored',
      'P4',
      'also where the action is SIG_IGN',
      differs('P4', 'the cause is -3', 'KP-13'),
    ),
    clause('stop.int3', 'P6', 'BREAKPOINT stops at int3'),
    clause(
      'stop.int3-default',
      'P1',
      'without a tracer, int3 ends the process with SIGTRAP',
      differs('P1', 'its status is b', 'KP-48'),
    ),
    clause(
      'stop.int3-no-signal',
      'P5',
      'int3 is no signal: SIGNAL does not stop at it',
      differs('P12', 'it stops for signal 5', '103ed1b1'),
    ),
    clause(
      'stop.int3-ignored',
      'P6',
      'IGNORE after the stop calls the SIGTRAP off',
      differs('P10-', 'it dies', '47018381'),
    ),
    clause(
      'stop.int3-not-ignored',
      'P6',
      'and without IGNORE it comes',
      differs('P6-P9', 'its status is 700', 'KP-52'),
    ),
    clause(
      'stop.exit-call',
      'P7',
      'EXIT stops in the exit call, which has no POST_SYSCALL',
      differs('P8', 'then comes -19', 'KP-32'),
    ),
    clause('stop.exit-signal', 'P7', 'EXIT stops after the signal that ends the process'),
    clause('stop.exit-fault', 'P7', 'EXIT stops when a fault ends the process'),
    clause('stop.exit-final', 'P7', 'nothing brings the process back from there'),
    clause('stop.exit-inspect', 'P7', 'memory and registers can be read there'),
    clause(
      'stop.exit-inspect-fault',
      'P7',
      'also after a fault',
      differs('P7-P11', 'registers are ENOTRECOVERABLE', 'KP-30'),
    ),
    clause(
      'flag.ignore-syscall',
      'P1',
      'IGNORE after PRE_SYSCALL: the call is not made, the tracer gives its result',
      differs('P1-P4', 'the call is made', 'KP-15'),
    ),
    clause(
      'flag.ignore-alone',
      'P6',
      'also in a word without stops',
      differs('P6-', 'the call is made', 'KP-51'),
    ),
    clause('flag.ignore-signal', 'P6', 'IGNORE after SIGNAL: the signal is dropped'),
    clause('flag.ignore-sigkill', 'P6', 'but not if it is SIGKILL'),
  ],
};

const EVENTS: Section = {
  program: 'rfc-events',
  title: 'RFC 0004: events, reading, FLAG_WAIT, nonblocking mode',
  clauses: [
    clause('event.clone-told', 'P3', 'CLONE wakes the tracer with the pid of a new child'),
    clause('event.clone-runs-on', 'P3', 'and does not stop the tracee'),
    clause('event.clone-frozen', 'P3', 'but the child'),
    clause('event.clone-restarts', 'P3', 'which the next word restarts'),
    clause(
      'event.clone-unread-restarts',
      'P3',
      'also if the event was not read',
      differs('P6-', 'it stays frozen', 'a7b2bd22'),
    ),
    clause('event.clone-kept', 'P3', 'unless it has a tracer of its own'),
    clause('read.structure', 'P5', 'events are PtraceEvent structures with their cause'),
    clause(
      'read.no-wait',
      'P3',
      'reading does not wait: without an event it gives 0',
      differs('P9-', 'the read waits', '654c0a7b'),
    ),
    clause(
      'read.order',
      'P5',
      'the first event comes out last',
      differs('P5-', 'first in, first out', 'be867ae5'),
    ),
    clause(
      'read.retry-by-wait',
      'P5',
      'FLAG_WAIT waits on for the stop after other events',
      differs('P9-', GONE, '654c0a7b'),
    ),
    clause('read.unread-ends-wait', 'P3', 'an unread event ends the next wait at once'),
    clause('read.cause-is-first', 'P5', 'the cause is what came first of all that was asked for'),
    clause(
      'flag.wait-waits',
      'P5',
      'FLAG_WAIT makes a write wait in spite of O_NONBLOCK',
      differs('P9-', NO_WAIT, '654c0a7b'),
    ),
    clause(
      'flag.wait-no-restart',
      'P1',
      'FLAG_WAIT alone does not restart a stopped tracee',
      differs('P9-', 'it runs on', '654c0a7b'),
    ),
    clause(
      'nonblock.returns-1',
      'P1',
      'a write that does not wait returns 1',
      differs('P5-', 'it returns 8', '3ac1416d'),
    ),
    clause('nonblock.overwrites', 'P1', 'and replaces the stops asked for before'),
    clause('nonblock.multiplexed', 'P5', 'event: tells which of several tracees stopped'),
    clause(
      'nonblock.event-read',
      'P5',
      'by EVENT_READ, at the first event',
      differs('P5', 'nothing is told of a stop', 'a7b2bd22'),
    ),
    clause(
      'nonblock.only-asked',
      'P3',
      'there are no events but those asked for',
      differs('P3-P5', 'a clone is told that nobody asked for', '0e2b0d0f'),
    ),
    clause(
      'nonblock.event-write',
      'P5',
      'and no EVENT_WRITE',
      differs('P5', 'EVENT_WRITE is told', 'a7b2bd22'),
    ),
  ],
};

const FILES: Section = {
  program: 'rfc-files',
  title: 'RFC 0004: registers, memory, security, the example',
  clauses: [
    clause(
      'regs.int-read',
      'P1',
      'regs/int shows all integer registers',
      differs('P1', 'rsp reads as 0', '6fbb4fba'),
    ),
    clause('regs.int-write', 'P1', 'and changes them: a call and its argument'),
    clause(
      'regs.int-write-preserved',
      'P1',
      'registers that calls preserve',
      differs('P1', 'it keeps rbx', '6fbb4fba'),
    ),
    clause(
      'regs.int-write-rip',
      'P1',
      'the instruction pointer',
      differs('P2-P4', 'it keeps rip', '11376928'),
    ),
    clause(
      'regs.int-write-all',
      'P1',
      'the stack pointer and the flags',
      differs('P1', 'it keeps rsp', '6fbb4fba'),
      differs('P2-', 'it keeps rsp and rflags', '2544feb3'),
    ),
    clause(
      'regs.float-read',
      'P1',
      'regs/float shows x87 and SSE registers',
      differs('P1', 'the read gives error 9', '6fbb4fba'),
    ),
    clause(
      'regs.float-write',
      'P1',
      'and changes them',
      differs('P1', 'the kernel panics', '6fbb4fba'),
    ),
    clause(
      'mem.read',
      'P1',
      'mem reads memory',
      differs('P1', 'the read gives error 9', '6fbb4fba'),
    ),
    clause(
      'mem.write',
      'P1',
      'and writes it',
      differs('P1', 'the write gives error 9', '6fbb4fba'),
    ),
    clause(
      'mem.seek',
      'P1',
      'at the position of the file',
      differs('P1', 'the seek gives -9', '6fbb4fba'),
    ),
    clause('security.owner', 'P1', 'a user may not trace processes of another user'),
    clause(
      'security.owner-not-group',
      'P1',
      'not even of his own group',
      differs('P1-', 'its group is enough', '788526a3'),
    ),
    clause('security.ancestor-direct', 'P1', 'a process may trace its children'),
    clause('security.ancestor-indirect', 'P1', 'and their children'),
    clause('security.thread', 'P1', 'and their threads'),
    clause(
      'security.not-ancestor',
      'P1',
      'but nobody else of the same user',
      differs('P1-P2', "a sibling's open is allowed", 'KP-11'),
    ),
    clause('security.root', 'P1', 'root may trace any process'),
    clause(
      'security.root-not-group',
      'P1',
      "but not root's group",
      differs('P1-', "root's group may, too", '788526a3'),
    ),
    clause('security.namespace', 'P1', 'a namespace without proc: has no tracing'),
    clause(
      'example',
      'P5',
      "the RFC's example replaces a call by exit (with rax for its orig_rax)",
      differs('P5', 'it hangs', 'KP-46'),
    ),
  ],
};

const ACID: Section = {
  program: 'acid',
  title: "acid's ptrace test, step by step",
  clauses: [
    clause('acid.01', 'P1', 'waitpid sees the tracee stop itself'),
    clause('acid.02', 'P1', 'trace, registers and memory open, by open and by dup'),
    clause('acid.03', 'P1', 'SIGCONT does not move the tracee'),
    clause('acid.04', 'P1', 'one step leaves the call and makes the instruction behind it'),
    clause('acid.05', 'P1', 'six steps show rax as the program has it'),
    clause(
      'acid.06',
      'P1',
      'the stack is read after three steps, and the position moves',
      differs('P1', 'the read gives error 9', '6fbb4fba'),
    ),
    clause(
      'acid.07',
      'P1',
      'st0 has a root after three steps, the others are 0',
      differs('P1', 'the read gives error 9', '6fbb4fba'),
    ),
    clause('acid.08', 'P5', 'PRE_SYSCALL stops at clone'),
    clause('acid.09', 'P5', 'the child is told first, then the end of the call with its pid'),
    clause('acid.10', 'P5', 'the next word lets the child run, which the tracee waits for'),
    clause(
      'acid.11',
      'P5',
      'a second child is traced from its start to ESRCH at its end',
      differs('P5', 'the child stays frozen', 'KP-46'),
      differs('P8', 'its end gives -19', 'KP-32'),
    ),
    clause('acid.12', 'P5', 'the tracee goes on to its kill'),
    clause('acid.13', 'P5', 'which stops for SIGUSR1, with its handler'),
    clause('acid.14', 'P5', 'the calls of the handler come before the end of kill, twice'),
    clause('acid.15', 'P5', 'asked for both, the signal comes before the end of kill'),
    clause(
      'acid.16',
      'P6',
      'IGNORE skips the handler, and the tracee survives an int3',
      differs('P10-', 'rip is at the int3, which would be met again', '47018381'),
    ),
    clause(
      'acid.17',
      'P5',
      'without waiting: EAGAIN, registers of a running tracee, its SIGSTOP',
      differs('P5-P8', 'without an event, the read gives 0', '654c0a7b'),
    ),
    clause(
      'acid.18',
      'P5',
      'event: tells of a stop; the last read gives 0',
      differs('P5', 'nothing is told', 'a7b2bd22'),
    ),
    clause('acid.19', 'P5', 'IGNORE skips getpid, whose result the tracer gives'),
    clause(
      'acid.20',
      'P7',
      'EXIT stops with the status, and then comes ESRCH',
      differs('P8', 'then comes -19', 'KP-32'),
    ),
    clause('acid.21', 'P5', 'waitpid has the status at once'),
    clause(
      'acid.22',
      'P1',
      'nothing else can be opened: EPERM or ESRCH',
      differs('P1-P2', 'its own files can be opened', 'KP-11'),
    ),
  ],
};

export const SECTIONS: readonly Section[] = [PROCESS_TRACE, STOPS, EVENTS, FILES, ACID];

export type Expectation =
  | { readonly kind: 'n/a' }
  | { readonly kind: 'holds' | 'differs' | 'may differ'; readonly deviation?: Deviation };

const place = (kernel: KernelName): number => KERNELS.indexOf(kernel);

/** What is expected of a kernel. */
export function expectationOf({ since, deviations }: Clause, kernel: KernelName): Expectation {
  const at = place(kernel);
  if (at < place(since)) return { kind: 'n/a' };
  const deviation = deviations.find(({ from, to }) => place(from) <= at && at <= place(to));
  if (deviation === undefined) return { kind: 'holds' };
  return { kind: deviation.race ? 'may differ' : 'differs', deviation };
}
