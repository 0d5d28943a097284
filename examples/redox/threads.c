/*
 * A tracee with two threads, which share its memory and its descriptors. A
 * counter is kept whole by a lock on a futex.
 */
#include "process.h"

#define ROUNDS 3
#define THREADS 2

static int lock;
static int counter;
static char stacks[THREADS][4096] __attribute__((aligned(16)));

static void take(void) {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0)
        redox(SYS_FUTEX, &lock, FUTEX_WAIT, 1, 0, 0);
}

static void give(void) {
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    redox(SYS_FUTEX, &lock, FUTEX_WAKE, 1, 0, 0);
}

static void count(void *which) {
    for (int i = 0; i < ROUNDS; i++) {
        take();
        int before = counter;
        yield(); /* the other one would spoil it now, were it not for the lock */
        counter = before + 1;
        give();
    }
    exit((int)(long)which);
}

int main(void) {
    long pids[THREADS];
    for (long i = 0; i < THREADS; i++)
        pids[i] = start_thread(CLONE_AS_THREAD, stacks[i] + sizeof stacks[i], count, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        print(STDOUT, "thread %d: %ld\n", i + 1, wait_for(pids[i], 0) >> 8 & 0xff);
    print(STDOUT, "counted to %d\n", counter);
    return 0;
}
