/*
 * What a kernel does all day: `processes fork N` forks N children one after the
 * other, each of which ends at once; `pipe N` sends a byte to and fro N times
 * between two processes; `yield N` lets two processes give the processor to each
 * other N times; `live N` keeps N processes alive together.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static pid_t start(void) {
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    return pid;
}

static void make(int *ends) {
    if (pipe(ends) < 0)
        fail("pipe");
}

/* relibc of 2019 loses a child whose pid ends in 0x7f: ECHILD is an end, too. */
static void reap(pid_t pid) {
    int status = 0;
    if ((waitpid(pid, &status, 0) < 0 && errno != ECHILD) || status != 0)
        fail("waitpid");
}

static void forks(long count) {
    for (long i = 0; i < count; i++) {
        pid_t pid = start();
        if (pid == 0)
            _exit(0);
        reap(pid);
    }
}

static void pipes(long count) {
    int there[2], back[2];
    char byte = 'x';
    make(there);
    make(back);
    pid_t pid = start();
    if (pid == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1)
            if (write(back[1], &byte, 1) != 1)
                _exit(1);
        _exit(0);
    }
    for (long i = 0; i < count; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            fail("round trip");
    close(there[1]);
    reap(pid);
}

static void yields(long count) {
    pid_t pid = start();
    for (long i = 0; i < count; i++)
        sched_yield();
    if (pid == 0)
        _exit(0);
    reap(pid);
}

static void live(long count) {
    int ends[2];
    char byte;
    pid_t *pids = malloc(count * sizeof *pids);
    make(ends);
    for (long i = 0; i < count; i++) {
        pids[i] = start();
        if (pids[i] == 0) {
            close(ends[1]);
            _exit((int)read(ends[0], &byte, 1));
        }
    }
    close(ends[1]);
    for (long i = 0; i < count; i++)
        reap(pids[i]);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(long count);
    } works[] = {{"fork", forks}, {"pipe", pipes}, {"yield", yields}, {"live", live}};
    if (argc != 3)
        return 2;
    for (unsigned i = 0; i < sizeof works / sizeof *works; i++)
        if (strcmp(argv[1], works[i].name) == 0) {
            works[i].run(atol(argv[2]));
            printf("%s %s\n", argv[1], argv[2]);
            return 0;
        }
    return 2;
}
