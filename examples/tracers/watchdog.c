/* A judge: a child that takes too long is killed when the alarm rings. */
#include "start.h"

static volatile sig_atomic_t rang;

static void ring(int signal) {
    (void)signal;
    rang = 1;
}

static void child(void) {
    for (volatile unsigned i = 0;; i++)
        continue;
}

int main(void) {
    struct sigaction action = {.sa_handler = ring};
    pid_t pid = start(child);
    int status;

    report("child", wait_for(pid));
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
        fail("PTRACE_CONT");
    while (waitpid(pid, &status, 0) < 0)
        if (rang)
            kill(pid, SIGKILL);
    report(rang ? "late child" : "child", status);
    return 0;
}
