/*
 * RFC 0004, "Non-breakpoint events", "Events", "Nonblocking mode" and
 * PTRACE_FLAG_WAIT: what a tracer is told, when, and in what order. What the
 * clauses say is in expectations.ts.
 */
#include "bodies.h"

/* ---- tracees ---- */

static volatile long cloned; /* by the tracee, in its memory */

static void clone_once(void) {
    redox(SYS_GETUID);
    cloned = fork();
    if (cloned == 0)
        exit(3);
    redox(SYS_GETGID);
    redox(SYS_GETEUID);
    exit(7);
}

static void clone_and_die(void) {
    if (fork() == 0)
        exit(3);
    kill(getpid(), SIGTERM);
}

static void clone_and_read(void) {
    char byte;
    if (fork() == 0)
        exit(3);
    redox(SYS_READ, ends[0], &byte, 1);
}

static void feed_later(void) {
    pause();
    feed();
}

/* ---- clones ---- */

/* Attaches, and goes on to the announcement of a child. */
static verdict to_clone(struct tracee *it, void (*body)(void)) {
    begin(it, body, 0);
    NEED(go_to_call(it, SYS_CLONE) == PRE);
    long cause = go(it, PRE | CLONE);
    EXPECT(cause == CLONE, "the cause is %ld", cause);
    return HOLDS;
}

#define TO_CLONE(it, body)                  \
    do {                                    \
        verdict before = to_clone(it, body); \
        if (before != HOLDS)                \
            return before;                  \
    } while (0)

static verdict clone_told(void) {
    struct tracee it;
    TO_CLONE(&it, clone_once);
    long child = (long)it.event.a;
    EXPECT(child > it.pid && kill(child, 0) == 0, "its first parameter is %ld", child);
    return HOLDS;
}

static verdict clone_runs_on(void) {
    struct tracee it;
    TO_CLONE(&it, clone_once);
    long cause = go_on_to_entry(&it);
    EXPECT(cause == PRE, "then comes %ld", cause);
    uint64_t rax = registers_of(&it).rax;
    EXPECT(rax == SYS_GETGID, "rax is %lx then", rax);
    return HOLDS;
}

static verdict clone_frozen(void) {
    struct tracee it;
    TO_CLONE(&it, clone_once);
    pause();
    EXPECT(!has_exited((long)it.event.a), "it runs");
    return HOLDS;
}

static verdict clone_restarts(void) {
    struct tracee it;
    TO_CLONE(&it, clone_once);
    long child = (long)it.event.a;
    NEED(go_on_to_entry(&it) == PRE);
    NEED(go_to_call(&it, SYS_GETEUID) == PRE);
    pause();
    EXPECT(has_exited(child), "it stays frozen");
    return HOLDS;
}

static verdict clone_unread_restarts(void) {
    struct tracee it;
    begin(&it, clone_once, 0);
    NEED(go_to_call(&it, SYS_CLONE) == PRE);
    NEED(put_word(&it, PRE | CLONE) >= 0);
    pause(); /* it goes on to the next call, whether the write waited or not */
    long child = 0;
    if (has_operations())
        child = (long)registers_of(&it).rax; /* or to the end of this one */
    else
        peek(&it, &cloned, &child, sizeof child);
    NEED(child > it.pid && !has_exited(child));
    put_word(&it, 0);
    pause();
    EXPECT(has_exited(child), "it stays frozen");
    return HOLDS;
}

static verdict clone_kept(void) {
    struct tracee it, own;
    TO_CLONE(&it, clone_once);
    open_files(&own, (long)it.event.a, O_TRUNC);
    NEED(own.trace >= 0);
    NEED(go_on_to_entry(&it) == PRE);
    NEED(go_to_call(&it, SYS_GETEUID) == PRE);
    pause();
    EXPECT(!has_exited(own.pid), "it runs");
    let_go(&own);
    pause();
    NEED(has_exited(own.pid));
    return HOLDS;
}

/* ---- reading ---- */

static verdict read_structure(void) {
    struct tracee it;
    struct ptrace_event events[2];
    begin(&it, call_twice, 0);
    NEED(put_word(&it, PRE) >= 0);
    long size = redox(SYS_READ, it.trace, events, sizeof events);
    EXPECT(size == sizeof *events, "the read gives %ld", size);
    EXPECT(events[0].cause == PRE, "the cause is %lx", events[0].cause);
    return HOLDS;
}

static verdict read_does_not_wait(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, read_byte, O_NONBLOCK);
    NEED(put_word(&it, 0) >= 0);
    pause(); /* it sleeps in the pipe */
    drain(&it);
    NEED(put_word(&it, PRE) >= 0);
    set_blocking(&it, 1);
    child(feed_later);
    long count = read_event(&it);
    EXPECT(count != 1, "the read waits");
    EXPECT(count == 0, "the read gives %ld", count);
    return HOLDS;
}

static verdict read_order(void) {
    struct tracee it;
    struct ptrace_event events[4];
    begin(&it, clone_once, 0);
    NEED(go_to_call(&it, SYS_CLONE) == PRE);
    NEED(put_word(&it, PRE | CLONE) >= 0);
    pause();
    long size = redox(SYS_READ, it.trace, events, sizeof events);
    NEED(size == 2 * sizeof *events);
    EXPECT(events[0].cause != CLONE || events[1].cause != PRE, "first in, first out");
    NEED(events[0].cause == PRE && events[1].cause == CLONE);
    return HOLDS;
}

static verdict retry_by_wait(void) {
    struct tracee it;
    TO_CLONE(&it, clone_once);
    NEED(write_word(&it, WAIT) >= 0);
    pause();
    EXPECT(!has_exited(it.pid), "the breakpoint is gone, and the tracee, too");
    NEED(read_event(&it) == 1);
    EXPECT(it.event.cause == PRE, "then comes %lx", it.event.cause);
    return HOLDS;
}

static verdict unread_ends_wait(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, clone_and_read, 0);
    NEED(go_to_call(&it, SYS_CLONE) == PRE);
    NEED(put_word(&it, CLONE | BREAKPOINT) >= 0);
    if (reads_wait())
        pause();
    /* the tracee will never come to one: only a write that does not wait returns */
    long result = put_word(&it, BREAKPOINT);
    EXPECT(result >= 0, "the write gives %ld", result);
    return HOLDS;
}

static verdict cause_is_first(void) {
    struct tracee it;
    begin(&it, clone_and_die, 0);
    NEED(go_to_call(&it, SYS_CLONE) == PRE);
    long cause = go(&it, SIGNAL | CLONE);
    EXPECT(cause == CLONE, "the first cause is %ld", cause);
    cause = go_on_waiting(&it);
    EXPECT(cause == SIGNAL && it.event.a == SIGTERM, "the second cause is %ld", cause);
    return HOLDS;
}

/* ---- PTRACE_FLAG_WAIT ---- */

static verdict wait_flag_waits(void) {
    struct tracee it;
    begin(&it, sleep_first, O_NONBLOCK);
    NEED(put_word(&it, PRE) >= 0);
    pause();
    NEED(read_event(&it) == 1);
    NEED(put_word(&it, POST | WAIT) >= 0); /* the end of nanosleep */
    EXPECT(read_event(&it) == 1, "the write does not wait");
    return HOLDS;
}

static verdict wait_flag_does_not_restart(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    NEED(put_word(&it, WAIT) >= 0);
    pause();
    EXPECT(!has_exited(it.pid), "it runs on");
    uint64_t rax = registers_of(&it).rax;
    EXPECT(rax == SYS_GETUID, "rax is %lx then", rax);
    return HOLDS;
}

/* ---- nonblocking mode ---- */

static verdict nonblocking_returns_1(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, read_byte, O_NONBLOCK);
    NEED(put_word(&it, 0) >= 0);
    pause();
    long result = put_word(&it, PRE); /* which is not reached now */
    EXPECT(result == 1, "it returns %ld", result);
    return HOLDS;
}

static verdict nonblocking_overwrites(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, read_byte, O_NONBLOCK);
    NEED(put_word(&it, 0) >= 0);
    pause();
    NEED(put_word(&it, PRE) >= 0);
    NEED(put_word(&it, 0) >= 0);
    feed();
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict multiplexed(void) {
    struct tracee both[2];
    struct event event;
    size_t seen[2] = {0, 0};
    long queue = open("event:", O_RDWR);
    for (int i = 0; i < 2; i++) {
        begin(&both[i], call_twice, O_NONBLOCK);
        NEED(put_word(&both[i], PRE) >= 0);
        watch(queue, &both[i], EVENT_READ | EVENT_WRITE);
    }
    for (int i = 0; i < 2; i++) {
        EXPECT(told(queue, &event) != 0, "nothing is told of one");
        seen[i] = event.data;
    }
    EXPECT(seen[0] != seen[1], "one is told of twice");
    return HOLDS;
}

static verdict readable_at_first(void) {
    struct tracee it;
    struct event event;
    long queue = open("event:", O_RDWR);
    begin(&it, call_twice, O_NONBLOCK);
    watch(queue, &it, EVENT_READ);
    NEED(put_word(&it, PRE) >= 0);
    size_t flags = told(queue, &event);
    EXPECT(flags == EVENT_READ, "nothing is told of a stop");
    NEED(read_event(&it) == 1);
    NEED(put_word(&it, POST | PRE) >= 0);
    EXPECT(told(queue, &event) == EVENT_READ, "nothing is told of the next stop");
    return HOLDS;
}

static verdict only_what_is_asked(void) {
    struct tracee it;
    begin(&it, clone_once, 0);
    NEED(go_to_call(&it, SYS_CLONE) == PRE);
    NEED(put_word(&it, has_operations() ? 0 : PRE) >= 0);
    long count = read_event(&it);
    NEED(count >= 0);
    EXPECT(count == 0 || it.event.cause != CLONE, "a clone is told that nobody asked for");
    return HOLDS;
}

static verdict writable_never(void) {
    struct tracee it;
    struct event event;
    long queue = open("event:", O_RDWR);
    begin(&it, call_twice, O_NONBLOCK);
    NEED(put_word(&it, PRE) >= 0);
    watch(queue, &it, EVENT_WRITE);
    for (int i = 0; i < 3; i++)
        EXPECT(told(queue, &event) == 0, "EVENT_WRITE is told");
    return HOLDS;
}

const struct clause clauses[] = {
    {"event.clone-told", clone_told},
    {"event.clone-runs-on", clone_runs_on},
    {"event.clone-frozen", clone_frozen},
    {"event.clone-restarts", clone_restarts},
    {"event.clone-unread-restarts", clone_unread_restarts},
    {"event.clone-kept", clone_kept},
    {"read.structure", read_structure},
    {"read.no-wait", read_does_not_wait},
    {"read.order", read_order},
    {"read.retry-by-wait", retry_by_wait},
    {"read.unread-ends-wait", unread_ends_wait},
    {"read.cause-is-first", cause_is_first},
    {"flag.wait-waits", wait_flag_waits},
    {"flag.wait-no-restart", wait_flag_does_not_restart},
    {"nonblock.returns-1", nonblocking_returns_1},
    {"nonblock.overwrites", nonblocking_overwrites},
    {"nonblock.multiplexed", multiplexed},
    {"nonblock.event-read", readable_at_first},
    {"nonblock.only-asked", only_what_is_asked},
    {"nonblock.event-write", writable_never},
    {0, 0},
};
