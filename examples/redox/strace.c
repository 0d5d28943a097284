/*
 * strace [-s] [-r] PROGRAM [ARG...]: prints the system calls and signals of a
 * program on stderr, in one of two ways.
 *
 * Simple, -s: one process and one wait at a time. Each command word is awaited.
 * Advanced: no trace file ever waits; an event: queue tells which tracee has
 * something to say. With -r, children and threads are traced from their start.
 */
#include "decode.h"

#define STOPS                                                                            \
    (PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_POST_SYSCALL | PTRACE_STOP_SIGNAL |            \
     PTRACE_STOP_BREAKPOINT | PTRACE_STOP_EXIT)
/* The program still sits in the kill by which it stopped itself: not its end, nor SIGCONT. */
#define FIRST_STOPS (PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_EXIT)

#define TRACEES 32
#define NESTED 8 /* calls that a signal's handler interrupts */

struct tracee {
    struct tracer tracer;
    struct invocation begun[NESTED];
    int depth;
};

static struct tracee tracees[TRACEES];
static int count;
static int names_pids;
static uint64_t word = STOPS;
/* Whose line waits for its end. */
static struct tracee *open_line;

static char line[2048];
static struct text text = {line, 0, sizeof line};

static void flush(void) {
    redox(SYS_WRITE, STDERR, line, text.length);
    text.length = 0;
}

/* Starts a line, after that of a call that is not over. */
static void begin_line(struct tracee *tracee) {
    if (open_line != 0) {
        put_string(&text, " <unfinished ...>\n", 0);
        open_line = 0;
    }
    if (names_pids)
        format(&text, "[pid %ld] ", tracee->tracer.pid);
}

static void call_begins(struct tracee *tracee, const struct int_registers *registers) {
    struct invocation made = invocation_in(registers);
    begin_line(tracee);
    put_beginning(&text, &tracee->tracer, &made, BEGINNING);
    if (made.number == SYS_EXIT || made.number == SYS_SIGRETURN) {
        put_string(&text, ") = ?\n", 0); /* these have no end */
    } else if (tracee->depth < NESTED) {
        tracee->begun[tracee->depth++] = made;
        open_line = tracee;
    }
    flush();
}

static void call_ends(struct tracee *tracee, const struct int_registers *registers) {
    struct invocation *made = tracee->depth > 0 ? &tracee->begun[--tracee->depth] : 0;
    if (made == 0) {
        begin_line(tracee);
        struct invocation unknown = {0};
        put_string(&text, "<unmatched>(", 0);
        put_end(&text, &tracee->tracer, &unknown, registers->rax);
    } else {
        if (open_line != tracee) {
            begin_line(tracee);
            format(&text, "<... %s resumed>", made->call != 0 ? made->call->name : "call");
        }
        open_line = 0;
        put_end(&text, &tracee->tracer, made, registers->rax);
    }
    flush();
}

static void signal_comes(struct tracee *tracee, const struct ptrace_event *event) {
    begin_line(tracee);
    put_string(&text, "--- ", 0);
    put_signal(&text, event->a);
    if (event->b == SIG_DFL)
        put_string(&text, " {SIG_DFL}", 0);
    else if (event->b == SIG_IGN)
        put_string(&text, " {SIG_IGN}", 0);
    else
        format(&text, " {handler=0x%lx}", event->b);
    put_string(&text, " ---\n", 0);
    flush();
}

static void ends(struct tracee *tracee, uint64_t status) {
    begin_line(tracee);
    put_string(&text, "+++ ", 0);
    put_wait_status(&text, status);
    put_string(&text, " +++\n", 0);
    flush();
}

/* Takes the place of one who is gone, if there is one. */
static struct tracee *add_tracee(void) {
    for (int i = 0; i < count; i++)
        if (tracees[i].tracer.trace < 0) {
            tracees[i] = (struct tracee){.depth = 0};
            return &tracees[i];
        }
    if (count == TRACEES) {
        print(STDERR, "strace: more than %d tracees\n", TRACEES);
        exit(1);
    }
    tracees[count] = (struct tracee){.depth = 0};
    return &tracees[count++];
}

static void complain(long error) {
    put_string(&text, "strace: cannot trace: ", 0);
    put_error(&text, -error);
    put(&text, '\n');
    flush();
}

static void follow(long pid);

/* Prints an event; 1 if it is a stop, after which the tracee waits for a word. */
static int report(struct tracee *tracee, const struct ptrace_event *event) {
    struct int_registers registers = {0};
    switch (event->cause) {
    case PTRACE_STOP_PRE_SYSCALL:
        /* of exec, success has no end: what was begun is nobody's call now */
        if (tracee->depth > 0 && tracee->begun[tracee->depth - 1].number == SYS_FEXEC) {
            tracee->depth--;
            if (open_line != tracee) {
                begin_line(tracee);
                put_string(&text, "<... fexec resumed>", 0);
            }
            open_line = 0;
            put_string(&text, ") = ?\n", 0);
        }
        read_registers(&tracee->tracer, &registers);
        call_begins(tracee, &registers);
        return 1;
    case PTRACE_STOP_POST_SYSCALL:
        read_registers(&tracee->tracer, &registers);
        call_ends(tracee, &registers);
        return 1;
    case PTRACE_STOP_SIGNAL:
        signal_comes(tracee, event);
        return 1;
    case PTRACE_STOP_EXIT:
        ends(tracee, event->a);
        return 1;
    case PTRACE_STOP_BREAKPOINT:
        begin_line(tracee);
        put_string(&text, "--- int3 ---\n", 0);
        flush();
        return 1;
    case PTRACE_EVENT_CLONE:
        begin_line(tracee);
        format(&text, "+++ new process %lu +++\n", event->a);
        flush();
        follow((long)event->a);
        return 0;
    }
    return 0;
}

/* ---- simple ---- */

/* Resumes a tracee and waits until it stops; 0 when it ends, for which nobody need wait. */
static int step(struct tracee *tracee, uint64_t stops) {
    struct ptrace_event events[4];
    long found = command(&tracee->tracer, stops);
    if (found >= 0)
        found = read_events(&tracee->tracer, events, 4); /* waits here if the write did not */
    int ending = found < 0;
    for (long i = 0; i < found; i++) {
        report(tracee, &events[i]);
        ending |= events[i].cause == PTRACE_STOP_EXIT;
    }
    return !ending;
}

static void trace_simply(struct tracee *tracee) {
    word = FIRST_STOPS;
    while (step(tracee, word))
        word = STOPS;
    detach(&tracee->tracer);
}

/* ---- advanced ---- */

static long queue;
static int alive;

static void subscribe(struct tracee *tracee) {
    struct event interest = {tracee->tracer.trace, EVENT_READ, tracee - tracees};
    redox(SYS_WRITE, queue, &interest, sizeof interest);
    alive++;
}

/* A child was announced, frozen until its tracer speaks. */
static void follow(long pid) {
    struct tracee *child = add_tracee();
    long error = attach(&child->tracer, pid, O_NONBLOCK);
    if (error < 0) {
        complain(error);
        child->tracer.trace = -1;
        return;
    }
    subscribe(child);
    command(&child->tracer, word);
}

static void forget(struct tracee *tracee) {
    detach(&tracee->tracer);
    tracee->tracer.trace = -1;
    if (open_line == tracee)
        open_line = 0;
    alive--;
}

static int has_ended(struct tracee *tracee) {
    struct int_registers registers;
    return read_registers(&tracee->tracer, &registers) == -ESRCH;
}

/* Something happened. All of it is printed before the tracee runs on. */
static void serve(struct tracee *tracee) {
    struct ptrace_event events[4];
    int stopped = 0;
    long found;
    while ((found = read_events(&tracee->tracer, events, 4)) > 0)
        for (long i = 0; i < found; i++) {
            stopped |= report(tracee, &events[i]);
            if (events[i].cause == PTRACE_STOP_EXIT) {
                forget(tracee); /* which lets it end */
                return;
            }
        }
    if (stopped)
        command(&tracee->tracer, word);
    else if (found == -ESRCH || has_ended(tracee))
        forget(tracee);
}

static void trace_many(struct tracee *root, int recursive) {
    queue = open("event:", O_RDWR | O_CLOEXEC);
    if (recursive)
        word |= PTRACE_EVENT_CLONE;
    subscribe(root);
    command(&root->tracer, FIRST_STOPS);
    while (alive > 0) {
        struct event event;
        redox(SYS_READ, queue, &event, sizeof event);
        if (tracees[event.data].tracer.trace >= 0)
            serve(&tracees[event.data]);
    }
}

int main(int argc, char **argv) {
    int simple = 0, recursive = 0, at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (same(argv[at], "-s"))
            simple = 1;
        else if (same(argv[at], "-r"))
            recursive = 1;
        else
            at = argc;
    }
    if (at >= argc || (simple && recursive)) {
        print(STDERR, "usage: strace [-s | -r] PROGRAM [ARG...]\n");
        return 2;
    }
    struct tracee *root = add_tracee();
    names_pids = recursive;
    long pid = start_traced(&root->tracer, argc - at, argv + at, simple ? 0 : O_NONBLOCK);
    if (pid < 0) {
        complain(pid);
        return 1;
    }
    if (simple)
        trace_simply(root);
    else
        trace_many(root, recursive);
    long status = wait_for(pid, 0);
    return (status & 0x7f) != 0 ? 128 + (int)(status & 0x7f) : (int)(status >> 8 & 0xff);
}
