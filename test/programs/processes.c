/*
 * Processes and how they end, one case per word on the command line. Each
 * prints what the parent saw; the statuses are those of wait(2).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile long sink;
static volatile char *volatile nowhere = (char *)8;
static volatile char *volatile constant = (char *)"constant";
static int shared_or_copied = 1;

static void report(const char *what, pid_t pid) {
    int status;
    if (waitpid(pid, &status, 0) != pid)
        printf("%s: waitpid failed\n", what);
    else
        printf("%s: %04x\n", what, status & ~0x80); /* without the core-dump bit */
    fflush(stdout);
}

static void page_fault(void) {
    pid_t pid = fork();
    if (pid == 0) {
        sink = *nowhere;
        _exit(0);
    }
    report("read of an unmapped page", pid);
    pid = fork();
    if (pid == 0) {
        *constant = 0;
        _exit(0);
    }
    report("write to a constant", pid);
}

static void divide(void) {
    volatile int dividend = 100, zero = 0;
    pid_t pid = fork();
    if (pid == 0) {
        sink = dividend / zero;
        _exit(0);
    }
    report("division by zero", pid);
}

static void killed(void) {
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    kill(pid, SIGTERM);
    report("SIGTERM", pid);
}

static void stopped(void) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(3);
    }
    if (waitpid(pid, &status, WUNTRACED) == pid)
        printf("stopped: %04x\n", status);
    kill(pid, SIGCONT);
    report("continued and exited", pid);
}

static void copied(void) {
    pid_t pid = fork();
    if (pid == 0) {
        shared_or_copied = 2;
        _exit(shared_or_copied);
    }
    report("child wrote", pid);
    printf("parent still has %d\n", shared_or_copied);
}

/* Sums 1..leaves over a binary tree of processes that report through pipes. */
static int tree(int first, int count) {
    int ends[2][2], total = 0;
    pid_t pids[2];
    if (count == 1)
        return first;
    for (int i = 0; i < 2; i++) {
        int half = i == 0 ? count / 2 : count - count / 2;
        if (pipe(ends[i]) < 0)
            abort();
        pids[i] = fork();
        if (pids[i] == 0) {
            int sum = tree(first + (i == 0 ? 0 : count / 2), half);
            _exit(write(ends[i][1], &sum, sizeof sum) != sizeof sum);
        }
        close(ends[i][1]);
    }
    for (int i = 0; i < 2; i++) {
        int sum = 0, status;
        if (read(ends[i][0], &sum, sizeof sum) != sizeof sum)
            abort();
        close(ends[i][0]);
        if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
            abort();
        total += sum;
    }
    return total;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "page-fault") == 0)
            page_fault();
        else if (strcmp(argv[i], "divide") == 0)
            divide();
        else if (strcmp(argv[i], "killed") == 0)
            killed();
        else if (strcmp(argv[i], "stopped") == 0)
            stopped();
        else if (strcmp(argv[i], "copied") == 0)
            copied();
        else if (strcmp(argv[i], "tree") == 0)
            printf("tree: %d\n", tree(1, 16));
        else
            return 2;
    }
    return 0;
}
