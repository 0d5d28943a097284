// sys/ptrace.h of Linux: requests, options and events, and what each takes and gives; ptrace(2) of
// man-pages 6.03, sys/ptrace.h of glibc 2.36 on x86_64. relibc has some, under the same numbers.
//
// Unless said otherwise a request needs a tracee in a ptrace-stop, gives 0, and fails with ESRCH
// for a process that is no such tracee; `data` is an address in the tracer's memory where a
// structure is named. Signals are numbers, addresses and words are 8 bytes.

/** By the tracee: its parent is to trace it. Other arguments are ignored. EPERM if traced. */
export const PTRACE_TRACEME = 0;
/** Gives the word at `addr` of the tracee's memory. EIO or EFAULT where nothing is mapped. */
export const PTRACE_PEEKTEXT = 1;
/** The same as PEEKTEXT. */
export const PTRACE_PEEKDATA = 2;
/** Gives the word at offset `addr` of `struct user`; EIO beyond its end or off a word. */
export const PTRACE_PEEKUSER = 3;
/** Stores the word `data` at `addr` of the tracee's memory, read-only pages included. EIO. */
export const PTRACE_POKETEXT = 4;
/** The same as POKETEXT. */
export const PTRACE_POKEDATA = 5;
/** Stores the word `data` at offset `addr` of `struct user`; EIO where the kernel forbids it. */
export const PTRACE_POKEUSER = 6;
/** Resumes; `data` is the signal to deliver, or 0. EIO if it is none. */
export const PTRACE_CONT = 7;
/** Sends SIGKILL; deprecated. */
export const PTRACE_KILL = 8;
/** Resumes for one instruction; `data` as for CONT. */
export const PTRACE_SINGLESTEP = 9;
/** Stores a user_regs_struct (216 bytes) at `data`. */
export const PTRACE_GETREGS = 12;
/** Takes a user_regs_struct from `data`. EIO for segments and bases that are illegal. */
export const PTRACE_SETREGS = 13;
/** Stores a user_fpregs_struct (512 bytes) at `data`. */
export const PTRACE_GETFPREGS = 14;
/** Takes a user_fpregs_struct from `data`. EINVAL for a reserved bit of mxcsr. */
export const PTRACE_SETFPREGS = 15;
/** Traces a process and sends it SIGSTOP. EPERM if that is not allowed or somebody traces it. */
export const PTRACE_ATTACH = 16;
/** Resumes, and traces no longer; `data` as for CONT. */
export const PTRACE_DETACH = 17;
/** As GETFPREGS, for programs of 32 bits. */
export const PTRACE_GETFPXREGS = 18;
/** As SETFPREGS, for programs of 32 bits. */
export const PTRACE_SETFPXREGS = 19;
/** Resumes until the next entry or end of a system call; `data` as for CONT. */
export const PTRACE_SYSCALL = 24;
/** Stores the user_desc of the TLS entry `addr` at `data`; programs of 32 bits. */
export const PTRACE_GET_THREAD_AREA = 25;
/** Takes the user_desc of the TLS entry `addr` from `data`; programs of 32 bits. */
export const PTRACE_SET_THREAD_AREA = 26;
/** arch_prctl(`data`, `addr`) of the tracee: its segment bases. */
export const PTRACE_ARCH_PRCTL = 30;
/** Resumes until the next entry of a system call, which is then not executed. */
export const PTRACE_SYSEMU = 31;
/** SINGLESTEP and SYSEMU together. */
export const PTRACE_SYSEMU_SINGLESTEP = 32;
/** Resumes until the next branch; `data` as for CONT. EIO where the processor cannot. */
export const PTRACE_SINGLEBLOCK = 33;
/** `data` holds PTRACE_O_* bits. EINVAL for a bit that is none. */
export const PTRACE_SETOPTIONS = 0x4200;
/** Stores what belongs to the last event, an unsigned long, at `data`: a pid or a status. */
export const PTRACE_GETEVENTMSG = 0x4201;
/** Stores the siginfo_t (128 bytes) of the stop at `data`. EINVAL at a group-stop. */
export const PTRACE_GETSIGINFO = 0x4202;
/** Takes the siginfo_t of the signal that stopped it from `data`. */
export const PTRACE_SETSIGINFO = 0x4203;
/** `addr` is an NT_* set, `data` an iovec: registers are stored, iov_len says how many bytes. */
export const PTRACE_GETREGSET = 0x4204;
/** The other way. EINVAL for a set that the processor does not have. */
export const PTRACE_SETREGSET = 0x4205;
/** Traces a process without stopping it; `data` holds PTRACE_O_* bits, `addr` must be 0 (EIO). */
export const PTRACE_SEIZE = 0x4206;
/** Stops a tracee that was seized. */
export const PTRACE_INTERRUPT = 0x4207;
/** Resumes a tracee at a group-stop without letting it execute. EIO at another stop. */
export const PTRACE_LISTEN = 0x4208;
/** `addr` is a __ptrace_peeksiginfo_args: stores queued siginfo_t at `data`, gives their number. */
export const PTRACE_PEEKSIGINFO = 0x4209;
/** Stores the blocked signals at `data`; `addr` is the size of a mask, 8 (EINVAL). */
export const PTRACE_GETSIGMASK = 0x420a;
/** Takes the blocked signals from `data`; `addr` as for GETSIGMASK. */
export const PTRACE_SETSIGMASK = 0x420b;
/** Stores the seccomp filter number `addr` at `data`, gives its instructions; EACCES, ENOENT. */
export const PTRACE_SECCOMP_GET_FILTER = 0x420c;
/** Stores a __ptrace_seccomp_metadata of `addr` bytes at `data`. */
export const PTRACE_SECCOMP_GET_METADATA = 0x420d;
/** Stores a __ptrace_syscall_info of at most `addr` bytes at `data`, gives its size. */
export const PTRACE_GET_SYSCALL_INFO = 0x420e;
/** Stores a __ptrace_rseq_configuration of `addr` bytes at `data`, gives its size. */
export const PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;

/** Bit 7 of the signal number is set at stops of system calls. */
export const PTRACE_O_TRACESYSGOOD = 0x1;
/** Stop at fork, and trace the child. */
export const PTRACE_O_TRACEFORK = 0x2;
/** Stop at vfork, and trace the child. */
export const PTRACE_O_TRACEVFORK = 0x4;
/** Stop at clone, and trace the child. */
export const PTRACE_O_TRACECLONE = 0x8;
/** Stop at execve, by an event in place of a SIGTRAP. */
export const PTRACE_O_TRACEEXEC = 0x10;
/** Stop when the child of a vfork has let its parent go on. */
export const PTRACE_O_TRACEVFORKDONE = 0x20;
/** Stop before the end, when registers can still be seen. */
export const PTRACE_O_TRACEEXIT = 0x40;
/** Stop where a seccomp filter says SECCOMP_RET_TRACE. */
export const PTRACE_O_TRACESECCOMP = 0x80;
/** SIGKILL to the tracee when its tracer ends. */
export const PTRACE_O_EXITKILL = 0x100000;
/** Seccomp filters of the tracee do not count. */
export const PTRACE_O_SUSPEND_SECCOMP = 0x200000;
/** All options. */
export const PTRACE_O_MASK = 0x3000ff;

// Events stand in bits 16 and up of a wait status whose stop signal is SIGTRAP (EVENT_STOP: any).
/** Before fork returns. GETEVENTMSG gives the child's pid. */
export const PTRACE_EVENT_FORK = 1;
/** Before vfork returns. GETEVENTMSG gives the child's pid. */
export const PTRACE_EVENT_VFORK = 2;
/** Before clone returns. GETEVENTMSG gives the child's pid. */
export const PTRACE_EVENT_CLONE = 3;
/** Before execve returns. GETEVENTMSG gives the former thread's id. */
export const PTRACE_EVENT_EXEC = 4;
/** The child of a vfork has let its parent go on. GETEVENTMSG gives the child's pid. */
export const PTRACE_EVENT_VFORK_DONE = 5;
/** Before the end. GETEVENTMSG gives the wait status that it will end with. */
export const PTRACE_EVENT_EXIT = 6;
/** A seccomp filter said SECCOMP_RET_TRACE. GETEVENTMSG gives its SECCOMP_RET_DATA. */
export const PTRACE_EVENT_SECCOMP = 7;
/** Of a seized tracee: a group-stop, an INTERRUPT, or a new child. */
export const PTRACE_EVENT_STOP = 128;

/** `op` of a __ptrace_syscall_info: the tracee is at no system call. */
export const PTRACE_SYSCALL_INFO_NONE = 0;
/** At its entry: `nr` and `args0` to `args5` say which. */
export const PTRACE_SYSCALL_INFO_ENTRY = 1;
/** At its end: the result and whether it is an error. */
export const PTRACE_SYSCALL_INFO_EXIT = 2;
/** At a seccomp event: as at an entry, and `ret_data`. */
export const PTRACE_SYSCALL_INFO_SECCOMP = 3;

/** Flag of PEEKSIGINFO: signals to the whole process, not to one thread. */
export const PTRACE_PEEKSIGINFO_SHARED = 1;

/** A set for GETREGSET, elf.h: a user_regs_struct, 216 bytes. */
export const NT_PRSTATUS = 1;
/** A set for GETREGSET: a user_fpregs_struct, 512 bytes. */
export const NT_PRFPREG = 2;
/** A set for GETREGSET: an XSAVE image, as many bytes as the processor has state for. */
export const NT_X86_XSTATE = 0x202;
