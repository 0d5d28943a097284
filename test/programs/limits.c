/* What a recorder must cope with: a tracer that never ends, one that prints without end, one that
 * leaves a busy child behind, a program that asks to be traced twice, a thread that forks. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
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
