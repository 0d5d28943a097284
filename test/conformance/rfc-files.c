/*
 * RFC 0004, "Modify registers", "Modify memory", "Security" and its example.
 * What the clauses say is in expectations.ts.
 */
#include "harness.h"

/* ---- tracees ---- */

/* Known values in all general registers that a call leaves alone. */
static void fill_registers(void) {
    __asm__ volatile("    mov $0x11, %%rbx\n"
                     "    mov $0x12, %%rdi\n"
                     "    mov $0x13, %%rsi\n"
                     "    mov $0x14, %%rdx\n"
                     "    mov $0x18, %%r8\n"
                     "    mov $0x19, %%r9\n"
                     "    mov $0x1a, %%r10\n"
                     "    mov $0x1c, %%r12\n"
                     "    mov $0x1d, %%r13\n"
                     "    mov $0x1e, %%r14\n"
                     "    mov $0x1f, %%r15\n"
                     "    mov $199, %%eax\n" /* SYS_GETUID */
                     "    syscall\n" ::
                         : "rax", "rbx", "rcx", "rdi", "rsi", "rdx", "r8", "r9", "r10", "r11",
                           "r12", "r13", "r14", "r15", "memory");
}

/* Exits with its result, which is rdi's value. */
static void exit_with_argument(void) {
    redox(SYS_GETUID, 5);
    exit(7);
}

static _Noreturn void elsewhere(void) {
    exit(9);
}

static void exit_with_rbx(void) {
    __asm__ volatile("    mov $3, %%ebx\n"
                     "    mov $199, %%eax\n" /* SYS_GETUID */
                     "    syscall\n"
                     "    mov %%rbx, %%rdi\n"
                     "    mov $1, %%eax\n" /* SYS_EXIT */
                     "    syscall\n" ::
                         : "rax", "rbx", "rcx", "rdi", "r11", "memory");
}

static const uint64_t two = 0x4000000000000000, three = 0x4008000000000000; /* doubles */

/* 2.0 in st0 and 3.0 in xmm1, then a call; exits with xmm1 as a whole number. */
static void use_floats(void) {
    int result;
    __asm__ volatile("    fninit\n"
                     "    fldl %1\n"
                     "    movsd %2, %%xmm1\n"
                     "    mov $199, %%eax\n" /* SYS_GETUID */
                     "    syscall\n"
                     "    cvttsd2si %%xmm1, %0\n"
                     : "=r"(result)
                     : "m"(two), "m"(three)
                     : "rax", "rcx", "r11", "xmm1", "memory");
    exit(result);
}

static volatile long variable = 0x1122334455667788;

static void exit_with_variable(void) {
    redox(SYS_GETUID);
    exit((int)variable);
}

static void stay(void) {
    sleep_for(60 * 1000000L);
}

/* ---- registers ---- */

static verdict int_read(void) {
    struct tracee it;
    begin(&it, fill_registers, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    struct int_registers at = registers_of(&it);
    NEED(at.rdi == 0x12 && at.rsi == 0x13 && at.rdx == 0x14 && at.r8 == 0x18 && at.r9 == 0x19 &&
         at.r10 == 0x1a);
    EXPECT(at.rsp != 0, "rsp reads as 0");
    EXPECT(at.rbx == 0x11 && at.r12 == 0x1c && at.r13 == 0x1d && at.r14 == 0x1e && at.r15 == 0x1f,
           "rbx and r12 to r15 read as %lx %lx %lx %lx %lx", at.rbx, at.r12, at.r13, at.r14, at.r15);
    NEED(at.cs == 0x23 && at.rcx == at.rip && at.r11 == at.rflags);
    return HOLDS;
}

static verdict int_write(void) {
    struct tracee it;
    begin(&it, exit_with_argument, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    struct int_registers changed = registers_of(&it);
    changed.rax = SYS_EXIT;
    changed.rdi = 42;
    NEED(set_registers(&it, &changed) > 0);
    put_word(&it, 0);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(42), "its status is %lx", status);
    return HOLDS;
}

static verdict int_write_preserved(void) {
    struct tracee it;
    begin(&it, exit_with_rbx, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    struct int_registers changed = registers_of(&it);
    changed.rbx = 42;
    NEED(set_registers(&it, &changed) > 0);
    put_word(&it, 0);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(42), "it keeps rbx");
    return HOLDS;
}

static verdict int_write_rip(void) {
    struct tracee it;
    begin(&it, exit_with_argument, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    struct int_registers changed = registers_of(&it);
    changed.rip = (uint64_t)elsewhere;
    NEED(set_registers(&it, &changed) > 0);
    put_word(&it, 0);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(9), "it keeps rip");
    return HOLDS;
}

static verdict int_write_all(void) {
    struct tracee it;
    begin(&it, exit_with_argument, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    struct int_registers own = registers_of(&it), changed = own;
    changed.rsp -= 64;
    changed.rflags ^= 0x1; /* CF */
    NEED(set_registers(&it, &changed) > 0);
    struct int_registers after = registers_of(&it);
    EXPECT(after.rsp == changed.rsp || after.rflags == changed.rflags, "it keeps rsp and rflags");
    EXPECT(after.rsp == changed.rsp, "it keeps rsp");
    NEED(after.rflags == changed.rflags);
    return HOLDS;
}

static verdict float_read(void) {
    struct tracee it;
    struct float_registers at;
    uint64_t st0, exponent = 0;
    begin(&it, use_floats, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    long file = open_process(it.pid, "regs/float", O_RDWR);
    NEED(file >= 0);
    long size = redox(SYS_READ, file, &at, sizeof at);
    EXPECT(size >= 0, "the read gives error %ld", -size);
    NEED(size == sizeof at);
    memcpy(&st0, at.st[0], 8);
    memcpy(&exponent, at.st[0] + 8, 2);
    EXPECT(st0 == 1ul << 63 && exponent == 0x4000, "st0 is %lx %lx", exponent, st0); /* 2.0 */
    uint64_t xmm1;
    memcpy(&xmm1, at.xmm[1], 8);
    EXPECT(xmm1 == three, "xmm1 is %lx", xmm1);
    return HOLDS;
}

static verdict float_write(void) {
    struct tracee it;
    struct float_registers changed = {.fcw = 0x37f, .mxcsr = 0x1f80};
    const uint64_t forty_two = 0x4045000000000000;
    begin(&it, use_floats, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    long file = open_process(it.pid, "regs/float", O_RDWR);
    redox(SYS_READ, file, &changed, sizeof changed);
    memcpy(changed.xmm[1], &forty_two, 8);
    NEED(redox(SYS_WRITE, file, &changed, sizeof changed) == sizeof changed);
    put_word(&it, 0);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(42), "its status is %lx", status);
    return HOLDS;
}

/* ---- memory ---- */

static verdict memory_read(void) {
    struct tracee it;
    long there = 0;
    begin(&it, exit_with_variable, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    long size = peek(&it, &variable, &there, sizeof there);
    EXPECT(size >= 0, "the read gives error %ld", -size);
    EXPECT(size == sizeof there && there == variable, "it reads %lx", there);
    return HOLDS;
}

static verdict memory_write(void) {
    struct tracee it;
    long value = 42;
    begin(&it, exit_with_variable, 0);
    NEED(go_to_call(&it, SYS_GETUID) == PRE);
    long size = poke(&it, &variable, &value, sizeof value);
    EXPECT(size >= 0, "the write gives error %ld", -size);
    NEED(variable != 42); /* this process has its own */
    put_word(&it, 0);
    long status = wait_for(it.pid, 0);
    EXPECT(status == EXITED(42), "its status is %lx", status);
    return HOLDS;
}

static verdict memory_seek(void) {
    struct tracee it;
    long there;
    begin(&it, exit_with_variable, 0);
    long at = redox(SYS_LSEEK, it.memory, &variable, SEEK_SET);
    EXPECT(at == (long)&variable, "the seek gives %ld", at);
    long size = redox(SYS_READ, it.memory, &there, sizeof there);
    EXPECT(size >= 0, "the read gives error %ld", -size);
    at = redox(SYS_LSEEK, it.memory, 0, SEEK_CUR);
    EXPECT(at == (long)&variable + size, "the position is %lx then", at);
    return HOLDS;
}

/* ---- security ---- */

static void stay_as_1000(void) {
    become(1000, 1000);
    stay();
}

/* What a process gets that opens another one's files. */
static long open_as(int uid, int gid, long pid) {
    become(uid, gid);
    return open_process(pid, "trace", O_RDWR);
}

static verdict owner_only(void) {
    long pid = child(stay_as_1000);
    pause();
    long other = open_as(1001, 1001, pid);
    EXPECT(other == -EPERM, "another user's open gives %ld", other);
    return HOLDS;
}

static verdict owner_not_group(void) {
    long pid = child(stay_as_1000);
    pause();
    long other = open_as(1001, 1000, pid);
    EXPECT(other < 0, "its group is enough");
    NEED(other == -EPERM);
    return HOLDS;
}

static verdict ancestor_direct(void) {
    long pid = child(stay_as_1000);
    pause();
    long own = open_as(1000, 1000, pid);
    EXPECT(own >= 0, "the parent's open gives %ld", own);
    return HOLDS;
}

static size_t ends[2];

static void have_child(void) {
    long pid = child(stay);
    redox(SYS_WRITE, ends[1], &pid, sizeof pid);
    stay();
}

static void stay_as_thread(void *argument) {
    (void)argument;
    stay();
}

static void have_thread(void) {
    static char stack[4096] __attribute__((aligned(16)));
    long pid = start_thread(CLONE_AS_THREAD, stack + sizeof stack, stay_as_thread, 0);
    redox(SYS_WRITE, ends[1], &pid, sizeof pid);
    stay();
}

/* Opens what a child tells of, not being its parent. */
static long open_indirect(void (*body)(void)) {
    long pid = 0;
    redox(SYS_PIPE2, ends, 0);
    become(1000, 1000);
    child(body);
    redox(SYS_READ, ends[0], &pid, sizeof pid);
    return open_process(pid, "trace", O_RDWR);
}

static verdict ancestor_indirect(void) {
    long own = open_indirect(have_child);
    EXPECT(own >= 0, "the grandparent's open gives %ld", own);
    return HOLDS;
}

static verdict thread_of_child(void) {
    long own = open_indirect(have_thread);
    EXPECT(own >= 0, "the open gives %ld", own);
    return HOLDS;
}

static verdict not_ancestor(void) {
    become(1000, 1000);
    long sibling = child(stay);
    long other = fork();
    if (other == 0)
        exit(open_process(sibling, "trace", O_RDWR) == -EPERM ? 1 : 2);
    long status = wait_for(other, 0);
    EXPECT(status != EXITED(2), "a sibling's open is allowed");
    NEED(status == EXITED(1));
    return HOLDS;
}

/* What a process gets that is no ancestor of the other one. */
static verdict stranger(int uid, int gid, verdict allowed, verdict refused) {
    long pid = child(stay_as_1000);
    long other = fork();
    pause();
    if (other == 0)
        exit(open_as(uid, gid, pid) >= 0 ? 1 : 2);
    return wait_for(other, 0) == EXITED(1) ? allowed : refused;
}

static verdict root_may(void) {
    return stranger(0, 0, HOLDS, "root is refused");
}

static verdict root_group_may_not(void) {
    return stranger(1001, 0, "root's group may, too", HOLDS);
}

static verdict namespace_disallows(void) {
    const struct {
        const char *name;
        size_t length;
    } kept[] = {{"debug", 5}, {"file", 4}};
    long space = redox(SYS_MKNS, kept, 2);
    NEED(space >= 0);
    NEED(redox(SYS_SETRENS, space, space) == 0);
    long trace = open_process(getpid(), "trace", O_RDWR);
    EXPECT(trace == -ENODEV, "the open gives %ld", trace);
    return HOLDS;
}

/* ---- the example ---- */

static void print_a_line(void) {
    print(STDERR, "not replaced\n");
    exit(7);
}

/* With rax for the orig_rax that there is not. */
static verdict example(void) {
    struct ptrace_event event = {0};
    struct int_registers registers;
    uint64_t word = PRE | CLONE;
    long pid = stopped_child(print_a_line);
    long trace = open_process(pid, "trace", O_RDWR | O_TRUNC);
    long file = open_process(pid, "regs/int", O_RDWR);
    kill(pid, SIGCONT);
    redox(SYS_WRITE, trace, &word, sizeof word);
    redox(SYS_READ, trace, &event, sizeof event);
    while (event.cause & PTRACE_EVENT_MASK) {
        word = WAIT;
        redox(SYS_WRITE, trace, &word, sizeof word);
        redox(SYS_READ, trace, &event, sizeof event);
    }
    EXPECT(event.cause == PRE, "the cause is %lx", event.cause);
    redox(SYS_READ, file, &registers, sizeof registers);
    EXPECT(registers.rax == SYS_WRITE, "rax is %lx", registers.rax);
    registers.rax = SYS_EXIT;
    registers.rdi = 0;
    redox(SYS_WRITE, file, &registers, sizeof registers);
    word = 0;
    redox(SYS_WRITE, trace, &word, sizeof word);
    long status = wait_for(pid, 0);
    EXPECT(status == EXITED(0), "its status is %lx", status);
    return HOLDS;
}

const struct clause clauses[] = {
    {"regs.int-read", int_read},
    {"regs.int-write", int_write},
    {"regs.int-write-preserved", int_write_preserved},
    {"regs.int-write-rip", int_write_rip},
    {"regs.int-write-all", int_write_all},
    {"regs.float-read", float_read},
    {"regs.float-write", float_write},
    {"mem.read", memory_read},
    {"mem.write", memory_write},
    {"mem.seek", memory_seek},
    {"security.owner", owner_only},
    {"security.owner-not-group", owner_not_group},
    {"security.ancestor-direct", ancestor_direct},
    {"security.ancestor-indirect", ancestor_indirect},
    {"security.thread", thread_of_child},
    {"security.not-ancestor", not_ancestor},
    {"security.root", root_may},
    {"security.root-not-group", root_group_may_not},
    {"security.namespace", namespace_disallows},
    {"example", example},
    {0, 0},
};
