/* Holds a signal on its way to the child back, and sends another in its place. */
#include "start.h"

static volatile sig_atomic_t received;

static void note(int signal) { received = signal; }

static void child(void) {
    signal(SIGUSR1, note);
    signal(SIGUSR2, note);
    kill(getpid(), SIGUSR2);
    _exit(received);
}

int main(void) {
    pid_t pid = start(child);
    wait_for(pid);
    int status = resume(PTRACE_CONT, pid, 0);
    report("child", status);
    if (!over(status)) {
        status = resume(PTRACE_CONT, pid, SIGUSR1);
        report("child", status);
    }
    if (WIFEXITED(status))
        printf("its handler saw SIGUSR%d\n", WEXITSTATUS(status) == SIGUSR1 ? 1 : 2);
    return 0;
}
