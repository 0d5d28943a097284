/*
 * The ptrace test of Redox's acid suite (2020-06-16), step by step: one tracer
 * and one tracee of an ordinary user, who meet nearly everything there is.
 */
#define ONE_COURSE 1
#include "harness.h"

#define COUNT 100000 /* iterations in which the tracee makes no call */
#define PIDS 1000    /* the original looked at a million */

/* ---- the tracee ---- */

static void handler(int signal) {
    (void)signal;
    yield();
}

static void count_down(void) {
    for (volatile long i = COUNT; i > 0; i--)
        continue;
}

/* Stops itself, and continues with steps that are known one by one. */
static void be_stepped(void) {
    __asm__ volatile("    mov %0, %%rdi\n"
                     "    mov $19, %%esi\n" /* SIGSTOP */
                     "    mov $37, %%eax\n" /* SYS_KILL */
                     "    syscall\n"
                     "    mov $1, %%rax\n"
                     "    push %%rax\n"
                     "    mov $2, %%rax\n"
                     "    push %%rax\n"
                     "    mov $3, %%rax\n"
                     "    pop %%rax\n"
                     "    pop %%rax\n"
                     "    push $3\n"
                     "    push $2\n"
                     "    push $1\n"
                     "    add $24, %%rsp\n"
                     "    push $32\n"
                     "    fildq (%%rsp)\n"
                     "    fsqrt\n"
                     "    add $8, %%rsp\n" ::"r"(getpid())
                     : "rax", "rdi", "rsi", "rcx", "r11", "memory");
}

static void get_and_exit(void) {
    exit((int)getpid());
}

static void tracee(void) {
    be_stepped();
    wait_for(child(get_and_exit), 0);
    child(get_and_exit);
    handle(SIGUSR1, handler);
    long self = getpid();
    for (int i = 0; i < 3; i++)
        kill(self, SIGUSR1);
    if (revision >= 6) /* before, no tracer could save it from this */
        __asm__ volatile("int3");
    redox(SYS_GETGID);
    count_down();
    yield();
    kill(getpid(), SIGSTOP);
    count_down();
    exit((int)getpid());
}

/* ---- the tracer ---- */

static struct tracee it;
static long floats, queue;

static uint64_t rax(void) {
    return registers_of(&it).rax;
}

/* Goes on to a stop, and looks at rax there. */
#define STOPS(word, stop, number)                                                       \
    do {                                                                                \
        long cause = go(&it, word);                                                     \
        EXPECT(cause == (stop), "line %d: %ld instead of %d", __LINE__, cause, stop);   \
        EXPECT(rax() == (number), "line %d: rax is %lx", __LINE__, rax());              \
    } while (0)
#define COMES(word, stop)                                                               \
    do {                                                                                \
        long cause = go(&it, word);                                                     \
        EXPECT(cause == (stop), "line %d: %ld instead of %d", __LINE__, cause, stop);   \
    } while (0)

static verdict stops_itself(void) {
    become(1000, 1000);
    it.pid = child(tracee);
    long status = wait_for(it.pid, WUNTRACED);
    EXPECT(status == (SIGSTOP << 8 | 0x7f), "its status is %lx", status);
    pause();
    return HOLDS;
}

static verdict opens_files(void) {
    long pid = it.pid;
    it.flags = O_RDWR | O_TRUNC | O_EXCL;
    it.trace = open_process(pid, "trace", it.flags);
    it.registers = redox(SYS_DUP, it.trace, "regs/int", 8);
    floats = redox(SYS_DUP, it.registers, "regs/float", 10);
    it.memory = open_process(pid, "mem", O_RDWR);
    EXPECT(it.trace >= 0 && it.registers >= 0 && floats >= 0 && it.memory >= 0,
           "they are %ld %ld %ld %ld", it.trace, it.registers, floats, it.memory);
    return HOLDS;
}

static verdict stays_frozen(void) {
    size_t status;
    kill(it.pid, SIGCONT);
    pause();
    long result = redox(SYS_WAITPID, it.pid, &status, WNOHANG | WCONTINUED);
    EXPECT(result == 0, "it continued");
    return HOLDS;
}

static verdict steps_out_of_call(void) {
    STOPS(STEP, STEP, 1);
    return HOLDS;
}

static verdict steps_six_times(void) {
    static const uint64_t expected[] = {1, 2, 2, 3, 2, 1};
    for (int i = 0; i < 6; i++)
        STOPS(STEP, STEP, expected[i]);
    return HOLDS;
}

static verdict reads_stack(void) {
    uint64_t words[3] = {0};
    for (int i = 0; i < 3; i++)
        COMES(STEP, STEP);
    uint64_t rsp = registers_of(&it).rsp;
    long size = peek(&it, (void *)rsp, words, sizeof words);
    long position = redox(SYS_LSEEK, it.memory, 0, SEEK_CUR);
    COMES(STEP, STEP);
    EXPECT(size >= 0, "the read gives error %ld", -size);
    EXPECT(words[0] == 1 && words[1] == 2 && words[2] == 3, "the words are %lu %lu %lu", words[0],
           words[1], words[2]);
    EXPECT(position == (long)rsp + 24, "the position is %lx", position);
    return HOLDS;
}

static verdict reads_floats(void) {
    struct float_registers at;
    const long double root = 5.656854249492380195206754896838792L;
    long double st0 = 0;
    uint64_t others = 0;
    for (int i = 0; i < 3; i++)
        COMES(STEP, STEP);
    long size = redox(SYS_READ, floats, &at, sizeof at);
    EXPECT(size >= 0, "the read gives error %ld", -size);
    NEED(size == sizeof at);
    memcpy(&st0, at.st[0], 10);
    EXPECT(st0 - root < 2.3e-16L && root - st0 < 2.3e-16L, "st0 is not the root of 32");
    for (int i = 1; i < 8; i++)
        for (int byte = 0; byte < 10; byte++)
            others |= at.st[i][byte];
    EXPECT(others == 0, "others are not 0");
    return HOLDS;
}

static verdict comes_to_clone(void) {
    STOPS(PRE | CLONE, PRE, SYS_CLONE);
    return HOLDS;
}

static verdict sees_clone(void) {
    COMES(POST | CLONE, CLONE);
    uint64_t first = it.event.a;
    long cause = go_on_waiting(&it);
    EXPECT(cause == POST, "then comes %ld", cause);
    EXPECT(rax() == first, "rax is %lx, not %lx", rax(), first);
    return HOLDS;
}

static verdict releases_clone(void) {
    STOPS(PRE | CLONE, PRE, SYS_WAITPID);
    COMES(POST, POST);
    STOPS(PRE, PRE, SYS_CLONE);
    return HOLDS;
}

/* The second child, traced from its start to its end. */
static verdict trace_child(long pid) {
    struct tracee parent = it;
    open_files(&it, pid, O_TRUNC | O_NONBLOCK);
    NEED(it.trace >= 0);
    NEED(put_word(&it, PRE) >= 0);
    pause();
    long count = read_event(&it);
    if (count == 0) {
        let_go(&it);
        it = parent;
        return "the child stays frozen";
    }
    EXPECT(count == 1 && it.event.cause == PRE, "the child does not stop");
    set_blocking(&it, 1);
    EXPECT(rax() == SYS_GETPID, "rax of the child is %lx", rax());
    COMES(POST, POST);
    STOPS(PRE, PRE, SYS_EXIT);
    long end = go_to_end(&it, 0);
    it = parent;
    EXPECT(end == -ESRCH, "its end gives %ld", end);
    return HOLDS;
}

static verdict traces_child(void) {
    COMES(PRE | CLONE, CLONE);
    verdict seen = trace_child((long)it.event.a);
    long cause = go_on_waiting(&it);
    EXPECT(cause == PRE, "then comes %ld of the parent", cause);
    return seen;
}

static verdict comes_to_kill(void) {
    EXPECT(rax() == SYS_SIGACTION, "rax is %lx", rax());
    COMES(POST, POST);
    STOPS(PRE, PRE, SYS_GETPID);
    COMES(POST, POST);
    STOPS(PRE, PRE, SYS_KILL);
    return HOLDS;
}

static verdict stops_at_signal(void) {
    COMES(PRE | SIGNAL, SIGNAL);
    EXPECT(it.event.a == SIGUSR1, "the signal is %ld", it.event.a);
    EXPECT(it.event.b != SIG_DFL && it.event.b != SIG_IGN, "the handler is %lx", it.event.b);
    return HOLDS;
}

static verdict goes_through_handler(void) {
    for (int round = 0; round < 2; round++) {
        if (round > 0) {
            COMES(PRE | SIGNAL, SIGNAL);
            EXPECT(rax() == SYS_KILL, "rax is %lx at the signal", rax());
        }
        STOPS(PRE, PRE, SYS_YIELD);
        COMES(POST, POST);
        STOPS(PRE, PRE, SYS_SIGRETURN);
        STOPS(POST, POST, 0); /* that of kill */
        STOPS(PRE, PRE, SYS_KILL);
    }
    return HOLDS;
}

static verdict signal_comes_first(void) {
    STOPS(SIGNAL | POST, SIGNAL, SYS_KILL);
    EXPECT(it.event.a == SIGUSR1, "the signal is %ld", it.event.a);
    return HOLDS;
}

static verdict survives_int3(void) {
    uint8_t instruction = 0;
    COMES(IGNORE | BREAKPOINT, BREAKPOINT);
    struct int_registers at = registers_of(&it);
    peek(&it, (void *)at.rip, &instruction, 1);
    int again = instruction == 0xcc;
    if (again) { /* so that the course can go on */
        at.rip++;
        set_registers(&it, &at);
    }
    STOPS(IGNORE | PRE, PRE, SYS_GETGID);
    COMES(POST, POST);
    EXPECT(!again, "rip is at the int3, which would be met again");
    return HOLDS;
}

/* Before signals could be ignored: through the handler, without looking. */
static verdict pass_by_handler(void) {
    while (go(&it, PRE) == PRE && rax() != SYS_GETGID)
        continue;
    COMES(POST, POST);
    return HOLDS;
}

static verdict does_not_wait(void) {
    struct int_registers registers;
    if (revision < 6)
        NEED(pass_by_handler() == HOLDS);
    set_blocking(&it, 0);
    NEED(put_word(&it, PRE | POST) >= 0);
    NEED(put_word(&it, 0) >= 0);
    long count = read_event(&it);
    long size = redox(SYS_READ, it.registers, &registers, sizeof registers);
    long status = wait_for(it.pid, WUNTRACED);
    EXPECT(size == sizeof registers, "registers give %ld", size);
    EXPECT(status == (SIGSTOP << 8 | 0x7f), "its status is %lx", status);
    EXPECT(count == -EAGAIN, "without an event, the read gives %ld", count);
    return HOLDS;
}

static verdict hears_of_stop(void) {
    struct event event;
    struct int_registers registers;
    queue = open("event:", O_RDWR);
    watch(queue, &it, EVENT_READ);
    NEED(put_word(&it, PRE) >= 0);
    kill(it.pid, SIGCONT);
    for (int i = 0; i < 5; i++) {
        long size = redox(SYS_READ, it.registers, &registers, sizeof registers);
        EXPECT(size == sizeof registers, "registers give %ld", size);
    }
    size_t flags = told(queue, &event);
    long count = read_event(&it);
    EXPECT(flags == EVENT_READ, "nothing is told");
    EXPECT(count == 1 && it.event.cause == PRE, "the event's cause is %lx", it.event.cause);
    count = read_event(&it);
    EXPECT(count == 0, "the last read gives %ld", count);
    return HOLDS;
}

static verdict gives_result(void) {
    EXPECT(rax() == SYS_GETPID, "rax is %lx", rax());
    struct int_registers own = registers_of(&it);
    own.rax = 123;
    NEED(set_registers(&it, &own) > 0);
    set_blocking(&it, 1);
    STOPS(PRE | EXIT | IGNORE, PRE, SYS_EXIT);
    uint64_t status = registers_of(&it).rdi;
    EXPECT(status == 123, "rdi is %lu", status);
    return HOLDS;
}

static verdict sees_exit(void) {
    COMES(POST | EXIT, EXIT);
    EXPECT(it.event.a == EXITED(123), "the status told is %lx", it.event.a);
    long end = go_to_end(&it, POST | EXIT);
    EXPECT(end == -ESRCH, "then comes %ld", end);
    return HOLDS;
}

static verdict leaves_zombie(void) {
    size_t status = 0;
    if (revision < 7)
        NEED(go(&it, 0) == -ESRCH); /* where the end was no stop */
    long result = redox(SYS_WAITPID, it.pid, &status, WNOHANG);
    EXPECT(result == it.pid && status == EXITED(123), "waitpid gives %ld, %lx", result, status);
    return HOLDS;
}

static verdict opens_nothing(void) {
    if (has_operations()) { /* the course ended with the floats */
        let_go(&it);
        kill(it.pid, SIGKILL);
        kill(it.pid, SIGCONT);
        wait_for(it.pid, 0);
    }
    for (long pid = 0; pid <= PIDS; pid++) {
        long file = open_process(pid, "regs/int", O_RDWR);
        EXPECT(file == -EPERM || file == -ESRCH, "its own files can be opened");
    }
    return HOLDS;
}

const struct clause clauses[] = {
    {"acid.01", stops_itself},
    {"acid.02", opens_files},
    {"acid.03", stays_frozen},
    {"acid.04", steps_out_of_call},
    {"acid.05", steps_six_times},
    {"acid.06", reads_stack},
    {"acid.07", reads_floats},
    {"acid.08", comes_to_clone},
    {"acid.09", sees_clone},
    {"acid.10", releases_clone},
    {"acid.11", traces_child},
    {"acid.12", comes_to_kill},
    {"acid.13", stops_at_signal},
    {"acid.14", goes_through_handler},
    {"acid.15", signal_comes_first},
    {"acid.16", survives_int3},
    {"acid.17", does_not_wait},
    {"acid.18", hears_of_stop},
    {"acid.19", gives_result},
    {"acid.20", sees_exit},
    {"acid.21", leaves_zombie},
    {"acid.22", opens_nothing},
    {0, 0},
};
