/* Shows what a child has in its registers: general ones, x87 stack in 80 bits, and SSE. */
#include "start.h"

/* Known values everywhere, then kill(getpid(), SIGSTOP) without touching them. */
static void child(void) {
    static const double wide[2] = {0.1, -2.5};
    __asm__ volatile("fninit\n\t"
                     "fld1\n\t"
                     "fldpi\n\t"
                     "fldl2e\n\t"
                     "movupd (%2), %%xmm5\n\t"
                     "movabsq $0x1122334455667788, %%rbx\n\t"
                     "movq $-2, %%r12\n\t"
                     "movl $3, %%r13d\n\t"
                     "syscall"
                     :
                     : "a"(62), "D"(getpid()), "r"(wide), "S"(SIGSTOP)
                     : "rbx", "rcx", "r11", "r12", "r13", "xmm5", "memory");
    _exit(0);
}

int main(void) {
    pid_t pid = start(child);
    struct user_fpregs_struct fp;

    wait_for(pid);
    report("child", resume(PTRACE_CONT, pid, 0));

    struct user_regs_struct regs = registers_of(pid);
    printf("rbx %#lx\nr12 %ld\nr13 %ld\n", (long)regs.rbx, (long)regs.r12, (long)regs.r13);

    if (ptrace(PTRACE_GETFPREGS, pid, NULL, &fp) < 0)
        fail("PTRACE_GETFPREGS");
    printf("control %#x, status %#x, mxcsr %#x\n", fp.cwd, fp.swd, fp.mxcsr);
    for (int i = 0; i < 3; i++) {
        const unsigned char *bytes = (const unsigned char *)fp.st_space + 16 * i;
        long double value;
        memcpy(&value, bytes, 10);
        printf("st(%d) ", i);
        for (int byte = 9; byte >= 0; byte--)
            printf("%02x", bytes[byte]);
        printf(" %.20Lg\n", value);
    }
    double halves[2];
    memcpy(halves, (const char *)fp.xmm_space + 16 * 5, sizeof halves);
    printf("xmm5 %g %g\n", halves[0], halves[1]);

    report("child", resume(PTRACE_CONT, pid, 0));
    return 0;
}
