/*
 * Redox's system calls by number: their names, and what their arguments are.
 * Kinds that stand for an address and a length take two arguments; those named
 * OUT_ are written by the kernel, and known only when the call is over.
 */
#ifndef CALLS_H
#define CALLS_H

#include "redox.h"

enum kind {
    NONE,
    INT,
    HEX,
    OCTAL,
    PATH,    /* and length */
    BYTES,   /* and length */
    STRINGS, /* address and number of (address, length) pairs */
    MAP,     /* and length */
    OPEN_FLAGS,
    CLONE_FLAGS,
    WAIT_FLAGS,
    MAP_FLAGS,
    EVENTS,
    WHENCE,
    FCNTL,
    FUTEX,
    CLOCK,
    HOW,
    SIGNAL,
    ACTION,
    MASK,
    TIME,
    WORD,
    OUT,        /* this and what follows are written by the kernel */
    OUT_BYTES,  /* and length */
    OUT_STAT,   /* and length */
    OUT_STATVFS, /* and length */
    OUT_STATUS,
    OUT_ACTION,
    OUT_MASK,
    OUT_TIME,
    OUT_PIPE,
};

struct call {
    unsigned long number;
    const char *name;
    unsigned char kinds[5];
    unsigned char result; /* INT unless said */
};

static const struct call calls[] = {
    {SYS_OPEN, "open", {PATH, OPEN_FLAGS}, INT},
    {SYS_CHMOD, "chmod", {PATH, OCTAL}, INT},
    {SYS_RMDIR, "rmdir", {PATH}, INT},
    {SYS_UNLINK, "unlink", {PATH}, INT},
    {SYS_CLOSE, "close", {INT}, INT},
    {SYS_DUP, "dup", {INT, BYTES}, INT},
    {SYS_DUP2, "dup2", {INT, INT, BYTES}, INT},
    {SYS_READ, "read", {INT, OUT_BYTES}, INT},
    {SYS_WRITE, "write", {INT, BYTES}, INT},
    {SYS_LSEEK, "lseek", {INT, INT, WHENCE}, INT},
    {SYS_FCHMOD, "fchmod", {INT, OCTAL}, INT},
    {SYS_FCHOWN, "fchown", {INT, INT, INT}, INT},
    {SYS_FCNTL, "fcntl", {INT, FCNTL, HEX}, INT},
    {SYS_FEVENT, "fevent", {INT, EVENTS}, INT},
    {SYS_FEXEC, "fexec", {INT, STRINGS, STRINGS}, INT},
    {SYS_FMAP, "fmap", {INT, MAP}, HEX},
    {SYS_FUNMAP, "funmap", {HEX}, INT},
    {SYS_FPATH, "fpath", {INT, OUT_BYTES}, INT},
    {SYS_FRENAME, "frename", {INT, PATH}, INT},
    {SYS_FSTAT, "fstat", {INT, OUT_STAT}, INT},
    {SYS_FSTATVFS, "fstatvfs", {INT, OUT_STATVFS}, INT},
    {SYS_FSYNC, "fsync", {INT}, INT},
    {SYS_FTRUNCATE, "ftruncate", {INT, INT}, INT},
    {SYS_FUTIMENS, "futimens", {INT, TIME, NONE}, INT},
    {SYS_EXIT, "exit", {INT}, NONE},
    {SYS_WAITPID, "waitpid", {INT, OUT_STATUS, WAIT_FLAGS}, INT},
    {SYS_CHDIR, "chdir", {PATH}, INT},
    {SYS_GETPID, "getpid", {NONE}, INT},
    {SYS_KILL, "kill", {INT, SIGNAL}, INT},
    {SYS_BRK, "brk", {HEX}, HEX},
    {SYS_SETPGID, "setpgid", {INT, INT}, INT},
    {SYS_UMASK, "umask", {OCTAL}, OCTAL},
    {SYS_GETPPID, "getppid", {NONE}, INT},
    {SYS_SIGACTION, "sigaction", {SIGNAL, ACTION, OUT_ACTION, HEX}, INT},
    {SYS_IOPL, "iopl", {INT}, INT},
    {SYS_SIGRETURN, "sigreturn", {NONE}, NONE},
    {SYS_CLONE, "clone", {CLONE_FLAGS, HEX}, INT},
    {SYS_MPROTECT, "mprotect", {HEX, INT, MAP_FLAGS}, INT},
    {SYS_SIGPROCMASK, "sigprocmask", {HOW, MASK, OUT_MASK}, INT},
    {SYS_GETPGID, "getpgid", {INT}, INT},
    {SYS_YIELD, "yield", {NONE}, INT},
    {SYS_NANOSLEEP, "nanosleep", {TIME, OUT_TIME}, INT},
    {SYS_GETCWD, "getcwd", {OUT_BYTES}, INT},
    {SYS_GETUID, "getuid", {NONE}, INT},
    {SYS_GETGID, "getgid", {NONE}, INT},
    {SYS_GETEUID, "geteuid", {NONE}, INT},
    {SYS_GETEGID, "getegid", {NONE}, INT},
    {SYS_SETREUID, "setreuid", {INT, INT}, INT},
    {SYS_SETREGID, "setregid", {INT, INT}, INT},
    {SYS_FUTEX, "futex", {WORD, FUTEX, INT, HEX, HEX}, INT},
    {SYS_CLOCK_GETTIME, "clock_gettime", {CLOCK, OUT_TIME}, INT},
    {SYS_PIPE2, "pipe2", {OUT_PIPE, OPEN_FLAGS}, INT},
    {SYS_PHYSALLOC, "physalloc", {INT}, HEX},
    {SYS_PHYSFREE, "physfree", {HEX, INT}, INT},
    {SYS_PHYSMAP, "physmap", {HEX, INT, HEX}, HEX},
    {SYS_PHYSUNMAP, "physunmap", {HEX}, INT},
    {SYS_VIRTTOPHYS, "virttophys", {HEX}, HEX},
    {SYS_GETNS, "getns", {NONE}, INT},
    {SYS_GETENS, "getens", {NONE}, INT},
    {SYS_SETRENS, "setrens", {INT, INT}, INT},
    {SYS_MKNS, "mkns", {STRINGS}, INT},
};

static inline const struct call *call_numbered(unsigned long number) {
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return &calls[i];
    return 0;
}

#endif
