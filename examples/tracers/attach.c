/* Attaches to a process that runs already, lets it out of its loop, and leaves it. */
#include "start.h"

static volatile long counter, released;

static void busy(int ready) {
    write(ready, "r", 1);
    while (!released)
        counter++;
    _exit(7);
}

int main(void) {
    int ready[2];
    char byte;

    by_lines();
    if (pipe(ready) < 0)
        fail("pipe");
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0)
        busy(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        fail("read");
    pause_for(5);

    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0) {
        perror("PTRACE_ATTACH");
        kill(pid, SIGKILL);
        report("process", wait_for(pid));
        return 1;
    }
    report("process", wait_for(pid));
    errno = 0;
    long count = ptrace(PTRACE_PEEKDATA, pid, (void *)&counter, NULL);
    if (errno != 0)
        fail("PTRACE_PEEKDATA");
    puts(count > 0 ? "it has counted" : "it has not run");
    if (ptrace(PTRACE_POKEDATA, pid, (void *)&released, (void *)1) < 0)
        fail("PTRACE_POKEDATA");
    if (ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
        fail("PTRACE_DETACH");
    report("process", wait_for(pid));
    return 0;
}
