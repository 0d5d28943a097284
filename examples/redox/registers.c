/*
 * registers PID: what is a process doing? Its registers, and the system call
 * that it sits in. Looking does not stop it for longer than a moment.
 */
#include "decode.h"

/*
 * `syscall` leaves the return address in rcx and the flags in r11, and a call
 * that is not over has its number in rax still.
 */
static int inside_call(struct tracer *of, const struct int_registers *it) {
    unsigned char before[2];
    return it->rcx == it->rip && it->r11 == it->rflags && call_numbered(it->rax) != 0 &&
           read_memory(of, it->rip - 2, before, 2) > 0 && before[0] == 0x0f && before[1] == 0x05;
}

static void dump(const struct int_registers *it) {
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        {"rax", it->rax}, {"rbx", it->rbx}, {"rcx", it->rcx}, {"rdx", it->rdx}, {"rsi", it->rsi},
        {"rdi", it->rdi}, {"rbp", it->rbp}, {"rsp", it->rsp}, {"r8", it->r8}, {"r9", it->r9},
        {"r10", it->r10}, {"r11", it->r11}, {"r12", it->r12}, {"r13", it->r13}, {"r14", it->r14},
        {"r15", it->r15}, {"rip", it->rip}, {"rflags", it->rflags}, {"cs", it->cs}, {"ss", it->ss},
        {"fs", it->fs}};
    const int count = sizeof all / sizeof *all;
    for (int i = 0; i < count; i++)
        print(STDOUT, "%6s %016lx%s", all[i].name, all[i].value,
              i % 3 == 2 || i == count - 1 ? "\n" : "  ");
}

static int complain(const char *what, long error) {
    char bytes[32];
    struct text text = {bytes, 0, sizeof bytes - 1};
    put_error(&text, -error);
    bytes[text.length] = 0;
    print(STDERR, "registers: %s: %s\n", what, bytes);
    return 1;
}

int main(int argc, char **argv) {
    struct tracer of;
    struct int_registers registers;
    long pid = argc == 2 ? number_of(argv[1]) : -1;
    if (pid < 0) {
        print(STDERR, "usage: registers PID\n");
        return 2;
    }
    long error = look_at(&of, pid);
    if (error < 0)
        return complain(argv[1], error);
    error = read_registers(&of, &registers);
    if (error < 0)
        return complain("registers", error);
    dump(&registers);
    if (!inside_call(&of, &registers)) {
        print(STDOUT, "pid %ld is in user mode at 0x%lx\n", pid, registers.rip);
        return 0;
    }
    char bytes[512];
    struct text text = {bytes, 0, sizeof bytes};
    struct invocation made = invocation_in(&registers);
    format(&text, "pid %ld is in ", pid);
    put_beginning(&text, &of, &made, ALL);
    put_string(&text, ")\n", 0);
    redox(SYS_WRITE, STDOUT, bytes, text.length);
    return 0;
}
