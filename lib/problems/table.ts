// The known problems of tracing on Redox in 2019 and 2020, as data: what goes wrong, where that is
// written, which revisions have it, and what Linux does instead. Revisions are commits of
// redox-os/kernel unless said otherwise; P1 to P12 are the kernel profiles that show them.

/** A known problem of tracing on Redox. */
export interface Problem {
  /** `KP-01`: stable, and what `relibc-ptrace problems` takes. */
  readonly id: string;
  readonly title: string;
  /** Whether the project's own documents tell of it, or it follows from its code only. */
  readonly kind: 'documented' | 'derived';
  /** The documents. */
  readonly documented: string;
  /** What leads to it and what is seen then, in a sentence or two. */
  readonly explanation: string;
  /** Revisions that have it. */
  readonly affected: string;
  /** Where it was repaired. */
  readonly fixed: string;
  /** What Linux does, in a line. */
  readonly linux: string;
  /** What running showed, where it is not what the documents say or the code seemed to mean. */
  readonly finding?: string;
}

const NEVER = 'never (as of 2021-12)';
const NO_COUNTERPART = 'has no counterpart';
const DERIVED = { kind: 'derived', documented: 'derived from the code' } as const;

function documented(where: string) {
  return { kind: 'documented', documented: where } as const;
}

/** All of them, KP-01 to KP-69. */
export const PROBLEMS: readonly Problem[] = [
  {
    id: 'KP-01',
    title: 'waitpid does not see ptrace stops',
    ...documented('blog part 4, issue 1'),
    explanation:
      'A ptrace stop is no stop of the process, so the kernel’s waitpid waits on until the tracee really stops or ends.',
    affected: 'every kernel',
    fixed: 'only emulated, by relibc f389010f and later',
    linux: 'waitpid reports each ptrace stop as a stop status (ptrace(2), "Stopped states")',
  },
  {
    id: 'KP-02',
    title: 'PTRACE_TRACEME does nothing',
    ...documented('blog part 4, issue 2'),
    explanation:
      'The first stop of a child that asked to be traced is discarded, because its parent did not ask for stops; and any process can be traced whether it asked or not.',
    affected: 'relibc f389010f',
    fixed: 'relibc 82abb331: a marker in chan: and WUNTRACED always',
    linux: 'reports the stop of a traced child without WUNTRACED; ESRCH for anybody else',
  },
  {
    id: 'KP-03',
    title: 'A child cannot tell its parent in memory that it is traced',
    ...documented('blog part 4'),
    explanation:
      'fork copies memory, so what a child notes down in its own copy its parent’s ptrace layer never sees.',
    affected: 'every kernel; a constraint of the design',
    fixed: 'relibc 82abb331 tells it by a file of chan:',
    linux: 'the kernel keeps the state of tracing',
  },
  {
    id: 'KP-04',
    title: 'The trap flag set during a signal is lost',
    ...documented('blog part 2, issue 1'),
    explanation:
      'SINGLESTEP of a process in SIGSTOP’s handling sets RFLAGS.TF in registers that sigreturn then replaces: the step never stops.',
    affected: 'the author’s branch, June 2019',
    fixed:
      '788526a3: the flag goes into the kept registers (since 6a3825d4 only for SIG_DFL, SIG_IGN)',
    linux: 'the flag goes into the registers of user mode, whatever the kernel is doing',
  },
  {
    id: 'KP-05',
    title: 'The trap flag reaches the kernel’s system-call handler',
    ...documented('blog part 2, issue 2'),
    explanation:
      'Without TF in the FMASK register a single-stepped syscall instruction traps inside of the kernel, on each of its instructions.',
    affected: 'FMASK 0x200: before 788526a3',
    fixed: '788526a3: FMASK 0x300',
    linux: 'masks TF on entry',
  },
  {
    id: 'KP-06',
    title: 'RFLAGS = TF where RFLAGS |= TF was meant',
    ...documented('blog part 2, issue 3'),
    explanation:
      'Each step clears every other flag, so that comparisons come out wrong, branches go where they never could, and a page fault ends it.',
    affected: 'the author’s branch, dcad3bbe',
    fixed: 'before 788526a3',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-07',
    title: 'clone returns to a wrong frame',
    ...documented('blog part 1'),
    explanation:
      'Saved registers gained a field, and a child still left clone as if they had not: what it finds in its registers is shifted, and its system calls fail with ESRCH.',
    affected: 'the author’s branch, ccaaf08e',
    fixed: '788526a3: the child leaves by the same way as its parent, with rax = 0 in its copy',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-08',
    title: 'The tracer is told of an exit before there is one',
    ...documented('commit message of e3d8f23c'),
    explanation:
      'Exit notified the tracer and closed files afterwards. When a close sleeps, the tracer’s write returns 1, as for a stop that was reached, while the tracee has not exited yet.',
    affected: 'P1, P2 before e3d8f23c',
    fixed: 'e3d8f23c: after the status; a7da393c: after the parent was told as well',
    linux: 'the exit is reported when the zombie is there',
    finding:
      'Every tracee of relibc 82abb331 has such a file, its marker: on P2 waitpid pretends one stop more at the exit, and the next waits for ever.',
  },
  {
    id: 'KP-09',
    title: 'Memory is copied through an array on the kernel’s stack',
    ...documented('blog part 3'),
    explanation: 'A transfer of proc:PID/mem could be no longer than the array.',
    affected: 'the author’s branch, before 6fbb4fba',
    fixed: '6fbb4fba: the tracee’s frames are mapped into the tracer',
    linux: 'transfers of any length, page by page',
  },
  {
    id: 'KP-10',
    title: 'The structure of floating-point registers has a wrong tag word',
    ...documented('commit message of redox_syscall 49dd222'),
    explanation:
      'Its tag word was 16 bits wide and took the reserved byte beside it; a program that used it read a tag that is none.',
    affected: 'redox_syscall f8eda5c (P1, which served no floats either)',
    fixed: 'redox_syscall 49dd222; floats are served since 6fbb4fba',
    linux: 'user_fpregs_struct is the FXSAVE image',
  },
  {
    id: 'KP-11',
    title: 'Everybody of the same user may look into a process',
    ...documented('commit message of 788526a3; blog part 5'),
    explanation: 'A process opens the registers of its parent or of a sibling.',
    affected: 'before 3d442424 (P1, P2)',
    fixed: '3d442424: only of its descendants (then not of its own, until f94dc3be)',
    linux: 'same user, dumpable, and what Yama says',
  },
  {
    id: 'KP-12',
    title: 'Signals come between the two stops of a call',
    ...documented('blog part 5'),
    explanation:
      'A process that sends itself a signal runs the handler before its kill returns, so the stops are kill’s entry, the handler’s calls, sigreturn’s entry, kill’s end. A tracer that has only one operation for both kinds mistakes all that follow.',
    affected: 'P1 to P4',
    fixed: '3ac1416d (P5): two bits tell them apart; the order is meant',
    linux: 'a signal is delivered after the syscall-exit-stop',
  },
  {
    id: 'KP-13',
    title: 'Signals without a handler cannot be stopped at',
    ...documented('blog part 5'),
    explanation: 'SIGTERM is announced by an event, and ends the tracee all the same.',
    affected: 'P4',
    fixed: '3ac1416d: a stop for every signal; ad5f3814: IGNORE drops it',
    linux: 'signal-delivery-stop for all but SIGKILL, and the tracer decides',
  },
  {
    id: 'KP-14',
    title: 'Events that were not read end a wait at once',
    ...documented('blog parts 5 and 6; RFC 0004'),
    explanation:
      'A blocking write returns immediately if an event is still queued, though the tracee is running by then.',
    affected: 'P3 to P8; meant so',
    fixed: 'cbb17327 (P9): reading waits',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-15',
    title: 'One operation at a time, and SYSEMU before the call is known',
    ...documented('blog parts 5 and 6'),
    explanation:
      'Single steps and system-call stops exclude each other, and whether a call is skipped is said before it is made.',
    affected: 'P1 to P4',
    fixed: '3ac1416d (P5): flags that combine; the word after the stop decides',
    linux: 'PTRACE_SINGLESTEP stops at everything else that was asked for, and so on',
  },
  {
    id: 'KP-16',
    title: 'int3 ends the process',
    ...documented('blog part 7'),
    explanation: 'A handler for SIGTRAP never runs, and no signal is reported: the status is 5.',
    affected: 'P2 to P11',
    fixed: '40449d32 lets a tracer catch it; 103ed1b1 (P12) makes it a signal',
    linux: 'sends SIGTRAP',
  },
  {
    id: 'KP-17',
    title: 'RIP lies after the int3',
    ...documented('the gdb series, part 1'),
    explanation:
      'A debugger that puts 0xCC over an instruction, and resumes without moving RIP, resumes inside of it.',
    affected: 'P6 to 47018381',
    fixed: '47018381: the kernel subtracts 1',
    linux: 'RIP lies after the int3, too; the debugger subtracts',
  },
  {
    id: 'KP-18',
    title: 'orig_rax is rax, and what is written to rax is lost',
    ...documented('comments in relibc’s code; the example of RFC 0004'),
    explanation:
      'At the end of a call orig_rax holds the result, and SETREGS takes rax from orig_rax.',
    affected: 'relibc f389010f and later',
    fixed: NEVER,
    linux: 'orig_rax is the call’s number at both stops, and rax can be set',
  },
  {
    id: 'KP-19',
    title: 'Every stop looks like SIGSTOP',
    ...documented('blog part 4'),
    explanation: 'relibc’s waitpid gives 0x137f for each ptrace stop, of whatever kind.',
    affected: 'relibc f389010f and later',
    fixed: NEVER,
    linux: 'SIGTRAP (with 0x80 after TRACESYSGOOD), the signal itself, or SIGTRAP | event << 8',
  },
  {
    id: 'KP-20',
    title: 'Waiting for any child does not see stops',
    ...documented('comments in relibc’s code; commit message of relibc e90fa3e3'),
    explanation:
      'waitpid(-1), (0) and of groups ask the kernel only; and until e90fa3e3 they looked for a marker of pid 0 each time.',
    affected: 'relibc f389010f and later',
    fixed: 'the look for a marker: relibc e90fa3e3; the rest never',
    linux: 'all forms report ptrace stops',
  },
  {
    id: 'KP-21',
    title: 'waitpid locks other threads out',
    ...documented('commit message of relibc c51aec1a'),
    explanation:
      'The table of sessions is locked while waitpid waits. If what is waited for depends on another thread that uses ptrace or waitpid, both wait for ever.',
    affected: 'relibc f389010f to c51aec1a',
    fixed: 'relibc c51aec1a: each thread has its own table (which is KP-58)',
    linux: 'no such lock',
  },
  {
    id: 'KP-22',
    title: 'TRACEME after waitpid began is not seen',
    ...documented('relibc’s tests/ptrace.c, whose child sleeps first'),
    explanation:
      'A parent waits already when its child asks to be traced and stops: the stop is discarded.',
    affected: 'relibc f389010f',
    fixed: 'relibc 82abb331: WUNTRACED always, and the marker is looked for again',
    linux: 'works',
  },
  {
    id: 'KP-23',
    title: 'The first stop is the end of the call that stopped the child',
    ...documented('comment in relibc a1e45941'),
    explanation:
      'The child sits in kill(SIGSTOP) when it is attached to. The first PTRACE_SYSCALL stops at the end of this kill, so that entries and ends are mistaken for each other from there on.',
    affected: 'relibc 72c2f59f with P5 and later',
    fixed: 'relibc a1e45941: the first request asks for entries only',
    linux: 'the next syscall-stop is the next entry',
  },
  {
    id: 'KP-24',
    title: 'waitpid tests the pid where it means the status',
    ...documented('commit message of relibc 825e5c77'),
    explanation:
      'A child that is not traced stops, and waitpid reports it without WUNTRACED. If the low byte of a child’s pid is 0x7f, its exit is taken for a stop and lost.',
    affected: 'relibc 82abb331 to 825e5c77',
    fixed: 'relibc 825e5c77 (2023-06-24)',
    linux: 'such stops are not reported without WUNTRACED',
  },
  {
    id: 'KP-25',
    title: 'WTERMSIG gives 1 for every signal',
    ...documented('commit message of relibc 37b60b67'),
    explanation: 'The macro compares where it should mask.',
    affected: 'relibc f389010f to 37b60b67',
    fixed: 'relibc 37b60b67 (2025-04-16)',
    linux: 'the number of the signal: 11 for SIGSEGV',
  },
  {
    id: 'KP-26',
    title: 'A tracer may write CS',
    ...documented('commit message of 2544feb3; blog part 7'),
    explanation:
      'A tracee whose CS is set to the kernel’s selector goes on with the kernel’s privilege.',
    affected: 'P1 (rflags and fs, too), and 11376928 to 2544feb3 (P5, P6)',
    fixed: '2544feb3',
    linux: 'refuses selectors of the wrong privilege (EIO)',
  },
  {
    id: 'KP-27',
    title: 'A tracer killed in its write spins on its own lock',
    ...documented('commit message of ab1a12ad'),
    explanation:
      'The blocked write holds its handle’s lock; the exit of the tracer closes the same handle.',
    affected: '6fbb4fba to ab1a12ad (P2 to P6)',
    fixed: 'ab1a12ad (P7)',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-28',
    title: 'Memory of any size is mapped at once',
    ...documented('comment of 070f1fa9'),
    explanation:
      'A large read of proc:PID/mem maps every page of it into the tracer together, and gives all or nothing.',
    affected: '6fbb4fba and later',
    fixed: NEVER,
    linux: 'goes page by page, and gives what it got when a page is missing',
  },
  {
    id: 'KP-29',
    title: 'There is no stop at exec',
    ...documented('the gdb series, part 0'),
    explanation:
      'Traced fexec stops at its entry, and the next stop is wherever the new program calls the kernel first.',
    affected: 'before 7fc49eed',
    fixed: '7fc49eed: STOP_EXEC; 039f7f5c: TF is carried through fexec instead',
    linux: 'SIGTRAP, or PTRACE_EVENT_EXEC',
  },
  {
    id: 'KP-30',
    title: 'A process that dies of a fault has no registers',
    ...documented('commit message of 103ed1b1'),
    explanation: 'At the STOP_EXIT that a page fault leads to, regs/int gives ENOTRECOVERABLE.',
    affected: 'P7 to 103ed1b1',
    fixed: '103ed1b1 for exceptions with an error code, 56f55a3b for all (P12)',
    linux: 'registers can be read',
  },
  {
    id: 'KP-31',
    title: 'Looking at the registers unfreezes the tracee',
    ...documented('commit message of 3420339c'),
    explanation:
      'Reading regs/int stops the tracee for a moment, and lets it go afterwards even if O_TRUNC had frozen it.',
    affected: '3ac1416d to 3420339c (P5 to P7)',
    fixed: '3420339c, 727217ad (P8)',
    linux: 'it stays stopped',
  },
  {
    id: 'KP-32',
    title: 'ENODEV instead of ESRCH',
    ...documented('commit message of 9c891384'),
    explanation: 'Exit took the session away, so the tracer’s next write finds no device.',
    affected: 'P8 (12f63283 to 9c891384)',
    fixed: '9c891384 (P9)',
    linux: 'ESRCH',
  },
  {
    id: 'KP-33',
    title: 'A wake-up between the notice and the sleep is lost',
    ...documented('commit message of 75872cc5; comment in fdf46d80'),
    explanation:
      'With two CPUs the tracer may resume its tracee after this announced its stop, but before it sleeps: nobody wakes it again.',
    affected: '788526a3 to 75872cc5, on several CPUs',
    fixed: '75872cc5: the lock is held until the sleeper is in the list',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-34',
    title: 'PTRACE_FLAG_WAIT means two things',
    ...documented('the gdb series, part 0'),
    explanation:
      'A word with it resumes and waits, or only waits, as its other bits say; on a blocking file it changes nothing, and events that were not read end the wait.',
    affected: 'P5 to P8',
    fixed: 'cbb17327 (P9) took it away',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-35',
    title: 'A null pointer as a function',
    ...documented('commit messages of 8695ecd8 and redox_syscall 35b30e6'),
    explanation:
      'SIG_DFL is 0, and was kept in a Rust function pointer, which must not be null: undefined behaviour of the language, the same on the wire.',
    affected: 'before 8695ecd8',
    fixed: '8695ecd8',
    linux: NO_COUNTERPART,
    finding:
      'Nothing of it can be seen from a program, as its authors said: SIG_DFL reads back as 0 and acts as the default before and after.',
  },
  {
    id: 'KP-36',
    title: 'A signal repeats the stop',
    ...DERIVED,
    explanation:
      'A tracee that waits at a stop and gets a signal that does not end it stops again afterwards, and queues the same event once more.',
    affected: '75872cc5 and later (P9)',
    fixed: NEVER,
    linux: 'one report for each stop',
  },
  {
    id: 'KP-37',
    title: 'A reader of trace locks all of proc:',
    ...DERIVED,
    explanation:
      'The table of handles stays locked while the read sleeps, so that whoever opens anything of proc: spins in the kernel.',
    affected: 'cbb17327 and later (P9)',
    fixed: 'not before 2024, when the code was replaced',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-38',
    title: 'An exit before the read is missed',
    ...DERIVED,
    explanation:
      'The tracee exits after it was resumed and before its tracer reads: the read sleeps for ever.',
    affected: 'cbb17327 and later (P9)',
    fixed: NEVER,
    linux: 'waitpid gives the exit status',
  },
  {
    id: 'KP-39',
    title: 'A short read of an event panics the kernel',
    ...DERIVED,
    explanation:
      'A blocking read into less than 56 bytes finds an event and has no room for it, which an assertion denies.',
    affected: 'cbb17327 and later (P9)',
    fixed: NEVER,
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-40',
    title: 'A new clone has no registers',
    ...DERIVED,
    explanation:
      'A child that CLONE announced has not entered the kernel itself yet: regs/int gives ENOTRECOVERABLE (P3 and P4 look for ever).',
    affected: 'P3 to P12',
    fixed: NEVER,
    linux: 'registers can be read at the first stop of the new child',
  },
  {
    id: 'KP-41',
    title: 'A trap flag that nobody wants any more kills',
    ...DERIVED,
    explanation:
      'SINGLESTEP | PRE stops before the stepped syscall is made; if the next word does not ask for steps, the flag that is still set ends the tracee with status 5.',
    affected: 'all',
    fixed: NEVER,
    linux: 'the kernel clears its own TF',
  },
  {
    id: 'KP-42',
    title: 'Stepping over clone kills the child',
    ...DERIVED,
    explanation: 'The child’s copy of the registers has the trap flag, and nobody traces it.',
    affected: 'all',
    fixed: NEVER,
    linux: 'the child’s TF is cleared',
  },
  {
    id: 'KP-43',
    title: 'A tracee acts upon signals while it is stopped',
    ...DERIVED,
    explanation:
      'At a breakpoint it is merely blocked: SIGTERM ends it, and a handler runs in user mode.',
    affected: 'all',
    fixed: NEVER,
    linux: 'signals but SIGKILL are held until it is resumed',
  },
  {
    id: 'KP-44',
    title: 'SIGKILL does not end a stopped process',
    ...DERIVED,
    explanation: 'It stays pending until SIGCONT; so closing an O_EXCL trace leaves it alive.',
    affected: 'all',
    fixed: NEVER,
    linux: 'it dies',
  },
  {
    id: 'KP-45',
    title: 'O_EXCL does not kill what O_TRUNC froze',
    ...DERIVED,
    explanation: 'Closing sends SIGKILL and does not unfreeze, so nothing delivers it.',
    affected: '3ac1416d to 12f63283 (P5 to P7)',
    fixed: '12f63283 (P8)',
    linux: 'PTRACE_O_EXITKILL works',
  },
  {
    id: 'KP-46',
    title: 'What O_TRUNC froze never runs again',
    ...DERIVED,
    explanation: 'A word that does not step does not unfreeze.',
    affected: '3ac1416d only (P5)',
    fixed: '0e2b0d0f',
    linux: 'any resuming request does',
  },
  {
    id: 'KP-47',
    title: 'Traced once, EBUSY for ever',
    ...DERIVED,
    explanation: 'Closing a trace file did not forget the pid, so it could not be opened again.',
    affected: '788526a3 (P1)',
    fixed: '6fbb4fba (P2)',
    linux: 'attaching after a detach works',
  },
  {
    id: 'KP-48',
    title: 'int3 gives SIGSEGV’s number',
    ...DERIVED,
    explanation:
      'Its gate was the kernel’s own, so in user mode int3 is a general protection fault: status 11.',
    affected: '788526a3 (P1)',
    fixed: '6fbb4fba (P2): status 5',
    linux: 'SIGTRAP',
  },
  {
    id: 'KP-49',
    title: 'Subscribing to regs or mem panics the kernel',
    ...DERIVED,
    explanation:
      'event: asks the file of an untraced process for its state, and the code expects a session.',
    affected: 'be867ae5 to 12f63283 (P3 to P7)',
    fixed: '12f63283: ENODEV; e18a8779: no events',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-50',
    title: 'A process that reads its own registers hangs',
    ...DERIVED,
    explanation: 'It freezes itself and waits until it stops running. Only root gets that far.',
    affected: '3ac1416d and later (P5)',
    fixed: 'f94dc3be (2021-08-10) or shortly before: EBADF',
    linux: 'ESRCH or EPERM for oneself',
  },
  {
    id: 'KP-51',
    title: 'IGNORE alone ignores nothing',
    ...DERIVED,
    explanation:
      'A word without a stop bit takes the breakpoint away, and the flag with it: the call is made.',
    affected: 'P5b (as SYSEMU) and later',
    fixed: NEVER,
    linux: 'PTRACE_SYSEMU needs nothing else',
  },
  {
    id: 'KP-52',
    title: 'int3 is survived without IGNORE',
    ...DERIVED,
    explanation:
      'Once STOP_BREAKPOINT stopped at it, nothing else happens to the process, whatever the next word says.',
    affected: '40449d32 to 47018381',
    fixed: '47018381, where RIP stays on it and it traps again',
    linux: 'SIGTRAP is delivered if the tracer passes it on',
  },
  {
    id: 'KP-53',
    title: 'SYSEMU does not skip the call',
    ...DERIVED,
    explanation:
      'relibc’s flags decide after the stop: SYSEMU, then CONT or SYSCALL, makes the call; SYSEMU again stops at its end, too.',
    affected: 'relibc 72c2f59f and later',
    fixed: NEVER,
    linux: 'the call is never made, and there is one stop for each',
  },
  {
    id: 'KP-54',
    title: 'A child that is faster than its parent’s waitpid is never seen',
    ...DERIVED,
    explanation:
      'It marks itself and stops; the parent’s waitpid then opens a trace and waits for its event, which SIGSTOP does not make.',
    affected: 'relibc 82abb331 and later, with P3 and with P5 and later',
    fixed: NEVER,
    linux: 'works',
    finding:
      'P4 was expected to work, as it announces every signal. It does when the child has not stopped yet; when it has, before the parent’s first waitpid, the signal was announced to nobody, and P4 hangs, too.',
  },
  {
    id: 'KP-55',
    title: 'A tracee that stops itself again hangs its tracer',
    ...DERIVED,
    explanation: 'The second SIGSTOP is no event of the trace file, for which waitpid waits.',
    affected: 'relibc f389010f and later, on every kernel but P4',
    fixed: NEVER,
    linux: 'signal-delivery-stop',
  },
  {
    id: 'KP-56',
    title: 'The tracee runs before the tracer says how far',
    ...DERIVED,
    explanation:
      'relibc sends SIGCONT and writes its word afterwards. With several CPUs the tracee may have gone on, or ended, in between.',
    affected: 'relibc 72c2f59f and later, with P5 and later on several CPUs',
    fixed: NEVER,
    linux: 'cannot happen',
  },
  {
    id: 'KP-57',
    title: 'waitpid after CONT reports stops that are none',
    ...DERIVED,
    explanation:
      'Without a breakpoint WAIT returns at once, and waitpid pretends a SIGSTOP of a process that runs.',
    affected: 'relibc f389010f and 82abb331 with P2',
    fixed: 'P3: WAIT waits',
    linux: 'waitpid waits for a stop or the end',
  },
  {
    id: 'KP-58',
    title: 'Another thread cannot use a tracee',
    ...DERIVED,
    explanation:
      'Each thread has its own table of sessions: a second one gets EBUSY, and its waitpid sees no ptrace stop.',
    affected: 'relibc c51aec1a and later',
    fixed: NEVER,
    linux: 'ptrace is of one thread (ESRCH), but each thread may wait',
  },
  {
    id: 'KP-59',
    title: 'A marker outlives its process',
    ...DERIVED,
    explanation:
      'The tracee’s children inherit the descriptor of its marker, so a dead pid still counts as one that asked to be traced.',
    affected: 'relibc 82abb331 and later',
    fixed: NEVER,
    linux: 'the state goes with the process',
    finding:
      'Nothing follows from it on these kernels: pids are not used twice, and ptrace() of the dead one fails as it opens proc:.',
  },
  {
    id: 'KP-60',
    title: 'Options of waitpid that relibc does not know end the caller',
    ...DERIVED,
    explanation: '__WALL, WEXITED or WNOWAIT make it panic, with status 1.',
    affected: 'relibc 72c2f59f and later',
    fixed: NEVER,
    linux: 'takes __WALL (and EINVAL for what only waitid knows)',
  },
  {
    id: 'KP-61',
    title: 'A mutex forgets a sleeper',
    ...DERIVED,
    explanation:
      'One locker that was woken stores "locked" where others still sleep; the next unlock wakes nobody.',
    affected: 'relibc 75c5c04b (2018) to a3e1eed1',
    fixed: 'relibc a3e1eed1 (2023-04-30): wakes all',
    linux: NO_COUNTERPART,
  },
  {
    id: 'KP-62',
    title: 'Reserved bits of floating-point registers are stored',
    ...DERIVED,
    explanation:
      'Bits 80 to 127 of a register pass through a write, and an MXCSR that the processor refuses is accepted: #GP in the kernel when it is loaded.',
    affected: '6fbb4fba and later',
    fixed: NEVER,
    linux: 'EINVAL for reserved bits of MXCSR',
    finding:
      'The bits that are stored are seen by nobody: reading masks them, and the processor drops them when it loads and saves the register. Linux keeps them, too, and even shows them until the tracee runs. Only mxcsr has a consequence.',
  },
  {
    id: 'KP-63',
    title: 'The second change of a child’s state replaces the first',
    ...DERIVED,
    explanation: 'The map that waitpid reads holds one status of each child.',
    affected: 'all',
    fixed: NEVER,
    linux: 'states are of the task, and asked for when somebody waits',
    finding:
      'Of a stop and a SIGCONT Linux, too, reports the second only. What differs is that Redox reports `continued` of a process that was never stopped, as it does after each of relibc’s resuming requests.',
  },
  {
    id: 'KP-64',
    title: 'Events are lost at the exit',
    ...DERIVED,
    explanation: 'CLONE is queued, the tracee exits, and the read gives ESRCH only.',
    affected: '9c891384 and later (P9)',
    fixed: NEVER,
    linux: 'event stops are reported before the exit',
  },
  {
    id: 'KP-65',
    title: 'A step into a handler or a new program does not stop there',
    ...DERIVED,
    explanation:
      'The trap flag is lost on entry: the next stop is after sigreturn, or never after fexec.',
    affected: 'before cdcb3448 and 039f7f5c',
    fixed: 'cdcb3448, 039f7f5c (P11)',
    linux: 'stops at the first instruction',
  },
  {
    id: 'KP-66',
    title: 'A non-blocking tracer leaves clones frozen',
    ...DERIVED,
    explanation:
      'The child that CLONE froze is remembered only by a write that waited, so with O_NONBLOCK nobody lets it go.',
    affected: 'be867ae5 to a7b2bd22 (P3 to P5b); later if the event is never read',
    fixed: 'a7b2bd22 (P5c)',
    linux: 'the child is a tracee like any other',
  },
  {
    id: 'KP-67',
    title: 'WNOHANG never sees a ptrace stop',
    ...DERIVED,
    explanation: 'With it, relibc asks the kernel only: 0.',
    affected: 'relibc f389010f and later',
    fixed: NEVER,
    linux: 'returns the stop',
  },
  {
    id: 'KP-68',
    title: 'Addresses beyond 48 bits alias',
    ...DERIVED,
    explanation: 'proc:PID/mem at an address that is not canonical reads the one modulo 2^48.',
    affected: '6fbb4fba and later',
    fixed: NEVER,
    linux: 'EIO',
  },
  {
    id: 'KP-69',
    title: 'A second signal floods the tracer with events',
    ...DERIVED,
    explanation:
      'It wakes the stopped tracee again and again while it cannot be delivered, and each time the stop is announced once more.',
    affected: '75872cc5 and later (P9); a busy loop before',
    fixed: NEVER,
    linux: 'the second signal pends',
    finding:
      'The busy loop of 2019 changes nothing that a program could see but the time it takes; the machine leaves it out.',
  },
];

/** The problem of an id, however it is spelt: `KP-06`, `kp-6`, `6`. */
export function problemNamed(name: string): Problem | undefined {
  const number = /^(?:kp-?)?0*(\d+)$/i.exec(name)?.[1];
  return PROBLEMS.find(({ id }) => Number(id.slice(3)) === Number(number));
}
