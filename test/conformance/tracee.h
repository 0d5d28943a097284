/*
 * Tracees of tests, traced by whatever words the kernel under test knows.
 */
#ifndef TRACEE_H
#define TRACEE_H

#include "../../examples/redox/tracer.h"

#define PRE PTRACE_STOP_PRE_SYSCALL
#define POST PTRACE_STOP_POST_SYSCALL
#define STEP PTRACE_STOP_SINGLESTEP
#define SIGNAL PTRACE_STOP_SIGNAL
#define BREAKPOINT PTRACE_STOP_BREAKPOINT
#define EXIT PTRACE_STOP_EXIT
#define CLONE PTRACE_EVENT_CLONE
#define IGNORE PTRACE_FLAG_IGNORE
#define WAIT PTRACE_FLAG_WAIT

/* ---- the kernel under test ---- */

static int revision; /* 7 for P7 */

/* How tracer and kernel talk: in operations of a byte, or words of eight. */
static inline int has_operations(void) {
    return revision < 5;
}
static inline int has_events(void) {
    return revision >= 3;
}
static inline int reads_wait(void) {
    return revision >= 9;
}

/* ---- tracees ---- */

struct tracee {
    long pid, trace, registers, memory;
    unsigned long flags;
    int held;   /* SIGCONT is sent with the first word */
    int inside; /* operations do not tell an entry from an exit */
    struct ptrace_event event; /* the latest */
    uint64_t words[26];        /* its registers, as they were read */
};

/* Time for everybody who can run to do so: some ticks of the clock. */
static inline void pause(void) {
    sleep_for(5000);
}

/* A child that stops itself, and does something when it continues. */
static inline long stopped_child(void (*body)(void)) {
    long pid = fork();
    if (pid == 0) {
        kill(getpid(), SIGSTOP);
        body();
        exit(0);
    }
    wait_for(pid, WUNTRACED);
    return pid;
}

static inline long child(void (*body)(void)) {
    long pid = fork();
    if (pid == 0) {
        body();
        exit(0);
    }
    return pid;
}

/* Opens the files of a process; the trace file's errors are in tracee->trace. */
static inline void open_files(struct tracee *tracee, long pid, unsigned long flags) {
    *tracee = (struct tracee){.pid = pid, .flags = O_RDWR | flags};
    tracee->trace = open_process(pid, "trace", tracee->flags);
    tracee->registers = open_process(pid, "regs/int", O_RDWR);
    tracee->memory = open_process(pid, "mem", O_RDWR);
}

static inline void set_blocking(struct tracee *tracee, int blocking) {
    tracee->flags = blocking ? tracee->flags & ~O_NONBLOCK : tracee->flags | O_NONBLOCK;
    redox(SYS_FCNTL, tracee->trace, F_SETFL, tracee->flags);
}

/* The kernels' own words, as an operation where they had none. */
static inline long write_word(struct tracee *tracee, uint64_t word) {
    if (!has_operations())
        return redox(SYS_WRITE, tracee->trace, &word, sizeof word);
    uint8_t operation = word & (PRE | POST) ? PTRACE_SYSCALL
                        : word & STEP       ? PTRACE_SINGLESTEP
                        : word & SIGNAL     ? PTRACE_SIGNAL
                        : word & WAIT       ? PTRACE_WAIT
                                            : PTRACE_CONT;
    if (word & IGNORE)
        operation |= PTRACE_SYSEMU;
    return redox(SYS_WRITE, tracee->trace, &operation, 1);
}

/*
 * The first kernel that could freeze a process lifted the freeze for steps only
 * (KP-46): there, what is not about freezing goes without. The process stays in
 * its SIGSTOP until a word is in force.
 */
static inline int freezes_for_ever(void) {
    return revision == 5;
}

static inline long put_word(struct tracee *tracee, uint64_t word) {
    if (!tracee->held)
        return write_word(tracee, word);
    int blocking = !(tracee->flags & O_NONBLOCK);
    tracee->held = 0;
    set_blocking(tracee, 0);
    long result = write_word(tracee, word);
    kill(tracee->pid, SIGCONT);
    if (!blocking)
        return result;
    set_blocking(tracee, 1);
    return write_word(tracee, WAIT);
}

/* The number of events read into tracee->event, 0 or 1, or an error. */
static inline long read_event(struct tracee *tracee) {
    if (revision >= 5)
        return read_events(&(struct tracer){.trace = tracee->trace}, &tracee->event, 1);
    struct {
        uint16_t tag;
        uint64_t data;
    } old = {0, 0};
    long size = redox(SYS_READ, tracee->trace, &old, sizeof old);
    if (size <= 0)
        return size;
    tracee->event = (struct ptrace_event){.cause = old.tag == 0 ? CLONE : SIGNAL, .a = old.data};
    return 1;
}

/* For operations: the write tells of the stop, and not which one it is. */
static inline long go_by_operation(struct tracee *tracee, uint64_t word) {
    long result = put_word(tracee, word);
    while (result == 0 && read_event(tracee) > 0) { /* an event ended the wait */
        if (tracee->event.cause == CLONE && (word & CLONE))
            return CLONE;
        result = write_word(tracee, WAIT);
    }
    if (result < 0 || !(word & (PRE | POST)))
        return result < 0 ? result : (long)(word & PTRACE_STOP_MASK);
    tracee->inside = !tracee->inside;
    return tracee->inside ? PRE : POST;
}

/* Resumes a tracee and waits: the cause of what comes first, or an error. */
static inline long go(struct tracee *tracee, uint64_t word) {
    tracee->event = (struct ptrace_event){.cause = 0};
    if (has_operations())
        return go_by_operation(tracee, word);
    long result = put_word(tracee, word);
    if (result >= 0)
        result = read_event(tracee);
    return result < 0 ? result : (long)tracee->event.cause;
}

/* Waits on, after an event that was no stop. */
static inline long go_on_waiting(struct tracee *tracee) {
    if (has_operations()) {
        long result = write_word(tracee, WAIT);
        tracee->inside = !tracee->inside;
        return result < 0 ? result : tracee->inside ? PRE : POST;
    }
    long result = reads_wait() ? 0 : write_word(tracee, WAIT);
    if (result >= 0)
        result = read_event(tracee);
    return result < 0 ? result : (long)tracee->event.cause;
}

/* The same up to the entry of a call, as operations stop at its end, too. */
static inline long go_on_to_entry(struct tracee *tracee) {
    long cause = go_on_waiting(tracee);
    return cause == POST ? go(tracee, PRE) : cause;
}

/*
 * The same as go, for a tracee that is about to end: a read that begins when it
 * has ended may wait for ever (KP-38), so the read is one that does not wait.
 */
static inline long go_to_end(struct tracee *tracee, uint64_t word) {
    if (!reads_wait())
        return go(tracee, word);
    set_blocking(tracee, 0);
    long result = put_word(tracee, word);
    pause();
    if (result >= 0)
        result = read_event(tracee);
    set_blocking(tracee, 1);
    return result < 0 ? result : (long)tracee->event.cause;
}

/* Takes what was told before out of the way. */
static inline void drain(struct tracee *tracee) {
    set_blocking(tracee, 0);
    while (has_events() && read_event(tracee) > 0)
        continue;
}

/* A child that stopped itself and will continue with the first word. */
static inline void begin(struct tracee *tracee, void (*body)(void), unsigned long flags) {
    long pid = stopped_child(body);
    open_files(tracee, pid, flags | (freezes_for_ever() ? 0 : O_TRUNC));
    tracee->held = freezes_for_ever();
    if (!tracee->held)
        kill(pid, SIGCONT);
}

/*
 * The first kernel's structure went on where later ones end: behind ss came the
 * bases and five selectors, which are written back as they were read.
 */
#define FIRST_SIZE 208

static inline size_t registers_size(void) {
    return revision == 1 ? FIRST_SIZE : sizeof(struct int_registers);
}

static inline struct int_registers registers_of(struct tracee *tracee) {
    struct int_registers registers;
    memset(tracee->words, 0, sizeof tracee->words);
    redox(SYS_READ, tracee->registers, tracee->words, registers_size());
    memcpy(&registers, tracee->words, sizeof registers);
    return registers;
}

/* Writes what registers_of gave, changed. */
static inline long set_registers(struct tracee *tracee, struct int_registers *registers) {
    memcpy(tracee->words, registers, sizeof *registers);
    return redox(SYS_WRITE, tracee->registers, tracee->words, registers_size());
}

static inline long peek(struct tracee *tracee, const volatile void *address, void *to, size_t length) {
    redox(SYS_LSEEK, tracee->memory, address, SEEK_SET);
    return redox(SYS_READ, tracee->memory, to, length);
}

static inline long poke(struct tracee *tracee, volatile void *address, const void *from, size_t length) {
    redox(SYS_LSEEK, tracee->memory, address, SEEK_SET);
    return redox(SYS_WRITE, tracee->memory, from, length);
}

/* Goes on to the entry of a call. */
static inline long go_to_call(struct tracee *tracee, unsigned long number) {
    for (;;) {
        long cause = go(tracee, PRE);
        if (cause < 0 || (cause == PRE && registers_of(tracee).rax == number))
            return cause;
    }
}

static inline void let_go(struct tracee *tracee) {
    redox(SYS_CLOSE, tracee->trace);
}

/*
 * Whether a process has ended. The files of a zombie could be opened at first,
 * so there the process is asked for its status, which is kept.
 */
static long ended_pid, ended_status;

static inline int has_exited(long pid) {
    if (revision >= 3) {
        long file = open_process(pid, "regs/int", O_RDWR);
        redox(SYS_CLOSE, file);
        return file == -ESRCH;
    }
    if (redox(SYS_WAITPID, pid, &ended_status, WNOHANG) == pid)
        ended_pid = pid;
    return ended_pid == pid;
}

static inline long status_of(long pid) {
    return ended_pid == pid ? ended_status : wait_for(pid, 0);
}

#define EXITED(status) ((status) << 8)

static inline void become(int uid, int gid) {
    redox(SYS_SETREGID, gid, gid);
    redox(SYS_SETREUID, uid, uid);
}

/* ---- event: queues ---- */

static inline void nothing(int signal) {
    (void)signal;
}

/* What an event: queue tells, or 0 when it tells nothing for a while. */
static inline size_t told(long queue, struct event *event) {
    long self = getpid();
    handle(SIGUSR1, nothing);
    long alarm = fork();
    if (alarm == 0) {
        sleep_for(20000);
        kill(self, SIGUSR1);
        exit(0);
    }
    event->flags = 0;
    long size = redox(SYS_READ, queue, event, sizeof *event);
    kill(alarm, SIGKILL);
    wait_for(alarm, 0);
    return size < 0 ? 0 : event->flags;
}

static inline void watch(long queue, struct tracee *it, size_t flags) {
    struct event interest = {it->trace, flags, it->pid};
    redox(SYS_WRITE, queue, &interest, sizeof interest);
}

#endif
