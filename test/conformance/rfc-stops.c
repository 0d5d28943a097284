/*
 * RFC 0004, "Breakpoints" and "Flags": where a tracee stops, and what of that
 * the next word can call off. What the clauses say is in expectations.ts.
 */
#include "bodies.h"

/* ---- tracees ---- */

static void get_ids(void) {
    redox(SYS_GETPPID, 1, 2, 3, 4, 5);
    long result = redox(SYS_GETUID);
    exit((int)result);
}

/* Known instructions of known lengths: nothing, a call, nothing. */
static void sled(void) {
    __asm__ volatile("    mov $64, %%eax\n" /* SYS_GETPPID */
                     "    syscall\n"
                     "    nop\n"
                     "    nop\n"
                     "    mov $199, %%eax\n" /* SYS_GETUID */
                     "    syscall\n"
                     "    nop\n"
                     "    nop\n" ::
                         : "rax", "rcx", "r11", "memory");
    redox(SYS_GETGID);
}

static void on_signal(int signal) {
    (void)signal;
    redox(SYS_GETEUID);
}

static void handle_signal(void) {
    handle(SIGUSR1, on_signal);
    kill(getpid(), SIGUSR1);
    exit(7);
}

static void ignore_signal(void) {
    handle(SIGUSR1, (void (*)(int))SIG_IGN);
    kill(getpid(), SIGUSR1);
    exit(7);
}

static void die_of_signal(void) {
    kill(getpid(), SIGTERM);
    exit(7);
}

static void kill_self(void) {
    kill(getpid(), SIGKILL);
    exit(7);
}

static void break_off(void) {
    redox(SYS_GETUID);
    __asm__ volatile("int3");
    redox(SYS_GETGID);
    exit(7);
}

static volatile char *volatile nowhere = (char *)8;

static void fault(void) {
    redox(SYS_GETUID);
    *nowhere = 0;
    exit(7);
}

/* ---- system calls ---- */

static verdict pre_syscall(void) {
    struct tracee it;
    begin(&it, get_ids, 0);
    NEED(go(&it, PRE) == PRE);
    struct int_registers at = registers_of(&it);
    EXPECT(at.rax == SYS_GETPPID, "rax is %lx", at.rax);
    EXPECT(at.rdi == 1 && at.rsi == 2 && at.rdx == 3 && at.r10 == 4 && at.r8 == 5,
           "the arguments are %lx %lx %lx %lx %lx", at.rdi, at.rsi, at.rdx, at.r10, at.r8);
    return HOLDS;
}

static verdict pre_without_post(void) {
    struct tracee it;
    begin(&it, get_ids, 0);
    NEED(go_to_call(&it, SYS_GETPPID) == PRE);
    NEED(go(&it, PRE) == PRE);
    uint64_t rax = registers_of(&it).rax;
    EXPECT(rax == SYS_GETUID, "rax is %lx at the next stop", rax);
    return HOLDS;
}

static verdict post_syscall(void) {
    struct tracee it;
    begin(&it, get_ids, 0);
    NEED(go_to_call(&it, SYS_GETPPID) == PRE);
    NEED(go(&it, POST) == POST);
    uint64_t rax = registers_of(&it).rax;
    EXPECT((long)rax == getpid(), "rax is %lx", rax);
    return HOLDS;
}

/* ---- single steps ---- */

static verdict single_step(void) {
    struct tracee it;
    begin(&it, sled, 0);
    NEED(go_to_call(&it, SYS_GETPPID) == PRE);
    uint64_t after = registers_of(&it).rip;
    NEED(go(&it, STEP) == STEP);
    uint64_t first = registers_of(&it).rip;
    NEED(first == after || first == after + 1);
    NEED(go(&it, STEP) == STEP);
    uint64_t second = registers_of(&it).rip;
    EXPECT(second == first + 1, "rip goes on by %lu", second - first);
    return HOLDS;
}

static verdict step_over_syscall(void) {
    struct tracee it;
    begin(&it, sled, 0);
    NEED(go_to_call(&it, SYS_GETPPID) == PRE);
    uint64_t after = registers_of(&it).rip;
    NEED(go(&it, STEP) == STEP);
    uint64_t rip = registers_of(&it).rip;
    EXPECT(rip != after + 1, "the call and the instruction behind it");
    NEED(rip == after);
    return HOLDS;
}

static verdict step_and_syscall(void) {
    struct tracee it;
    begin(&it, sled, 0);
    NEED(go_to_call(&it, SYS_GETPPID) == PRE);
    long cause = STEP;
    for (int i = 0; i < 6 && cause == STEP; i++)
        cause = go(&it, STEP | PRE);
    EXPECT(cause == PRE, "the cause is %lx", cause);
    uint64_t rax = registers_of(&it).rax;
    EXPECT(rax == SYS_GETUID, "rax is %lx", rax);
    return HOLDS;
}

/* ---- signals ---- */

static verdict stop_at(void (*body)(void), int signal, uint64_t handler, const char *whose) {
    struct tracee it;
    begin(&it, body, 0);
    NEED(go_to_call(&it, SYS_KILL) == PRE);
    long cause = go(&it, SIGNAL);
    EXPECT(cause == SIGNAL, "the cause is %ld", cause);
    EXPECT(it.event.a == (uint64_t)signal, "the signal is %ld", it.event.a);
    EXPECT(it.event.b == handler, "the handler is not %s", whose);
    return HOLDS;
}

static verdict signal_handled(void) {
    return stop_at(handle_signal, SIGUSR1, (uint64_t)on_signal, "told");
}

static verdict signal_default(void) {
    return stop_at(die_of_signal, SIGTERM, SIG_DFL, "SIG_DFL");
}

static verdict signal_ignored(void) {
    return stop_at(ignore_signal, SIGUSR1, SIG_IGN, "SIG_IGN");
}

/* ---- int3 ---- */

static verdict breakpoint(void) {
    struct tracee it;
    begin(&it, break_off, 0);
    long cause = go(&it, BREAKPOINT);
    EXPECT(cause == BREAKPOINT, "it gives %ld", cause);
    return HOLDS;
}

static verdict breakpoint_default(void) {
    long status = wait_for(child(break_off), 0);
    EXPECT(status == SIGTRAP, "its status is %lx", status);
    return HOLDS;
}

static verdict breakpoint_no_signal(void) {
    struct tracee it;
    begin(&it, break_off, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    long cause = go_to_end(&it, SIGNAL);
    EXPECT(cause != SIGNAL, "it stops for signal %ld", it.event.a);
    NEED(cause < 0);
    return HOLDS;
}

static verdict breakpoint_ignored(void) {
    struct tracee it;
    begin(&it, break_off, 0);
    NEED(go(&it, BREAKPOINT) == BREAKPOINT);
    long cause = go_to_end(&it, PRE | IGNORE);
    EXPECT(cause == PRE, "it dies");
    return HOLDS;
}

static verdict breakpoint_not_ignored(void) {
    struct tracee it;
    begin(&it, break_off, 0);
    NEED(go(&it, BREAKPOINT) == BREAKPOINT);
    let_go(&it);
    long status = wait_for(it.pid, 0);
    EXPECT(status == SIGTRAP, "its status is %lx", status);
    return HOLDS;
}

/* ---- exits ---- */

static verdict exit_call(void) {
    struct tracee it;
    begin(&it, exit_with_7, 0);
    NEED(go_to_call(&it, SYS_EXIT) == PRE);
    long cause = go(&it, POST | EXIT);
    EXPECT(cause == EXIT, "the cause is %ld", cause);
    EXPECT(it.event.a == EXITED(7), "the status told is %lx", it.event.a);
    cause = go_to_end(&it, POST | EXIT);
    EXPECT(cause == -ESRCH, "then comes %ld", cause);
    return HOLDS;
}

static verdict exit_of_signal(void) {
    struct tracee it;
    begin(&it, die_of_signal, 0);
    NEED(go_to_call(&it, SYS_KILL) == PRE);
    long cause = go(&it, SIGNAL | EXIT);
    EXPECT(cause == SIGNAL, "the first cause is %ld", cause);
    cause = go(&it, SIGNAL | EXIT);
    EXPECT(cause == EXIT, "the second cause is %ld", cause);
    EXPECT(it.event.a == SIGTERM, "the status told is %lx", it.event.a);
    return HOLDS;
}

static verdict exit_of_fault(void) {
    struct tracee it;
    begin(&it, fault, 0);
    long cause = go(&it, EXIT);
    EXPECT(cause == EXIT, "the cause is %ld", cause);
    EXPECT(it.event.a == SIGSEGV, "the status told is %lx", it.event.a);
    return HOLDS;
}

static verdict exit_is_final(void) {
    struct tracee it;
    begin(&it, exit_with_7, 0);
    NEED(go(&it, EXIT) == EXIT);
    struct int_registers changed = registers_of(&it);
    changed.rax = SYS_GETPID;
    set_registers(&it, &changed);
    long cause = go_to_end(&it, PRE | POST | IGNORE);
    EXPECT(cause < 0, "it runs on to %ld", cause);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict inspect(void (*body)(void)) {
    struct tracee it;
    struct int_registers registers;
    void *pointer;
    begin(&it, body, 0);
    NEED(go(&it, EXIT) == EXIT);
    NEED(peek(&it, &nowhere, &pointer, sizeof pointer) == sizeof pointer && pointer == (void *)8);
    long result = redox(SYS_READ, it.registers, &registers, sizeof registers);
    EXPECT(result != -ENOTRECOVERABLE, "registers are ENOTRECOVERABLE");
    NEED(result == sizeof registers && registers.cs == 0x23);
    return HOLDS;
}

static verdict exit_inspect(void) {
    return inspect(exit_with_7);
}

static verdict exit_inspect_fault(void) {
    return inspect(fault);
}

/* ---- PTRACE_FLAG_IGNORE ---- */

/* At the entry of its call, the tracer gives the tracee a result of its own. */
static verdict ignore_call(uint64_t word) {
    struct tracee it;
    begin(&it, get_ids, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    struct int_registers own = registers_of(&it);
    own.rax = 99; /* with which it will exit */
    NEED(set_registers(&it, &own) > 0);
    go_to_end(&it, word);
    let_go(&it);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(99), "the call is made");
    return HOLDS;
}

static verdict ignore_syscall(void) {
    return ignore_call(IGNORE | PRE | POST);
}

static verdict ignore_alone(void) {
    return ignore_call(IGNORE);
}

static verdict ignore_term(void) {
    struct tracee it;
    begin(&it, die_of_signal, 0);
    NEED(go_to_call(&it, SYS_KILL) == PRE);
    NEED(go(&it, SIGNAL) == SIGNAL);
    go_to_end(&it, IGNORE | PRE);
    let_go(&it);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(7), "its status is %lx", status);
    return HOLDS;
}

static verdict ignore_kill(void) {
    struct tracee it;
    begin(&it, kill_self, 0);
    NEED(go_to_call(&it, SYS_KILL) == PRE);
    NEED(go(&it, SIGNAL) == SIGNAL && it.event.a == SIGKILL);
    go_to_end(&it, IGNORE | PRE);
    let_go(&it);
    long status = wait_for(it.pid, 0);
    EXPECT(status == SIGKILL, "its status is %lx", status);
    return HOLDS;
}

const struct clause clauses[] = {
    {"stop.pre", pre_syscall},
    {"stop.pre-without-post", pre_without_post},
    {"stop.post", post_syscall},
    {"stop.step", single_step},
    {"stop.step-over-syscall", step_over_syscall},
    {"stop.step-and-syscall", step_and_syscall},
    {"stop.signal-handled", signal_handled},
    {"stop.signal-default", signal_default},
    {"stop.signal-ignored", signal_ignored},
    {"stop.int3", breakpoint},
    {"stop.int3-default", breakpoint_default},
    {"stop.int3-no-signal", breakpoint_no_signal},
    {"stop.int3-ignored", breakpoint_ignored},
    {"stop.int3-not-ignored", breakpoint_not_ignored},
    {"stop.exit-call", exit_call},
    {"stop.exit-signal", exit_of_signal},
    {"stop.exit-fault", exit_of_fault},
    {"stop.exit-final", exit_is_final},
    {"stop.exit-inspect", exit_inspect},
    {"stop.exit-inspect-fault", exit_inspect_fault},
    {"flag.ignore-syscall", ignore_syscall},
    {"flag.ignore-alone", ignore_alone},
    {"flag.ignore-signal", ignore_term},
    {"flag.ignore-sigkill", ignore_kill},
    {0, 0},
};
