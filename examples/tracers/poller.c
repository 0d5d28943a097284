/* A tracer with other things to do: it asks for stops now and then instead of waiting. */
#include "start.h"

static void child(void) {
    write(STDOUT_FILENO, "polled\n", 7);
    _exit(6);
}

/* The status of the next stop or of the end; -1 if there is none for half a second. */
static int poll_for(pid_t pid) {
    int status;
    for (int i = 0; i < 100; i++) {
        pid_t found = waitpid(pid, &status, WNOHANG);
        if (found < 0)
            fail("waitpid");
        if (found == pid)
            return status;
        pause_for(5);
    }
    return -1;
}

int main(void) {
    pid_t pid = start(child);
    int stops = 0;

    report("child", wait_for(pid));
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
            fail("PTRACE_SYSCALL");
        int status = poll_for(pid);
        if (status == -1) {
            puts("nothing happens");
            kill(pid, SIGKILL);
            return 1;
        }
        if (over(status)) {
            printf("%d stops\n", stops);
            report("child", status);
            return 0;
        }
        stops++;
    }
}
