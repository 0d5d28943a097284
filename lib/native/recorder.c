/*
 * Runs a program and writes down, on descriptor 3, the system calls by which a
 * tracer lives: ptrace, waiting, forking, signalling, writing and exiting. The
 * program itself is traced for that, its children are left to it. A line for
 * each call, in the order in which they return:
 *
 *   NUMBER A0 A1 A2 A3 RESULT MEMORY   all in hexadecimal; RESULT is ? when the
 *                                      call never returned, MEMORY - when it
 *                                      has nothing to show
 *   start PID ENTRY                    first of all: who it is, its entry point
 *   end STATUS | end timeout           last of all
 *
 * Usage: recorder SECONDS PROGRAM [ARGUMENT...]; ptrace(2), wait(2).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_MAX 4096
#define LINES_MAX 60000
#define PTRACE_GETREGSET_ 0x4204
#define PTRACE_SETREGSET_ 0x4205
#define PTRACE_GETSIGINFO_ 0x4202
#define PTRACE_SETSIGINFO_ 0x4203
#define PTRACE_GETEVENTMSG_ 0x4201
#define SIGINFO_SIZE 128

static FILE *out;
static pid_t tracer;
static volatile sig_atomic_t timed_out;
static int memory_file;
static long lines;

static void on_alarm(int signal) {
    (void)signal;
    timed_out = 1;
    kill(tracer, SIGKILL);
}

static void die(const char *what) {
    fprintf(stderr, "recorder: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int is_recorded(unsigned long number) {
    switch (number) {
    case SYS_ptrace:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_fork:
    case SYS_vfork:
    case SYS_clone:
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_write:
    case SYS_writev:
    case SYS_exit:
    case SYS_exit_group:
        return 1;
    }
    return 0;
}

/* What a ptrace request leaves at, or takes from, its address `data`. */
static size_t size_at_data(unsigned long request) {
    switch (request) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case PTRACE_PEEKUSER:
    case PTRACE_GETEVENTMSG_:
        return sizeof(long);
    case PTRACE_GETREGS:
    case PTRACE_SETREGS:
        return sizeof(struct user_regs_struct);
    case PTRACE_GETFPREGS:
    case PTRACE_SETFPREGS:
        return sizeof(struct user_fpregs_struct);
    case PTRACE_GETSIGINFO_:
    case PTRACE_SETSIGINFO_:
        return SIGINFO_SIZE;
    }
    return 0;
}

static size_t fetch(unsigned long address, size_t size, unsigned char *to) {
    if (size > MEMORY_MAX)
        size = MEMORY_MAX;
    ssize_t got = address == 0 ? 0 : pread(memory_file, to, size, (off_t)address);
    return got < 0 ? 0 : (size_t)got;
}

static size_t fetch_pieces(unsigned long address, unsigned long count, unsigned char *to) {
    struct iovec pieces[16];
    size_t filled = 0, max = sizeof pieces / sizeof *pieces;
    if (count > max)
        count = max;
    if (fetch(address, count * sizeof *pieces, (unsigned char *)pieces) == 0)
        return 0;
    for (size_t i = 0; i < count && filled < MEMORY_MAX; i++) {
        size_t size = pieces[i].iov_len;
        if (size > MEMORY_MAX - filled)
            size = MEMORY_MAX - filled;
        filled += fetch((unsigned long)pieces[i].iov_base, size, to + filled);
    }
    return filled;
}

static size_t memory_of(const struct user_regs_struct *call, unsigned char *to) {
    switch (call->orig_rax) {
    case SYS_ptrace:
        if (call->rdi == PTRACE_GETREGSET_ || call->rdi == PTRACE_SETREGSET_)
            return fetch_pieces(call->r10, 1, to);
        return fetch(call->r10, size_at_data(call->rdi), to);
    case SYS_wait4:
        return fetch(call->rsi, sizeof(int), to);
    case SYS_waitid:
        return fetch(call->rdx, SIGINFO_SIZE, to);
    case SYS_write:
        return fetch(call->rsi, call->rdx, to);
    case SYS_writev:
        return fetch_pieces(call->rsi, call->rdx, to);
    }
    return 0;
}

static void record(const struct user_regs_struct *call, const char *result, int memory) {
    static unsigned char bytes[MEMORY_MAX];
    if (++lines > LINES_MAX)
        return;
    fprintf(out, "%lx %lx %lx %lx %lx %s ", (long)call->orig_rax, (long)call->rdi,
            (long)call->rsi, (long)call->rdx, (long)call->r10, result);
    size_t size = memory ? memory_of(call, bytes) : 0;
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%02x", bytes[i]);
    fputs(size == 0 ? "-\n" : "\n", out);
}

/* The address of the entry point, by which a program that moves is known. */
static unsigned long entry_point(void) {
    char path[64];
    Elf64_auxv_t entry;
    unsigned long found = 0;
    snprintf(path, sizeof path, "/proc/%d/auxv", (int)tracer);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    while (fread(&entry, sizeof entry, 1, file) == 1)
        if (entry.a_type == AT_ENTRY)
            found = entry.a_un.a_val;
    fclose(file);
    return found;
}

static pid_t begin(char **arguments) {
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    setpgid(0, 0);
    close(3);
    personality(ADDR_NO_RANDOMIZE); /* where that is forbidden, recordings differ in addresses */
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        die("ptrace");
    raise(SIGSTOP);
    char *environment[] = {NULL};
    execve(arguments[0], arguments, environment);
    die(arguments[0]);
    return 0;
}

/* ERESTARTSYS and its kin: the call is made again, or the program sees EINTR. */
static int is_interrupted(long result) { return result <= -512 && result >= -516; }

static void record_result(const struct user_regs_struct *call, long value) {
    char result[20];
    snprintf(result, sizeof result, "%lx", value);
    record(call, result, 1);
}

/* Goes on from the execve to the end of the program, and gives its status. */
static int follow(void) {
    struct user_regs_struct call = {0}, now;
    int status, inside = 1, recorded = 0, interrupted = 0, signal = 0;

    for (;;) {
        if (ptrace(PTRACE_SYSCALL, tracer, NULL, (void *)(long)signal) < 0 && errno != ESRCH)
            die("PTRACE_SYSCALL");
        while (waitpid(tracer, &status, __WALL) < 0)
            if (errno != EINTR)
                die("waitpid");
        signal = 0;
        if (WIFEXITED(status) || WIFSIGNALED(status))
            break;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            siginfo_t info;
            /* without a siginfo it is a group-stop, and there is no signal to pass on */
            if (ptrace(PTRACE_GETSIGINFO, tracer, NULL, &info) == 0)
                signal = WSTOPSIG(status);
            continue;
        }
        if (ptrace(PTRACE_GETREGS, tracer, NULL, &now) < 0)
            continue;
        inside = !inside;
        if (inside) {
            if (interrupted && now.rip != call.rip)
                record_result(&call, -EINTR);
            call = now;
            recorded = is_recorded(call.orig_rax);
        } else if (recorded) {
            interrupted = is_interrupted((long)now.rax);
            if (!interrupted)
                record_result(&call, (long)now.rax);
        }
    }
    if (inside && recorded)
        record(&call, "?", call.orig_rax == SYS_write || call.orig_rax == SYS_writev);
    return status;
}

int main(int argc, char **argv) {
    char path[64];
    int status;

    if (argc < 3 || (out = fdopen(3, "w")) == NULL) {
        fputs("usage: recorder SECONDS PROGRAM [ARGUMENT...] 3>FILE\n", stderr);
        return 2;
    }
    tracer = begin(argv + 2);
    setpgid(tracer, tracer);
    if (waitpid(tracer, &status, 0) < 0 || !WIFSTOPPED(status))
        die("ptrace is not possible");
    if (ptrace(PTRACE_SETOPTIONS, tracer, NULL,
               (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC)) < 0)
        die("PTRACE_SETOPTIONS");
    do { /* to the first instruction of the program */
        ptrace(PTRACE_CONT, tracer, NULL, NULL);
        if (waitpid(tracer, &status, 0) < 0 || !WIFSTOPPED(status))
            return 1; /* said why already */
    } while (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8));
    snprintf(path, sizeof path, "/proc/%d/mem", (int)tracer);
    memory_file = open(path, O_RDONLY | O_CLOEXEC);
    fprintf(out, "start %lx %lx\n", (long)tracer, entry_point());

    struct sigaction alarm_action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &alarm_action, NULL);
    alarm((unsigned)atoi(argv[1]));
    status = follow();
    kill(-tracer, SIGKILL); /* what it left behind */
    if (timed_out)
        fputs("end timeout\n", out);
    else
        fprintf(out, "end %x\n", status);
    return 0;
}
