/* Catches the child's faults, repairs their cause, and lets it go on as if nothing had been. */
#include "start.h"

static const int good = 70;

static void child(void) {
    int value, seven = 7;
    /* reads address 8, then divides by zero */
    __asm__ volatile("movl (%%rsi), %0" : "=r"(value) : "S"(8L) : "memory");
    __asm__ volatile("cltd\n\tidivl %%ebx" : "+a"(value) : "b"(seven - 7) : "rdx", "cc");
    _exit(value);
}

int main(void) {
    pid_t pid = start(child);
    int status = wait_for(pid);

    for (;;) {
        status = resume(PTRACE_CONT, pid, 0);
        if (over(status))
            break;
        report("child", status);
        siginfo_t info;
        if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) < 0)
            fail("PTRACE_GETSIGINFO");
        struct user_regs_struct regs = registers_of(pid);
        if (info.si_signo == SIGSEGV) {
            printf("bad address %p\n", info.si_addr);
            regs.rsi = (unsigned long)&good;
        } else if (info.si_signo == SIGFPE) {
            printf("%d divided by zero\n", (int)regs.rax);
            regs.rbx = 7;
        } else {
            break;
        }
        set_registers(pid, &regs);
    }
    report("child", status);
    return 0;
}
