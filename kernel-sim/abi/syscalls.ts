// System-call numbers of Redox, redox_syscall 2019-2020: a class (what the first argument is), the
// kind of the other arguments, the kind of the result, and an id.

export const SYS_CLASS = 0xf0000000;
export const SYS_CLASS_PATH = 0x10000000;
export const SYS_CLASS_FILE = 0x20000000;

export const SYS_ARG = 0x0f000000;
export const SYS_ARG_SLICE = 0x01000000;
export const SYS_ARG_MSLICE = 0x02000000;
export const SYS_ARG_PATH = 0x03000000;

export const SYS_RET = 0x00f00000;
export const SYS_RET_FILE = 0x00100000;

export const SYS_LINK = 0x13000009;
export const SYS_OPEN = 0x10100005;
export const SYS_CHMOD = 0x1000000f;
export const SYS_RMDIR = 0x10000054;
export const SYS_UNLINK = 0x1000000a;
export const SYS_CLOSE = 0x20000006;
export const SYS_DUP = 0x20100029;
export const SYS_DUP2 = 0x2010003f;
/** read(fd, buffer, length): Redox's number, as a tracer sees it in orig_rax. Linux's is 0. */
export const SYS_READ = 0x22000003;
/** write(fd, buffer, length): Redox's number, as a tracer sees it in orig_rax. Linux's is 1. */
export const SYS_WRITE = 0x21000004;
export const SYS_LSEEK = 0x20000013;
export const SYS_FCHMOD = 0x2000005e;
export const SYS_FCHOWN = 0x200000cf;
export const SYS_FCNTL = 0x20000037;
export const SYS_FEVENT = 0x2000039f;
export const SYS_FEXEC = 0x2000000b;
export const SYS_FMAP = 0x2100005a;
export const SYS_FUNMAP = 0x2000005b;
export const SYS_FPATH = 0x220003a0;
export const SYS_FRENAME = 0x23000026;
export const SYS_FSTAT = 0x2200001c;
export const SYS_FSTATVFS = 0x22000064;
export const SYS_FSYNC = 0x20000076;
export const SYS_FTRUNCATE = 0x2000005d;
export const SYS_FUTIMENS = 0x21000140;

/** exit(status): Redox's number, as a tracer sees it in orig_rax. Linux's is 60. */
export const SYS_EXIT = 1;
export const SYS_WAITPID = 7;
export const SYS_CHDIR = 12;
export const SYS_GETPID = 20;
export const SYS_KILL = 37;
export const SYS_BRK = 45;
export const SYS_SETPGID = 57;
export const SYS_UMASK = 60;
export const SYS_GETPPID = 64;
export const SYS_SIGACTION = 67;
export const SYS_IOPL = 110;
export const SYS_SIGRETURN = 119;
export const SYS_CLONE = 120;
export const SYS_MPROTECT = 125;
export const SYS_SIGPROCMASK = 126;
export const SYS_GETPGID = 132;
export const SYS_YIELD = 158;
export const SYS_NANOSLEEP = 162;
export const SYS_GETCWD = 183;
export const SYS_GETUID = 199;
export const SYS_GETGID = 200;
export const SYS_GETEUID = 201;
export const SYS_GETEGID = 202;
export const SYS_SETREUID = 203;
export const SYS_SETREGID = 204;
export const SYS_FUTEX = 240;
export const SYS_CLOCK_GETTIME = 265;
export const SYS_PIPE2 = 331;
export const SYS_PHYSALLOC = 945;
export const SYS_PHYSFREE = 946;
export const SYS_PHYSMAP = 947;
export const SYS_PHYSUNMAP = 948;
export const SYS_VIRTTOPHYS = 949;
export const SYS_GETNS = 950;
export const SYS_GETENS = 951;
export const SYS_SETRENS = 952;
export const SYS_MKNS = 984;

const NAMES: ReadonlyMap<number, string> = new Map([
  [SYS_LINK, 'link'],
  [SYS_OPEN, 'open'],
  [SYS_CHMOD, 'chmod'],
  [SYS_RMDIR, 'rmdir'],
  [SYS_UNLINK, 'unlink'],
  [SYS_CLOSE, 'close'],
  [SYS_DUP, 'dup'],
  [SYS_DUP2, 'dup2'],
  [SYS_READ, 'read'],
  [SYS_WRITE, 'write'],
  [SYS_LSEEK, 'lseek'],
  [SYS_FCHMOD, 'fchmod'],
  [SYS_FCHOWN, 'fchown'],
  [SYS_FCNTL, 'fcntl'],
  [SYS_FEVENT, 'fevent'],
  [SYS_FEXEC, 'fexec'],
  [SYS_FMAP, 'fmap'],
  [SYS_FUNMAP, 'funmap'],
  [SYS_FPATH, 'fpath'],
  [SYS_FRENAME, 'frename'],
  [SYS_FSTAT, 'fstat'],
  [SYS_FSTATVFS, 'fstatvfs'],
  [SYS_FSYNC, 'fsync'],
  [SYS_FTRUNCATE, 'ftruncate'],
  [SYS_FUTIMENS, 'futimens'],
  [SYS_EXIT, 'exit'],
  [SYS_WAITPID, 'waitpid'],
  [SYS_CHDIR, 'chdir'],
  [SYS_GETPID, 'getpid'],
  [SYS_KILL, 'kill'],
  [SYS_BRK, 'brk'],
  [SYS_SETPGID, 'setpgid'],
  [SYS_UMASK, 'umask'],
  [SYS_GETPPID, 'getppid'],
  [SYS_SIGACTION, 'sigaction'],
  [SYS_IOPL, 'iopl'],
  [SYS_SIGRETURN, 'sigreturn'],
  [SYS_CLONE, 'clone'],
  [SYS_MPROTECT, 'mprotect'],
  [SYS_SIGPROCMASK, 'sigprocmask'],
  [SYS_GETPGID, 'getpgid'],
  [SYS_YIELD, 'yield'],
  [SYS_NANOSLEEP, 'nanosleep'],
  [SYS_GETCWD, 'getcwd'],
  [SYS_GETUID, 'getuid'],
  [SYS_GETGID, 'getgid'],
  [SYS_GETEUID, 'geteuid'],
  [SYS_GETEGID, 'getegid'],
  [SYS_SETREUID, 'setreuid'],
  [SYS_SETREGID, 'setregid'],
  [SYS_FUTEX, 'futex'],
  [SYS_CLOCK_GETTIME, 'clock_gettime'],
  [SYS_PIPE2, 'pipe2'],
  [SYS_PHYSALLOC, 'physalloc'],
  [SYS_PHYSFREE, 'physfree'],
  [SYS_PHYSMAP, 'physmap'],
  [SYS_PHYSUNMAP, 'physunmap'],
  [SYS_VIRTTOPHYS, 'virttophys'],
  [SYS_GETNS, 'getns'],
  [SYS_GETENS, 'getens'],
  [SYS_SETRENS, 'setrens'],
  [SYS_MKNS, 'mkns'],
]);

/** A call's name as Redox's own tools print it (`fmap`), or its number in hexadecimal. */
export function syscallName(number: number): string {
  return NAMES.get(number) ?? `0x${number.toString(16)}`;
}
