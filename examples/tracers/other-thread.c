/* A tracee belongs to the thread that traces it. Another one of the same process asks for a step. */
#include "start.h"

#include <pthread.h>

static pid_t pid;

static void child(void) { _exit(6); }

static void *other(void *unused) {
    (void)unused;
    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
        printf("the other thread: %s\n", strerror(errno));
    else
        puts("the other thread let it step");
    return NULL;
}

int main(void) {
    pthread_t thread;
    pid = start(child);
    report("child", wait_for(pid));
    if (pthread_create(&thread, NULL, other, NULL) != 0)
        fail("pthread_create");
    pthread_join(thread, NULL);
    report("child", resume(PTRACE_CONT, pid, 0));
    return 0;
}
