/*
 * A tracee that gets signals: one that it handles, one that it ignores, and one
 * that ends it.
 */
#include "process.h"

static volatile int seen;

static void note(int signal) {
    seen = signal;
    yield();
}

int main(void) {
    handle(SIGUSR1, note);
    handle(SIGUSR2, (void (*)(int))SIG_IGN);
    kill(getpid(), SIGUSR1);
    print(STDOUT, "handled %d\n", seen);
    kill(getpid(), SIGUSR2);
    print(STDOUT, "ignored %d\n", SIGUSR2);
    kill(getpid(), SIGTERM);
    print(STDOUT, "not reached\n");
    return 0;
}
