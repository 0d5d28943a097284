// Flag words of the system calls other than ptrace's and the signals', redox_syscall 2019-2020.

export const O_RDONLY = 0x0001_0000;
export const O_WRONLY = 0x0002_0000;
export const O_RDWR = 0x0003_0000;
export const O_NONBLOCK = 0x0004_0000;
export const O_APPEND = 0x0008_0000;
export const O_SHLOCK = 0x0010_0000;
export const O_EXLOCK = 0x0020_0000;
export const O_ASYNC = 0x0040_0000;
export const O_FSYNC = 0x0080_0000;
export const O_CLOEXEC = 0x0100_0000;
export const O_CREAT = 0x0200_0000;
export const O_TRUNC = 0x0400_0000;
export const O_EXCL = 0x0800_0000;
export const O_DIRECTORY = 0x1000_0000;
export const O_STAT = 0x2000_0000;
export const O_SYMLINK = 0x4000_0000;
export const O_NOFOLLOW = 0x8000_0000;
export const O_ACCMODE = O_RDONLY | O_WRONLY | O_RDWR;

export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;

export const MAP_SHARED = 0x0001;
export const MAP_PRIVATE = 0x0002;
export const PROT_NONE = 0;
export const PROT_EXEC = 0x0001_0000;
export const PROT_WRITE = 0x0002_0000;
export const PROT_READ = 0x0004_0000;

export const PHYSMAP_WRITE = 1;
export const PHYSMAP_WRITE_COMBINE = 2;
export const PHYSMAP_NO_CACHE = 4;

export const CLONE_VM = 0x100;
export const CLONE_FS = 0x200;
export const CLONE_FILES = 0x400;
export const CLONE_SIGHAND = 0x800;
export const CLONE_VFORK = 0x4000;
export const CLONE_THREAD = 0x1_0000;
export const CLONE_STACK = 0x1000_0000;

export const WNOHANG = 1;
export const WUNTRACED = 2;
export const WCONTINUED = 8;

export const EVENT_NONE = 0;
export const EVENT_READ = 1;
export const EVENT_WRITE = 2;

export const FUTEX_WAIT = 0;
export const FUTEX_WAKE = 1;
export const FUTEX_REQUEUE = 2;

export const CLOCK_REALTIME = 1;
export const CLOCK_MONOTONIC = 4;

export const MODE_TYPE = 0xf000;
export const MODE_DIR = 0x4000;
export const MODE_FILE = 0x8000;
export const MODE_SYMLINK = 0xa000;
export const MODE_FIFO = 0x1000;
export const MODE_CHR = 0x2000;
export const MODE_PERM = 0x0fff;
export const MODE_SETUID = 0o4000;
export const MODE_SETGID = 0o2000;
