/*
 * How a process of several threads ends. Built with musl and with glibc; prints
 * the same on Linux and on relibc.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *spin(void *unused) {
    for (;;)
        ;
    return unused;
}

static void *sleep_on(void *unused) {
    for (;;)
        usleep(1000);
    return unused;
}

static void *exit_soon(void *status) {
    usleep(3000);
    exit((int)(long)status);
}

static void *end_soon(void *result) {
    usleep(3000);
    return result;
}

static pthread_t start(void *(*body)(void *), long argument) {
    pthread_t thread;
    pthread_create(&thread, NULL, body, (void *)argument);
    return thread;
}

static void end_with_others(void) {
    start(spin, 0);
    start(sleep_on, 0);
    exit(5);
}

static void end_by_another(void) {
    start(sleep_on, 0);
    pthread_join(start(exit_soon, 6), NULL);
    exit(1);
}

static void leave_to_exit(void) {
    start(exit_soon, 8);
    pthread_exit(NULL);
}

__attribute__((unused)) static void leave_to_end(void) {
    start(end_soon, 0);
    pthread_exit(NULL);
}

static void report(const char *name, void (*body)(void)) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(99);
    }
    waitpid(pid, &status, 0);
    printf("%s: %x\n", name, status);
    fflush(stdout);
}

int main(void) {
    report("exit while others run", end_with_others);
    report("exit of another thread", end_by_another);
    report("the first leaves, another exits", leave_to_exit);
#ifdef __GLIBC__ /* musl 1.2.3 hangs on Linux here */
    report("the first leaves, the last ends", leave_to_end);
#endif
    start(spin, 0);
    return 7;
}
