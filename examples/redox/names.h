/*
 * Names of errors, signals and flags, for people.
 */
#ifndef NAMES_H
#define NAMES_H

#include "runtime.h"

static const char *const error_names[] = {
    "0", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
    "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV",
    "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC",
    "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK",
    "ENOSYS", "ENOTEMPTY", "ELOOP", "EWOULDBLOCK"};

static inline void put_error(struct text *text, long error) {
    if (error == ENOTRECOVERABLE)
        put_string(text, "ENOTRECOVERABLE", 0);
    else if (error >= 0 && error < (long)(sizeof error_names / sizeof *error_names))
        put_string(text, error_names[error], 0);
    else
        format(text, "%ld", error);
}

static const char *const signal_names[] = {
    "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
    "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
    "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
    "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS"};

static inline void put_signal(struct text *text, unsigned long signal) {
    if (signal < sizeof signal_names / sizeof *signal_names)
        put_string(text, signal_names[signal], 0);
    else
        format(text, "%lu", signal);
}

struct flag {
    unsigned long bits;
    const char *name;
};

static const struct flag open_flags[] = {
    {O_RDWR, "O_RDWR"}, {O_RDONLY, "O_RDONLY"}, {O_WRONLY, "O_WRONLY"},
    {O_NONBLOCK, "O_NONBLOCK"}, {O_APPEND, "O_APPEND"}, {O_SHLOCK, "O_SHLOCK"},
    {O_EXLOCK, "O_EXLOCK"}, {O_ASYNC, "O_ASYNC"}, {O_FSYNC, "O_FSYNC"}, {O_CLOEXEC, "O_CLOEXEC"},
    {O_CREAT, "O_CREAT"}, {O_TRUNC, "O_TRUNC"}, {O_EXCL, "O_EXCL"}, {O_DIRECTORY, "O_DIRECTORY"},
    {O_STAT, "O_STAT"}, {O_SYMLINK, "O_SYMLINK"}, {O_NOFOLLOW, "O_NOFOLLOW"}, {0, 0}};
static const struct flag clone_flags[] = {
    {CLONE_VM, "CLONE_VM"}, {CLONE_FS, "CLONE_FS"}, {CLONE_FILES, "CLONE_FILES"},
    {CLONE_SIGHAND, "CLONE_SIGHAND"}, {CLONE_VFORK, "CLONE_VFORK"},
    {CLONE_THREAD, "CLONE_THREAD"}, {CLONE_STACK, "CLONE_STACK"}, {0, 0}};
static const struct flag wait_flags[] = {
    {WNOHANG, "WNOHANG"}, {WUNTRACED, "WUNTRACED"}, {WCONTINUED, "WCONTINUED"}, {0, 0}};
static const struct flag map_flags[] = {
    {MAP_SHARED, "MAP_SHARED"}, {MAP_PRIVATE, "MAP_PRIVATE"}, {PROT_EXEC, "PROT_EXEC"},
    {PROT_WRITE, "PROT_WRITE"}, {PROT_READ, "PROT_READ"}, {0, 0}};
static const struct flag event_flags[] = {
    {EVENT_READ, "EVENT_READ"}, {EVENT_WRITE, "EVENT_WRITE"}, {0, 0}};

/* Names joined by |, and what has no name as a number. */
static inline void put_flags(struct text *text, const struct flag *flag, unsigned long flags) {
    const char *between = "";
    for (; flag->name != 0; flag++) {
        if ((flags & flag->bits) != flag->bits)
            continue;
        flags &= ~flag->bits;
        format(text, "%s%s", between, flag->name);
        between = "|";
    }
    if (flags != 0 && flags < 01000)
        format(text, "%s0%lo", between, flags);
    else if (flags != 0)
        format(text, "%s0x%lx", between, flags);
    else if (*between == 0)
        put(text, '0');
}

/* One of a few words, or a number. */
static inline void put_word(struct text *text, const char *const *words, unsigned count,
                            unsigned long value) {
    if (value < count && words[value] != 0)
        put_string(text, words[value], 0);
    else
        format(text, "%lu", value);
}

static inline void put_wait_status(struct text *text, unsigned long status) {
    if (status == 0xffff) {
        put_string(text, "[continued]", 0);
    } else if ((status & 0xff) == 0x7f) {
        put_string(text, "[stopped by ", 0);
        put_signal(text, status >> 8 & 0xff);
        put(text, ']');
    } else if ((status & 0x7f) != 0) {
        put_string(text, "[killed by ", 0);
        put_signal(text, status & 0x7f);
        put(text, ']');
    } else {
        format(text, "[exited %lu]", status >> 8 & 0xff);
    }
}

#endif
