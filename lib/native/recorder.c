/*
 * Runs a program and writes down, on descriptor 3, the system calls by which a
 * tracer lives: ptrace, waiting, forking, signalling, writing, exiting, timers,
 * and what it opens in /proc. The program and its threads are traced for that,
 * its children are left to it. A line for each call, in the order in which they
 * return:
 *
 *   NUMBER A0 A1 A2 A3 RESULT MEMORY   all in hexadecimal; RESULT is ? when the
 *                                      call never returned, MEMORY - when it
 *                                      has nothing to show
 *   start PID ENTRY                    first of all: who it is, its entry point
 *   end STATUS | end REASON            last of all; REASON, if it was ended:
 *                                      timeout, calls, output
 *
 * Of more than LINES_MAX calls the rest is counted, not written. PTRACE_TRACEME
 * of the program itself would fail as it is traced already: it gets the result
 * that it would have had. Standard output and error must be files if they are to
 * be limited.
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
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_MAX 4096
#define LINES_MAX 20000
#define CALLS_MAX 100000
#define OUTPUT_MAX (1024 * 1024)
#define THREADS_MAX 256
#define PATH_SIZE 256
#define TICKS_PER_SECOND 20
/* Ticks that what the program leaves behind may take. */
#define TICKS_LEFT 10
#define PTRACE_GETREGSET_ 0x4204
#define PTRACE_SETREGSET_ 0x4205
#define PTRACE_GETSIGINFO_ 0x4202
#define PTRACE_SETSIGINFO_ 0x4203
#define PTRACE_GETEVENTMSG_ 0x4201
#define SIGINFO_SIZE 128

/* A thread of the program. `call` is the last one it made. */
struct thread {
    pid_t tid;
    int inside, recorded, interrupted;
    struct user_regs_struct call;
    char path[PATH_SIZE];
};

static FILE *out;
static pid_t tracer;
static struct thread threads[THREADS_MAX];
static int memory_file, asked_to_be_traced;
static long lines, ticks_left;
/* Why the program was ended, if it was. */
static const char *volatile ended;

static void end_program(const char *why) {
    if (ended == NULL)
        ended = why;
    kill(tracer, SIGKILL);
}

static long output_size(int file) {
    struct stat found;
    return fstat(file, &found) == 0 && S_ISREG(found.st_mode) ? found.st_size : 0;
}

static void on_tick(int signal) {
    (void)signal;
    if (--ticks_left <= 0)
        end_program("timeout");
    else if (output_size(1) > OUTPUT_MAX || output_size(2) > OUTPUT_MAX)
        end_program("output");
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
    case SYS_clone3:
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_write:
    case SYS_writev:
    case SYS_exit:
    case SYS_exit_group:
    case SYS_alarm:
    case SYS_setitimer:
    case SYS_pause:
    case SYS_prctl:
    case SYS_seccomp:
    case SYS_process_vm_readv:
    case SYS_process_vm_writev:
    case SYS_pidfd_open:
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigsuspend:
    case SYS_open:
    case SYS_openat:
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

/* A string; empty where there is none. It is read before the call, which may change it. */
static void fetch_path(unsigned long address, char *to) {
    size_t got = 0;
    to[0] = 0;
    /* byte by byte to the end of a page, so as not to run into one that is not there */
    while (got < PATH_SIZE - 1 && fetch(address + got, 1, (unsigned char *)to + got) == 1)
        if (to[got++] == 0)
            return;
    to[got] = 0;
}

/* Of the files that it opens only those of /proc are of interest. */
static int is_interesting(struct thread *thread) {
    const struct user_regs_struct *call = &thread->call;
    thread->path[0] = 0;
    if (call->orig_rax != SYS_open && call->orig_rax != SYS_openat)
        return is_recorded(call->orig_rax);
    fetch_path(call->orig_rax == SYS_open ? call->rdi : call->rsi, thread->path);
    return strncmp(thread->path, "/proc/", 6) == 0;
}

static size_t memory_of(const struct thread *thread, unsigned char *to) {
    const struct user_regs_struct *call = &thread->call;
    switch (call->orig_rax) {
    case SYS_open:
    case SYS_openat:
        memcpy(to, thread->path, PATH_SIZE);
        return strlen(thread->path);
    case SYS_clone3:
        return fetch(call->rdi, sizeof(long), to);
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

static void record(const struct thread *thread, const char *result, int memory) {
    static unsigned char bytes[MEMORY_MAX];
    const struct user_regs_struct *call = &thread->call;
    if (++lines > CALLS_MAX)
        end_program("calls");
    if (lines > LINES_MAX)
        return;
    fprintf(out, "%lx %lx %lx %lx %lx %s ", (long)call->orig_rax, (long)call->rdi,
            (long)call->rsi, (long)call->rdx, (long)call->r10, result);
    size_t size = memory ? memory_of(thread, bytes) : 0;
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

/* Starts the program, which is traced when it executes. */
static pid_t begin(char **arguments) {
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        die("pipe");
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid > 0) {
        setpgid(pid, pid);
        if (ptrace(PTRACE_SEIZE, pid, NULL,
                   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
                            PTRACE_O_TRACECLONE)) < 0) {
            kill(pid, SIGKILL); /* it must not run on alone */
            die("ptrace is not possible");
        }
        close(ready[0]);
        close(ready[1]);
        return pid;
    }
    setpgid(0, 0);
    close(3);
    close(ready[1]);
    if (read(ready[0], &(char){0}, 1) < 0) /* to its end, which comes once it is traced */
        die("read");
    personality(ADDR_NO_RANDOMIZE); /* where that is forbidden, recordings differ in addresses */
    char *environment[] = {NULL};
    execve(arguments[0], arguments, environment);
    die(arguments[0]);
    return 0;
}

/* ERESTARTSYS and its kin: the call is made again, or the program sees EINTR. */
static int is_interrupted(long result) { return result <= -512 && result >= -516; }

static void record_result(const struct thread *thread, long value) {
    char result[20];
    snprintf(result, sizeof result, "%lx", value);
    record(thread, result, 1);
}

/* The entry of a thread; one that is free if it is new. NULL if there are too many. */
static struct thread *find(pid_t tid) {
    struct thread *unused = NULL;
    for (int i = 0; i < THREADS_MAX; i++) {
        if (threads[i].tid == tid)
            return &threads[i];
        if (threads[i].tid == 0 && unused == NULL)
            unused = &threads[i];
    }
    if (unused != NULL && tid != 0) {
        memset(unused, 0, sizeof *unused);
        unused->tid = tid;
    }
    return unused;
}

/* What PTRACE_TRACEME gives a program that nobody traces yet, the first time. */
static long unless_traced(struct thread *thread, struct user_regs_struct *now) {
    if (thread->call.orig_rax == SYS_ptrace && thread->call.rdi == PTRACE_TRACEME &&
        !asked_to_be_traced) {
        asked_to_be_traced = 1;
        now->rax = 0;
        ptrace(PTRACE_SETREGS, thread->tid, NULL, now);
    }
    return (long)now->rax;
}

static void at_syscall_stop(struct thread *thread) {
    struct user_regs_struct now;
    if (ptrace(PTRACE_GETREGS, thread->tid, NULL, &now) < 0)
        return;
    thread->inside = !thread->inside;
    if (thread->inside) {
        if (thread->interrupted && now.rip != thread->call.rip)
            record_result(thread, -EINTR);
        thread->interrupted = 0;
        thread->call = now;
        thread->recorded = is_interesting(thread);
    } else if (thread->recorded) {
        long result = unless_traced(thread, &now);
        thread->interrupted = is_interrupted(result);
        if (!thread->interrupted)
            record_result(thread, result);
    }
}

static void resume(pid_t tid, int signal) {
    ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)signal); /* unless it was killed meanwhile */
}

/* Passes a signal on; leaves a thread stopped that is, as it would be without us. */
static void resume_after(pid_t tid, int status) {
    int event = status >> 16, signal = WSTOPSIG(status);
    if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
        ptrace(PTRACE_LISTEN, tid, NULL, NULL);
    else
        resume(tid, event == 0 ? signal : 0);
}

/* Goes on from the execve to the end of the program, and gives its status. */
static int follow(void) {
    int status;

    find(tracer)->inside = 1;
    resume(tracer, 0);
    for (;;) {
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0) {
            if (errno != EINTR)
                die("waitpid");
            continue;
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (tid == tracer)
                break;
            struct thread *thread = find(tid);
            if (thread != NULL && thread->tid == tid) {
                if (thread->inside && thread->recorded)
                    record(thread, "?", 0);
                thread->tid = 0;
            }
            continue;
        }
        int known = tid == tracer || syscall(SYS_tgkill, tracer, tid, 0) == 0;
        struct thread *thread = known ? find(tid) : NULL;
        if (thread == NULL) { /* a process that was made by clone() like a thread */
            ptrace(PTRACE_DETACH, tid, NULL, NULL);
        } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            at_syscall_stop(thread);
            resume(tid, 0);
        } else {
            resume_after(tid, status);
        }
    }
    struct thread *thread = find(tracer);
    if (thread->inside && thread->recorded)
        record(thread, "?", thread->call.orig_rax == SYS_write ||
                                thread->call.orig_rax == SYS_writev);
    return status;
}

/* Gives what the program left behind a moment to end, as it would without us, and ends it. */
static void end_rest(void) {
    struct timespec tick = {0, 1000000000 / TICKS_PER_SECOND};
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    for (int i = 0; i < TICKS_LEFT; i++) {
        while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
            continue;
        if (kill(-tracer, 0) < 0)
            return;
        nanosleep(&tick, NULL);
    }
    kill(-tracer, SIGKILL);
}

int main(int argc, char **argv) {
    char path[64];
    int status;

    if (argc < 3 || (out = fdopen(3, "w")) == NULL) {
        fputs("usage: recorder SECONDS PROGRAM [ARGUMENT...] 3>FILE\n", stderr);
        return 2;
    }
    tracer = begin(argv + 2);
    do { /* to the first instruction of the program */
        if (waitpid(tracer, &status, 0) < 0 || !WIFSTOPPED(status))
            return 1; /* said why already */
        if (status >> 16 != PTRACE_EVENT_EXEC)
            resume_after(tracer, status);
    } while (status >> 16 != PTRACE_EVENT_EXEC);
    snprintf(path, sizeof path, "/proc/%d/mem", (int)tracer);
    memory_file = open(path, O_RDONLY | O_CLOEXEC);
    fprintf(out, "start %lx %lx\n", (long)tracer, entry_point());

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct timeval tick = {0, 1000000 / TICKS_PER_SECOND};
    struct itimerval timer = {tick, tick};
    ticks_left = atol(argv[1]) * TICKS_PER_SECOND;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    status = follow();
    end_rest();
    if (ended != NULL)
        fprintf(out, "end %s\n", ended);
    else
        fprintf(out, "end %x\n", status);
    return 0;
}
