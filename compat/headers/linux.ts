// Flags and structures of Linux's system calls on x86_64, as far as the link translates them:
// asm-generic/fcntl.h, asm/mman.h, linux/sched.h, asm/stat.h, linux/futex.h, asm/prctl.h.
import type { Decoded } from '../../kernel-sim/abi/layout.js';
import { layout, u16, u32, u64, usize } from '../../kernel-sim/abi/layout.js';

export const O_ACCMODE = 0o3;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DSYNC = 0o10000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

export const FD_CLOEXEC = 1;
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLKW = 7;
export const F_DUPFD_CLOEXEC = 1030;

export const TCGETS = 0x5401;
export const TIOCGWINSZ = 0x5413;

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const MAP_SHARED = 1;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MREMAP_MAYMOVE = 1;
export const MADV_DONTNEED = 4;

export const CLONE_VM = 0x100;
export const CLONE_THREAD = 0x1_0000;
export const CLONE_SETTLS = 0x8_0000;
export const CLONE_PARENT_SETTID = 0x10_0000;
export const CLONE_CHILD_CLEARTID = 0x20_0000;
export const CLONE_CHILD_SETTID = 0x100_0000;

export const FUTEX_WAIT = 0;
export const FUTEX_WAKE = 1;
export const FUTEX_REQUEUE = 3;
export const FUTEX_CMP_REQUEUE = 4;
export const FUTEX_WAIT_BITSET = 9;
export const FUTEX_WAKE_BITSET = 10;
export const FUTEX_COMMAND_MASK = 0x7f;
export const FUTEX_CLOCK_REALTIME = 0x100;

export const CLOCK_REALTIME = 0;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_TAI = 11;
export const TIMER_ABSTIME = 1;
export const ITIMER_REAL = 0;

export const ARCH_SET_GS = 0x1001;
export const ARCH_SET_FS = 0x1002;
export const ARCH_GET_FS = 0x1003;
export const ARCH_GET_GS = 0x1004;

export const AT_NULL = 0;
export const AT_PHDR = 3;
export const AT_PHENT = 4;
export const AT_PHNUM = 5;
export const AT_PAGESZ = 6;
export const AT_BASE = 7;
export const AT_FLAGS = 8;
export const AT_ENTRY = 9;
export const AT_UID = 11;
export const AT_EUID = 12;
export const AT_GID = 13;
export const AT_EGID = 14;
export const AT_PLATFORM = 15;
export const AT_HWCAP = 16;
export const AT_CLKTCK = 17;
export const AT_SECURE = 23;
export const AT_RANDOM = 25;
export const AT_EXECFN = 31;

/** Bytes of struct rusage. */
export const RUSAGE_SIZE = 144;

/** struct stat: sizes in bytes, st_blocks in units of 512. */
export const LinuxStat = layout(144, {
  st_dev: usize(0),
  st_ino: usize(8),
  st_nlink: usize(16),
  st_mode: u32(24),
  st_uid: u32(28),
  st_gid: u32(32),
  st_rdev: usize(40),
  st_size: usize(48),
  st_blksize: usize(56),
  st_blocks: usize(64),
  st_atime: usize(72),
  st_atime_nsec: usize(80),
  st_mtime: usize(88),
  st_mtime_nsec: usize(96),
  st_ctime: usize(104),
  st_ctime_nsec: usize(112),
});
export type LinuxStat = Decoded<typeof LinuxStat.fields>;

/** What statfs fills: asm-generic/statfs.h. */
export const LinuxStatFs = layout(120, {
  f_bsize: usize(8),
  f_blocks: usize(16),
  f_bfree: usize(24),
  f_bavail: usize(32),
  f_namelen: usize(64),
  f_frsize: usize(72),
});

/** linux/sysinfo.h, but for loads, swap and high memory, which Redox knows nothing of. */
export const LinuxSysInfo = layout(112, {
  uptime: usize(0),
  totalram: usize(32),
  freeram: usize(40),
  procs: u16(80),
  mem_unit: u32(104),
});

/** What rt_sigaction takes: the kernel's struct sigaction, not that of signal.h. */
export const LinuxSigAction = layout(32, {
  sa_handler: usize(0),
  sa_flags: usize(8),
  sa_restorer: usize(16),
  sa_mask: u64(24),
});
export type LinuxSigAction = Decoded<typeof LinuxSigAction.fields>;
