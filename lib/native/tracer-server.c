/*
 * A tracer on Linux that does what it is told: requests come on descriptor 3, answers go to 4, one
 * after the other. lib/linux/linux-tracer.ts is the other end. When 3 ends, it ends its children,
 * waits for them and ends too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUESTS = 3, ANSWERS = 4 };
enum operation {
    PTRACE,
    WAIT,
    KILL,
    SPAWN,
    ALLOCATE,
    RELEASE,
    READ,
    WRITE,
    READ_OTHER,
    WRITE_OTHER
};

/* Integers in the order of the machine; `length` bytes follow those of SPAWN, WRITE and WRITE_OTHER. */
struct request {
    uint32_t operation;
    int32_t pid;
    int64_t number;
    uint64_t address, data, length;
};
/* `length` bytes follow. */
struct answer {
    int64_t result;
    int32_t error, status;
    uint64_t length;
};

/* The children that have not been waited for. */
static pid_t *children;
static size_t living;

static void remember(pid_t pid) {
    pid_t *more = realloc(children, (living + 1) * sizeof *children);
    if (more == NULL)
        return;
    children = more;
    children[living++] = pid;
}

static void forget(pid_t pid) {
    for (size_t i = 0; i < living; i++)
        if (children[i] == pid)
            children[i] = children[--living];
}

/* Not all systems have somebody who waits for orphans. */
static void finish(void) {
    for (size_t i = 0; i < living; i++)
        kill(children[i], SIGKILL);
    for (size_t i = 0; i < living; i++)
        while (waitpid(children[i], &(int){0}, 0) > 0)
            ;
    exit(0);
}

static void take(void *to, size_t length) {
    for (char *at = to; length > 0;) {
        ssize_t got = read(REQUESTS, at, length);
        if (got <= 0)
            finish();
        at += got;
        length -= (size_t)got;
    }
}

static void give(const void *from, size_t length) {
    for (const char *at = from; length > 0;) {
        ssize_t put = write(ANSWERS, at, length);
        if (put <= 0)
            finish();
        at += put;
        length -= (size_t)put;
    }
}

/* Strings one after another: the path, `number` arguments, and the environment. */
static pid_t spawn(char *strings, uint64_t length, int64_t arguments) {
    size_t count = 0;
    for (uint64_t i = 0; i < length; i++)
        count += strings[i] == '\0';
    char **all = calloc(count + 2, sizeof *all), *at = strings + strlen(strings) + 1;
    size_t filled = 0;
    for (int64_t i = 0; i < arguments; i++, at += strlen(at) + 1)
        all[filled++] = at;
    char **environment = all + ++filled;
    for (; at < strings + length; at += strlen(at) + 1)
        all[filled++] = at;
    int failure = 0, said[2]; /* execve's error comes through a pipe that a success closes */
    if (pipe2(said, O_CLOEXEC) < 0) {
        free(all);
        return -1;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127);
        close(REQUESTS);
        close(ANSWERS);
        execve(strings, all, environment);
        failure = errno;
        _exit(write(said[1], &failure, sizeof failure) < 0);
    }
    free(all);
    close(said[1]);
    ssize_t heard = pid < 0 ? 0 : read(said[0], &failure, sizeof failure);
    close(said[0]);
    if (heard == sizeof failure) {
        waitpid(pid, NULL, 0);
        errno = failure;
        return -1;
    }
    if (pid > 0)
        remember(pid);
    return pid;
}

/* Memory of another process, all of it or none: 0, or -1 with errno. */
static int transfer(pid_t pid, uint64_t address, void *bytes, uint64_t length, int writes) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int file = open(path, (writes ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    if (file < 0) {
        errno = ESRCH;
        return -1;
    }
    ssize_t done = writes ? pwrite(file, bytes, length, (off_t)address)
                          : pread(file, bytes, length, (off_t)address);
    close(file);
    if (done == (ssize_t)length)
        return 0;
    errno = EFAULT;
    return -1;
}

int main(void) {
    /* it may be waiting for a child when whoever asks is gone */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct request asked;
        struct answer answer = {0};
        void *more = NULL;
        take(&asked, sizeof asked);
        errno = 0;
        switch (asked.operation) {
        case PTRACE:
            /* the system call itself: the library's PEEK returns its word instead of storing it */
            answer.result = syscall(SYS_ptrace, asked.number, asked.pid, asked.address, asked.data);
            break;
        case WAIT:
            answer.result = waitpid(asked.pid, &answer.status, (int)asked.number);
            if (answer.result > 0 && (WIFEXITED(answer.status) || WIFSIGNALED(answer.status)))
                forget((pid_t)answer.result);
            break;
        case KILL:
            answer.result = kill(asked.pid, (int)asked.number);
            break;
        case SPAWN:
            more = malloc(asked.length);
            take(more, asked.length);
            answer.result = spawn(more, asked.length, asked.number);
            break;
        case ALLOCATE:
            answer.result = (int64_t)(intptr_t)calloc(1, asked.length);
            break;
        case RELEASE:
            free((void *)(uintptr_t)asked.address);
            break;
        case READ_OTHER:
            more = malloc(asked.length);
            answer.result = transfer(asked.pid, asked.address, more, asked.length, 0);
            answer.length = answer.result == 0 ? asked.length : 0;
            break;
        case WRITE_OTHER:
            more = malloc(asked.length);
            take(more, asked.length);
            answer.result = transfer(asked.pid, asked.address, more, asked.length, 1);
            break;
        case READ:
            answer.length = asked.length;
            break;
        case WRITE:
            take((void *)(uintptr_t)asked.address, asked.length);
            break;
        default:
            errno = ENOSYS;
            answer.result = -1;
        }
        if (answer.result < 0)
            answer.error = errno;
        give(&answer, sizeof answer);
        if (answer.length > 0)
            give(more != NULL ? more : (void *)(uintptr_t)asked.address, answer.length);
        free(more);
    }
}
