/* Software breakpoints as a debugger sets them: int3 over the first byte of a function. */
#include "start.h"

static __attribute__((noinline)) int greet(volatile int number) { return number * 2; }

static void child(void) {
    int sum = 0;
    for (int i = 1; i <= 3; i++)
        sum += greet(i);
    _exit(sum);
}

static void put_word(pid_t pid, unsigned long address, long word) {
    if (ptrace(PTRACE_POKETEXT, pid, (void *)address, (void *)word) < 0)
        fail("PTRACE_POKETEXT");
}

int main(void) {
    pid_t pid = start(child);
    int status = wait_for(pid), hits = 0;
    unsigned long address = (unsigned long)greet;

    errno = 0;
    long original = ptrace(PTRACE_PEEKTEXT, pid, (void *)address, NULL);
    if (errno != 0)
        fail("PTRACE_PEEKTEXT");
    long trapping = (original & ~0xffL) | 0xcc;
    put_word(pid, address, trapping);

    for (;;) {
        status = resume(PTRACE_CONT, pid, 0);
        if (over(status))
            break;
        struct user_regs_struct regs = registers_of(pid);
        if (WSTOPSIG(status) != SIGTRAP || regs.rip != address + 1) {
            report("unexpected: child", status);
            break;
        }
        printf("breakpoint %d: greet(%d)\n", ++hits, (int)regs.rdi);
        regs.rip = address;
        set_registers(pid, &regs);
        put_word(pid, address, original);
        resume(PTRACE_SINGLESTEP, pid, 0);
        put_word(pid, address, trapping);
    }
    report("child", status);
    return 0;
}
