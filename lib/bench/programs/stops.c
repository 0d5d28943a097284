/*
 * Round trips of a tracer: `stops step N` single-steps a child N times,
 * `stops syscall N` stops it at N entries or ends of system calls. Works on
 * Linux and on relibc, where the child must sleep before it marks itself.
 * `stops child 0` is the child alone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(void) {
    usleep(1000);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    for (;;)
        getppid();
}

int main(int argc, char **argv) {
    int status, request;
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "child") == 0)
        child();
    request = strcmp(argv[1], "step") == 0 ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;
    long count = atol(argv[2]), stops = 0;
    pid_t pid = fork();
    if (pid == 0)
        child();
    waitpid(pid, &status, 0);
    while (stops < count && WIFSTOPPED(status)) {
        if (ptrace(request, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
            return 1;
        stops++;
    }
    kill(pid, SIGKILL);
    printf("%s %ld\n", argv[1], stops);
    return 0;
}
