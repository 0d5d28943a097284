/*
 * What the tracers of this directory have in common: a child that asks to be
 * traced and stops itself, and words for a wait status.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline void pause_for(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Output in lines, so that those of tracer and tracee come in their order. */
static inline void by_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

/*
 * Starts run() in a child that has stopped itself when the tracer first waits
 * for it. Linux does not care which of the two comes first; relibc does, and
 * sleeps for ever if it is the child. So the child is late here, like that of
 * relibc's own test. exec-tracer.c is not so considerate.
 */
static inline pid_t start(void (*run)(void)) {
    by_lines();
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid > 0)
        return pid;
    pause_for(20);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        fail("PTRACE_TRACEME");
    kill(getpid(), SIGSTOP);
    run();
    _exit(0);
}

static inline int wait_for(pid_t pid) {
    int status;
    if (waitpid(pid, &status, 0) < 0)
        fail("waitpid");
    return status;
}

/* A request that must not fail, and the wait for what comes of it. */
static inline int resume(int request, pid_t pid, long signal) {
    if (ptrace(request, pid, NULL, (void *)signal) < 0)
        fail("ptrace");
    return wait_for(pid);
}

static inline int over(int status) { return WIFEXITED(status) || WIFSIGNALED(status); }

static inline struct user_regs_struct registers_of(pid_t pid) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
        fail("PTRACE_GETREGS");
    return regs;
}

static inline void set_registers(pid_t pid, struct user_regs_struct *regs) {
    if (ptrace(PTRACE_SETREGS, pid, NULL, regs) < 0)
        fail("PTRACE_SETREGS");
}

static inline void report(const char *who, int status) {
    if (WIFEXITED(status))
        printf("%s exited with %d\n", who, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s was killed by signal %d\n", who, WTERMSIG(status));
    else if (WIFSTOPPED(status))
        printf("%s stopped: signal %d, event %d\n", who, WSTOPSIG(status), status >> 16);
    else
        printf("%s: status %#x\n", who, status);
}
