/* Single-steps the child to its end, and counts the instructions of a loop. */
#include "start.h"

extern char loop_start[], loop_end[];

/* 1 + 3 * 20 instructions between the two labels, then exit_group(5). */
static void child(void) {
    __asm__ volatile("loop_start:\n\t"
                     "movl $20, %%ecx\n"
                     "1:\tincq %%rbx\n\t"
                     "decl %%ecx\n\t"
                     "jnz 1b\n"
                     "loop_end:\n\t"
                     "movl $5, %%edi\n\t"
                     "movl $231, %%eax\n\t"
                     "syscall"
                     :
                     :
                     : "rax", "rbx", "rcx", "rdi", "r11", "memory");
}

int main(void) {
    pid_t pid = start(child);
    int status = wait_for(pid), inside = 0;
    while (!over(status)) {
        struct user_regs_struct regs = registers_of(pid);
        if (regs.rip >= (unsigned long)loop_start && regs.rip < (unsigned long)loop_end)
            inside++;
        status = resume(PTRACE_SINGLESTEP, pid, 0);
    }
    printf("%d instructions in the loop\n", inside);
    report("child", status);
    return 0;
}
