/*
 * The program with which ptrace on Redox began: a tracer that ends its child as
 * soon as the child writes to standard error, by turning that write into
 * exit(123). Built with -D__redox__ it expects the system calls a program sees
 * after a port to relibc; built without, it runs on Linux and prints the same.
 *
 *   -DCHILD_DELAY=0  leaves out the child's sleep. On relibc the child then
 *                    marks itself as traced before its parent waits, and both
 *                    sleep for ever; Linux does not mind.
 *   -DCHILD_ALONE    builds the child only, for a tracer in another language.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __redox__
#define CALL_WRITE 0x21000004
#define CALL_EXIT 1
#else
#define CALL_WRITE 1
#define CALL_EXIT 60
#endif

#ifndef CHILD_DELAY
#define CHILD_DELAY 1
#endif

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int child(void) {
    /* Only a parent that waits already learns of the stop below. */
    if (CHILD_DELAY > 0)
        sleep(CHILD_DELAY);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        fail("PTRACE_TRACEME");
    if (raise(SIGSTOP) != 0)
        fail("raise");

    static const char plea[] = "Please let me in?\n";
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("Hello, this is a test");
    puts("So the question is, does using STDERR really terminate the program?");
    puts("That would be pretty sad");
    puts("Let's try:");
    if (write(STDERR_FILENO, plea, sizeof plea - 1) < 0)
        fail("write");
    puts("Well fsck.");
    return 0;
}

#ifdef CHILD_ALONE

int main(void) { return child(); }

#else

/* Returns whether the child has exited, and how in *status. */
static int wait_for(pid_t pid, int *status) {
    if (waitpid(pid, status, 0) < 0)
        fail("waitpid");
    return WIFEXITED(*status);
}

/* One system call of the child, from its entry to its end. */
static int step(pid_t pid, int *status) {
    struct user_regs_struct regs;

    if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
        return -1;
    if (wait_for(pid, status))
        return 1;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
        return -1;
    if (regs.orig_rax == CALL_WRITE && regs.rdi == STDERR_FILENO) {
        regs.orig_rax = CALL_EXIT;
        regs.rdi = 123;
        if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0)
            return -1;
    }
    if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
        return -1;
    return wait_for(pid, status);
}

int main(void) {
    int status, done;
    pid_t pid = fork();

    if (pid < 0)
        fail("fork");
    if (pid == 0)
        return child();

    wait_for(pid, &status);
    do
        done = step(pid, &status);
    while (done == 0);

    if (done > 0)
        printf("Child terminated with error code %d.\n", WEXITSTATUS(status));
    else if (errno == ESRCH)
        puts("Uncaught child termination.");
    else
        fail("ptrace");
    return 0;
}

#endif
