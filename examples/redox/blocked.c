/*
 * blocked read|sleep|futex|spin: a process that waits, in one way or another,
 * until it is killed. What `registers` says of it can be told beforehand.
 */
#include "process.h"

static char message[] = "a message to whoever peeks";
static int word = 7;

static void block_on_pipe(void) {
    size_t ends[2];
    char byte;
    redox(SYS_PIPE2, ends, 0);
    redox(SYS_READ, ends[0], &byte, 1);
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";
    print(STDOUT, "message at 0x%lx\n", (unsigned long)message);
    if (same(how, "read"))
        block_on_pipe();
    else if (same(how, "sleep"))
        sleep_for(3600 * 1000000L);
    else if (same(how, "futex"))
        redox(SYS_FUTEX, &word, FUTEX_WAIT, 7, 0, 0);
    else if (same(how, "spin"))
        for (;;)
            __asm__ volatile("pause");
    return 1;
}
