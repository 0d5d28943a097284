/*
 * What strace does with a command: the child asks to be traced and executes
 * it at once; the SIGTRAP of a successful execve is the first stop.
 */
#include "start.h"

int main(int argc, char **argv) {
    by_lines();
    if (argc > 1)
        return 4; /* the program that is traced */
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        char *arguments[] = {argv[0], "traced", NULL};
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
            fail("PTRACE_TRACEME");
        execv(argv[0], arguments);
        fail("execv");
    }

    int stops = 0, status = wait_for(pid);
    report("child", status);
    while (!over(status)) {
        status = resume(PTRACE_SYSCALL, pid, 0);
        stops++;
    }
    printf("%s\n", stops > 2 ? "its system calls were seen" : "no system call was seen");
    report("child", status);
    return 0;
}
