/* Two children, resumed in turn; whichever stops is waited for by waitpid(-1). */
#include "start.h"

static void first(void) {
    write(STDOUT_FILENO, "first\n", 6);
    _exit(1);
}

static void second(void) {
    write(STDOUT_FILENO, "second\n", 7);
    _exit(2);
}

int main(void) {
    pid_t pids[2];
    int left = 2, stops[2] = {0, 0};

    pids[0] = start(first);
    report("first", wait_for(pids[0]));
    pids[1] = start(second);
    report("second", wait_for(pids[1]));

    for (int turn = 0; left > 0; turn ^= 1) {
        if (pids[turn] == 0)
            continue;
        if (ptrace(PTRACE_SYSCALL, pids[turn], NULL, NULL) < 0)
            fail("PTRACE_SYSCALL");
        int status;
        pid_t stopped = waitpid(-1, &status, 0);
        if (stopped != pids[turn])
            fail("not the one that was resumed");
        if (over(status)) {
            report(turn == 0 ? "first" : "second", status);
            pids[turn] = 0;
            left--;
        } else {
            stops[turn]++;
        }
    }
    printf("stops: %d and %d\n", stops[0], stops[1]);
    return 0;
}
