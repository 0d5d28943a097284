/*
 * Tracing by files: proc:PID/trace takes command words and gives events,
 * regs/int and mem are what their names say. From July 2019 the write of a
 * word waits for its stop and reads never do; since June 2020 reads wait. The
 * first kernels, which knew operations of a byte instead, are refused.
 */
#ifndef TRACER_H
#define TRACER_H

#include "process.h"

struct tracer {
    long pid;
    long trace, registers, memory; /* descriptors */
    int reads_wait;
};

static inline long open_process(long pid, const char *file, unsigned long flags) {
    char bytes[64];
    struct text path = {bytes, 0, sizeof bytes - 1};
    format(&path, "proc:%ld/%s", pid, file);
    bytes[path.length] = 0;
    return open(bytes, flags);
}

/* The files of a process that is only looked at. */
static inline long look_at(struct tracer *tracer, long pid) {
    *tracer = (struct tracer){.pid = pid, .trace = -1, .registers = -1, .memory = -1};
    tracer->memory = open_process(pid, "mem", O_RDWR | O_CLOEXEC);
    if (tracer->memory < 0)
        return tracer->memory;
    tracer->registers = open_process(pid, "regs/int", O_RDWR | O_CLOEXEC);
    return tracer->registers < 0 ? tracer->registers : 0;
}

/* Freezes a process and becomes its tracer; O_NONBLOCK and O_EXCL may be asked for. */
static inline long attach(struct tracer *tracer, long pid, unsigned long flags) {
    struct ptrace_event none;
    long error = look_at(tracer, pid);
    if (error < 0)
        return error;
    tracer->trace = open_process(pid, "trace", O_RDWR | O_CLOEXEC | O_TRUNC | O_NONBLOCK | flags);
    if (tracer->trace < 0)
        return tracer->trace;
    /* half a word is nothing, but one byte is an operation, and 0 is none of them */
    if (redox(SYS_WRITE, tracer->trace, "", 1) == -EINVAL)
        return -ENOSYS;
    /* with nothing to read, a kernel whose reads wait asks to try again */
    tracer->reads_wait = redox(SYS_READ, tracer->trace, &none, sizeof none) == -EAGAIN;
    if (!(flags & O_NONBLOCK))
        redox(SYS_FCNTL, tracer->trace, F_SETFL, O_RDWR | O_CLOEXEC | flags);
    return 0;
}

static inline void detach(struct tracer *tracer) {
    redox(SYS_CLOSE, tracer->trace);
    redox(SYS_CLOSE, tracer->registers);
    redox(SYS_CLOSE, tracer->memory);
}

static inline long command(struct tracer *tracer, uint64_t word) {
    return redox(SYS_WRITE, tracer->trace, &word, sizeof word);
}

/* The number of events read, or an error. */
static inline long read_events(struct tracer *tracer, struct ptrace_event *events, int limit) {
    long size = redox(SYS_READ, tracer->trace, events, limit * sizeof *events);
    return size < 0 ? size : size / (long)sizeof *events;
}

static inline long read_registers(struct tracer *tracer, struct int_registers *registers) {
    return redox(SYS_READ, tracer->registers, registers, sizeof *registers);
}

/* All of the bytes, or an error. */
static inline long read_memory(struct tracer *tracer, uint64_t address, void *to, size_t length) {
    redox(SYS_LSEEK, tracer->memory, address, SEEK_SET);
    return redox(SYS_READ, tracer->memory, to, length);
}

/*
 * Starts a program that stops itself before anything else, and attaches to it.
 * It goes on with the first command word. Returns its pid or an error.
 */
static inline long start_traced(struct tracer *tracer, int argc, char **argv, unsigned long flags) {
    long pid = fork();
    if (pid == 0) {
        kill(getpid(), SIGSTOP);
        execute(argv[0], argc, argv);
        print(STDERR, "%s cannot be executed\n", argv[0]);
        exit(127);
    }
    if (pid < 0)
        return pid;
    wait_for(pid, WUNTRACED);
    long error = attach(tracer, pid, flags);
    if (error < 0)
        return error;
    kill(pid, SIGCONT); /* it is frozen, and continues when the tracer says so */
    return pid;
}

#endif
