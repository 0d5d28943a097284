/*
 * RFC 0004, "Process trace": attaching and detaching, what a command word does,
 * SIGCONT, and the tracee's end. What the clauses say is in expectations.ts.
 */
#include "bodies.h"

/* ---- opening and closing ---- */

static verdict trace_open(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    EXPECT(it.trace >= 0, "open gives error %ld", -it.trace);
    long cause = go(&it, PRE);
    EXPECT(cause == PRE, "the first command gives %ld", cause);
    return HOLDS;
}

static verdict close_resumes(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go(&it, PRE) == PRE);
    let_go(&it);
    long status = status_of(it.pid);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict close_deletes(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, read_byte, O_NONBLOCK);
    NEED(put_word(&it, 0) >= 0); /* runs up to the pipe */
    pause();
    NEED(put_word(&it, PRE) >= 0);
    let_go(&it);
    feed();
    long status = status_of(it.pid);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict close_detaches(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go(&it, PRE) == PRE);
    let_go(&it);
    long again = open_process(it.pid, "trace", O_RDWR);
    if (again == -ESRCH) { /* it was quick; what matters is a tracer's place */
        long other = stopped_child(call_twice);
        NEED(redox(SYS_CLOSE, open_process(other, "trace", O_RDWR)) == 0);
        again = open_process(other, "trace", O_RDWR);
    }
    EXPECT(again != -EBUSY, "the second attachment is EBUSY");
    NEED(again >= 0);
    return HOLDS;
}

static verdict one_tracer(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    long second = open_process(it.pid, "trace", O_RDWR);
    EXPECT(second == -EBUSY, "a second open gives %ld", second);
    return HOLDS;
}

static verdict excl_kills(void) {
    struct tracee it;
    begin(&it, call_twice, O_EXCL);
    NEED(go(&it, PRE) == PRE);
    let_go(&it);
    long status = status_of(it.pid);
    EXPECT(status == SIGKILL, "its status is %lx", status);
    return HOLDS;
}

static verdict excl_kills_frozen(void) {
    struct tracee it;
    open_files(&it, stopped_child(call_twice), O_EXCL | O_TRUNC);
    kill(it.pid, SIGCONT);
    let_go(&it);
    pause();
    EXPECT(has_exited(it.pid), "it stays frozen");
    long status = status_of(it.pid);
    EXPECT(status == SIGKILL, "its status is %lx", status);
    return HOLDS;
}

/* A tracer that ends at once, and what becomes of its tracee, which its parent inherits. */
static long outlive(unsigned long flags) {
    long pid = 0;
    redox(SYS_PIPE2, ends, 0);
    long tracer = fork();
    if (tracer == 0) {
        struct tracee it;
        begin(&it, call_twice, flags);
        if (go(&it, PRE) == PRE)
            redox(SYS_WRITE, ends[1], &it.pid, sizeof it.pid);
        exit(0);
    }
    redox(SYS_READ, ends[0], &pid, sizeof pid);
    wait_for(tracer, 0);
    return wait_for(pid, 0);
}

static verdict tracer_ends(void) {
    long status = outlive(0);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict tracer_ends_excl(void) {
    long status = outlive(O_EXCL);
    EXPECT(status == SIGKILL, "its status is %lx", status);
    return HOLDS;
}

static verdict trunc_stops(void) {
    long pid = child(sleep_first);
    yield();
    long trace = open_process(pid, "trace", O_RDWR | O_TRUNC);
    NEED(trace >= 0);
    pause();
    EXPECT(!has_exited(pid), "it runs on");
    return HOLDS;
}

static verdict no_trunc_runs(void) {
    long pid = child(sleep_first);
    yield();
    long trace = open_process(pid, "trace", O_RDWR);
    NEED(trace >= 0);
    pause();
    EXPECT(has_exited(pid), "it is frozen all the same");
    NEED(status_of(pid) == EXITED(7));
    return HOLDS;
}

/* ---- the command word ---- */

static verdict first_reached(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    long cause = go(&it, PRE | POST | BREAKPOINT);
    EXPECT(cause == POST, "the first after an entry is %lx", cause);
    cause = go(&it, PRE | POST | BREAKPOINT);
    EXPECT(cause == PRE, "the first after an exit is %lx", cause);
    return HOLDS;
}

static verdict write_waits(void) {
    struct tracee it;
    begin(&it, sleep_first, 0);
    NEED(go_to_call(&it, SYS_NANOSLEEP) == PRE);
    if (has_operations())
        NEED(go(&it, POST) == POST);
    NEED(put_word(&it, PRE) > 0);
    EXPECT(registers_of(&it).rax == SYS_GETUID, "the write does not wait");
    return HOLDS;
}

static verdict set_event_ends_wait(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, read_byte, 0);
    NEED(put_word(&it, PRE) > 0);
    if (reads_wait())
        pause(); /* until the stop is reached, and its event there */
    /* the call will not end by itself: only a write that does not wait returns */
    long result = put_word(&it, POST);
    EXPECT(result > 0, "the write gives %ld", result);
    return HOLDS;
}

static verdict write_resumes(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    NEED(go_to_call(&it, SYS_GETGID) == PRE);
    return HOLDS;
}

static verdict empty_word_runs(void) {
    struct tracee it;
    begin(&it, call_twice, O_NONBLOCK);
    NEED(put_word(&it, 0) >= 0);
    long status = status_of(it.pid);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict wait_only_waits(void) {
    struct tracee it;
    redox(SYS_PIPE2, ends, 0);
    begin(&it, read_byte, O_NONBLOCK);
    NEED(put_word(&it, 0) >= 0);
    pause(); /* it sleeps in the pipe */
    drain(&it);
    NEED(put_word(&it, PRE) >= 0);
    set_blocking(&it, 1);
    feed();
    NEED(put_word(&it, WAIT) >= 0);
    if (reads_wait())
        pause();
    EXPECT(!has_exited(it.pid), "the breakpoint is gone, and the tracee, too");
    uint64_t rax = registers_of(&it).rax;
    EXPECT(rax == SYS_GETUID, "rax is %lx afterwards", rax);
    return HOLDS;
}

/* ---- SIGCONT ---- */

static verdict cont_does_not_restart(void) {
    struct tracee it;
    open_files(&it, stopped_child(exit_with_7), O_TRUNC);
    kill(it.pid, SIGCONT);
    pause();
    EXPECT(!has_exited(it.pid), "it restarts");
    return HOLDS;
}

static verdict operation_restarts(void) {
    struct tracee it;
    open_files(&it, stopped_child(exit_with_7), O_TRUNC | O_NONBLOCK);
    kill(it.pid, SIGCONT);
    NEED(put_word(&it, 0) >= 0);
    pause();
    EXPECT(has_exited(it.pid), "it stays frozen");
    long status = status_of(it.pid);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict stop_word_restarts(void) {
    struct tracee it;
    open_files(&it, stopped_child(call_twice), O_TRUNC | O_NONBLOCK);
    kill(it.pid, SIGCONT);
    NEED(put_word(&it, PRE) >= 0);
    pause();
    kill(it.pid, SIGKILL);
    put_word(&it, 0);
    pause();
    EXPECT(has_exited(it.pid), "it stays frozen");
    return HOLDS;
}

static verdict close_restarts(void) {
    struct tracee it;
    open_files(&it, stopped_child(exit_with_7), O_TRUNC);
    kill(it.pid, SIGCONT);
    let_go(&it);
    long status = status_of(it.pid);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict frozen_holds_signals(void) {
    struct tracee it;
    open_files(&it, stopped_child(call_twice), O_TRUNC);
    kill(it.pid, SIGCONT);
    kill(it.pid, SIGTERM);
    pause();
    EXPECT(!has_exited(it.pid), "the signal acts at once");
    let_go(&it);
    long status = status_of(it.pid);
    EXPECT(status == SIGTERM, "its status is %lx", status);
    return HOLDS;
}

static verdict stop_holds_signals(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go(&it, PRE) == PRE);
    kill(it.pid, SIGTERM);
    pause();
    EXPECT(!has_exited(it.pid), "the signal acts at once");
    return HOLDS;
}

/* ---- the end ---- */

static verdict exit_is_esrch(void) {
    struct tracee it;
    begin(&it, call_twice, 0);
    NEED(go_to_call(&it, SYS_EXIT) == PRE);
    long result = go(&it, PRE | POST);
    EXPECT(result == -ESRCH, "it gives %ld", result);
    return HOLDS;
}

static verdict exit_leaves_zombie(void) {
    struct tracee it;
    long status = -1;
    begin(&it, call_twice, 0);
    NEED(go_to_call(&it, SYS_EXIT) == PRE);
    NEED(go_to_end(&it, PRE | POST) < 0);
    long result = redox(SYS_WAITPID, it.pid, &status, WNOHANG);
    EXPECT(result == it.pid, "waitpid gives %ld", result);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

const struct clause clauses[] = {
    {"trace.open", trace_open},
    {"trace.close-resumes", close_resumes},
    {"trace.close-deletes", close_deletes},
    {"trace.close-detaches", close_detaches},
    {"trace.one-tracer", one_tracer},
    {"trace.excl-kills", excl_kills},
    {"trace.excl-kills-frozen", excl_kills_frozen},
    {"trace.tracer-ends", tracer_ends},
    {"trace.excl-tracer-ends", tracer_ends_excl},
    {"trace.trunc-stops", trunc_stops},
    {"trace.no-trunc-runs", no_trunc_runs},
    {"word.first-reached", first_reached},
    {"word.waits", write_waits},
    {"word.set-event", set_event_ends_wait},
    {"word.resumes", write_resumes},
    {"word.empty-runs", empty_word_runs},
    {"word.wait-only", wait_only_waits},
    {"cont.no-restart", cont_does_not_restart},
    {"cont.operation-restarts", operation_restarts},
    {"cont.stop-restarts", stop_word_restarts},
    {"cont.close-restarts", close_restarts},
    {"cont.frozen-holds-signals", frozen_holds_signals},
    {"cont.stop-holds-signals", stop_holds_signals},
    {"exit.esrch", exit_is_esrch},
    {"exit.zombie", exit_leaves_zombie},
    {0, 0},
};
