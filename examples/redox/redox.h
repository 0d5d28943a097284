/*
 * Redox's system-call interface of 2019-2020: what the redox_syscall crate
 * holds for Rust programs. Numbers are a class (what the first argument is),
 * the kind of the others, the kind of the result, and an id.
 */
#ifndef REDOX_H
#define REDOX_H

#include <stddef.h>
#include <stdint.h>

/* On a path, of a descriptor, and the rest. */
#define SYS_OPEN 0x10100005
#define SYS_CHMOD 0x1000000f
#define SYS_RMDIR 0x10000054
#define SYS_UNLINK 0x1000000a

#define SYS_CLOSE 0x20000006
#define SYS_DUP 0x20100029
#define SYS_DUP2 0x2010003f
#define SYS_READ 0x22000003
#define SYS_WRITE 0x21000004
#define SYS_LSEEK 0x20000013
#define SYS_FCHMOD 0x2000005e
#define SYS_FCHOWN 0x200000cf
#define SYS_FCNTL 0x20000037
#define SYS_FEVENT 0x2000039f
#define SYS_FEXEC 0x2000000b
#define SYS_FMAP 0x2100005a
#define SYS_FUNMAP 0x2000005b
#define SYS_FPATH 0x220003a0
#define SYS_FRENAME 0x23000026
#define SYS_FSTAT 0x2200001c
#define SYS_FSTATVFS 0x22000064
#define SYS_FSYNC 0x20000076
#define SYS_FTRUNCATE 0x2000005d
#define SYS_FUTIMENS 0x21000140

#define SYS_EXIT 1
#define SYS_WAITPID 7
#define SYS_CHDIR 12
#define SYS_GETPID 20
#define SYS_KILL 37
#define SYS_BRK 45
#define SYS_SETPGID 57
#define SYS_UMASK 60
#define SYS_GETPPID 64
#define SYS_SIGACTION 67
#define SYS_IOPL 110
#define SYS_SIGRETURN 119
#define SYS_CLONE 120
#define SYS_MPROTECT 125
#define SYS_SIGPROCMASK 126
#define SYS_GETPGID 132
#define SYS_YIELD 158
#define SYS_NANOSLEEP 162
#define SYS_GETCWD 183
#define SYS_GETUID 199
#define SYS_GETGID 200
#define SYS_GETEUID 201
#define SYS_GETEGID 202
#define SYS_SETREUID 203
#define SYS_SETREGID 204
#define SYS_FUTEX 240
#define SYS_CLOCK_GETTIME 265
#define SYS_PIPE2 331
#define SYS_PHYSALLOC 945
#define SYS_PHYSFREE 946
#define SYS_PHYSMAP 947
#define SYS_PHYSUNMAP 948
#define SYS_VIRTTOPHYS 949
#define SYS_GETNS 950
#define SYS_GETENS 951
#define SYS_SETRENS 952
#define SYS_MKNS 984

/* Those that programs here compare with; errno.h has the names of all. */
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define EFAULT 14
#define EBUSY 16
#define ENODEV 19
#define EINVAL 22
#define ENOSYS 38
#define ENOTRECOVERABLE 131

#define O_RDONLY 0x00010000
#define O_WRONLY 0x00020000
#define O_RDWR 0x00030000
#define O_ACCMODE 0x00030000
#define O_NONBLOCK 0x00040000
#define O_APPEND 0x00080000
#define O_SHLOCK 0x00100000
#define O_EXLOCK 0x00200000
#define O_ASYNC 0x00400000
#define O_FSYNC 0x00800000
#define O_CLOEXEC 0x01000000
#define O_CREAT 0x02000000
#define O_TRUNC 0x04000000
#define O_EXCL 0x08000000
#define O_DIRECTORY 0x10000000
#define O_STAT 0x20000000
#define O_SYMLINK 0x40000000
#define O_NOFOLLOW 0x80000000

#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#define MAP_SHARED 0x1
#define MAP_PRIVATE 0x2
#define PROT_EXEC 0x10000
#define PROT_WRITE 0x20000
#define PROT_READ 0x40000

#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_VFORK 0x4000
#define CLONE_THREAD 0x10000
#define CLONE_STACK 0x10000000

#define WNOHANG 1
#define WUNTRACED 2
#define WCONTINUED 8

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 2

#define CLOCK_REALTIME 1
#define CLOCK_MONOTONIC 4

#define EVENT_READ 1
#define EVENT_WRITE 2

#define SIGILL 4
#define SIGTRAP 5
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGTERM 15
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19

#define SIG_DFL 0
#define SIG_IGN 1

#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

/* Command words of proc:PID/trace, and the causes of its events. */
#define PTRACE_STOP_PRE_SYSCALL 0x0001
#define PTRACE_STOP_POST_SYSCALL 0x0002
#define PTRACE_STOP_SINGLESTEP 0x0004
#define PTRACE_STOP_SIGNAL 0x0008
#define PTRACE_STOP_BREAKPOINT 0x0010
#define PTRACE_STOP_EXIT 0x0020
#define PTRACE_STOP_MASK 0x00ff
#define PTRACE_EVENT_CLONE 0x0100
#define PTRACE_EVENT_MASK 0x0f00
#define PTRACE_FLAG_IGNORE 0x1000
#define PTRACE_FLAG_WAIT 0x2000

/* What the kernels before 2019-07-24 had instead: operations of one byte, and a modifier. */
#define PTRACE_CONT 0x01
#define PTRACE_SINGLESTEP 0x02
#define PTRACE_SYSCALL 0x03
#define PTRACE_WAIT 0x04
#define PTRACE_SIGNAL 0x05
#define PTRACE_SYSEMU 0x10

struct timespec {
    int64_t tv_sec;
    int32_t tv_nsec;
};

struct event {
    size_t id, flags, data;
};

struct map {
    size_t offset, size, flags;
};

struct stat {
    uint64_t st_dev, st_ino;
    uint16_t st_mode;
    uint32_t st_nlink, st_uid, st_gid;
    uint64_t st_size;
    uint32_t st_blksize;
    uint64_t st_blocks;
    uint64_t st_mtime;
    uint32_t st_mtime_nsec;
    uint64_t st_atime;
    uint32_t st_atime_nsec;
    uint64_t st_ctime;
    uint32_t st_ctime_nsec;
};

struct statvfs {
    uint32_t f_bsize;
    uint64_t f_blocks, f_bfree, f_bavail;
};

struct sigaction {
    void (*sa_handler)(int);
    uint64_t sa_mask[2];
    size_t sa_flags;
};

struct ptrace_event {
    uint64_t cause, a, b, c, d, e, f;
};

/* proc:PID/regs/int; fs is the selector. */
struct int_registers {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
    uint64_t rax, rcx, rdx, rsi, rdi, rip, cs, rflags, rsp, ss, fs;
};

/* proc:PID/regs/float: an FXSAVE image without its unused end. */
struct float_registers {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t st[8][16], xmm[16][16];
} __attribute__((packed));

_Static_assert(sizeof(struct stat) == 104, "struct stat");
_Static_assert(sizeof(struct int_registers) == 168, "struct int_registers");
_Static_assert(sizeof(struct float_registers) == 416, "struct float_registers");

#endif
