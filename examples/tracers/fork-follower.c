/* Follows a fork: the new process is traced from its first instruction. */
#include "start.h"

static void child(void) {
    int status = 0;
    pid_t grandchild = fork();
    if (grandchild == 0)
        _exit(5);
    waitpid(grandchild, &status, 0);
    _exit(WEXITSTATUS(status) + 1);
}

int main(void) {
    pid_t pid = start(child);
    unsigned long message = 0;

    report("child", wait_for(pid));
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEFORK) < 0)
        fail("PTRACE_SETOPTIONS");
    report("child", resume(PTRACE_CONT, pid, 0));
    if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) < 0)
        fail("PTRACE_GETEVENTMSG");

    int status;
    pid_t grandchild = (pid_t)message;
    if (waitpid(grandchild, &status, __WALL) < 0)
        fail("waitpid");
    report("grandchild", status);
    report("grandchild", resume(PTRACE_CONT, grandchild, 0));

    status = resume(PTRACE_CONT, pid, 0);
    while (WIFSTOPPED(status)) {
        report("child", status);
        status = resume(PTRACE_CONT, pid, WSTOPSIG(status));
    }
    report("child", status);
    return 0;
}
