/* What a recorder must cope with: a tracer that never ends, one that prints without end, one that
 * leaves a busy child behind, a program that stops itself, one that asks to be traced twice, a
 * thread that forks, and a child made by posix_spawn. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void trace(void) {
    struct timespec time = {0, 20000000};
    pid_t pid = fork();
    if (pid == 0) {
        nanosleep(&time, NULL);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        for (;;)
            getppid();
    }
    waitpid(pid, NULL, 0);
    for (;;) {
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
        waitpid(pid, NULL, 0);
    }
}

static void *fork_and_wait(void *status) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    waitpid(pid, status, 0);
    return NULL;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "trace") == 0)
        trace();
    while (strcmp(what, "print") == 0)
        puts("and so on");
    if (strcmp(what, "leave") == 0) {
        if (fork() == 0)
            for (;;)
                continue;
        return 3;
    }
    if (strcmp(what, "stop") == 0) {
        pid_t pid = getpid();
        int pipes[2];
        if (pipe(pipes) < 0)
            return 1;
        if (fork() == 0) {
            struct timespec time = {0, 100000000};
            nanosleep(&time, NULL);
            if (write(pipes[1], "x", 1) != 1)
                return 1;
            kill(pid, SIGCONT);
            return 0;
        }
        raise(SIGSTOP);
        /* only who woke it can have written */
        struct pollfd ready = {pipes[0], POLLIN, 0};
        puts(poll(&ready, 1, 0) == 1 ? "woken" : "never stopped");
    }
    if (strcmp(what, "spawn") == 0) {
        char *arguments[] = {argv[0], "twice", NULL}, *environment[] = {NULL};
        pid_t pid;
        if (posix_spawn(&pid, argv[0], NULL, NULL, arguments, environment) != 0)
            return 1;
        waitpid(pid, NULL, 0);
    }
    if (strcmp(what, "twice") == 0) {
        long first = ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        long second = ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        printf("%ld, then %ld: %s\n", first, second, strerror(errno));
    }
    if (strcmp(what, "thread") == 0) {
        pthread_t thread;
        int status = 0;
        pthread_create(&thread, NULL, fork_and_wait, &status);
        pthread_join(thread, NULL);
        printf("status %#x\n", status);
    }
    return 0;
}
