/*
 * Changes calls of the child: what it writes to stdout goes to stderr, and it
 * is told that 1000 bytes were written.
 */
#include "start.h"

#include "calls.h"

static void child(void) {
    long written = write(STDOUT_FILENO, "which stream?\n", 14);
    _exit(written == 1000 ? 42 : 1);
}

int main(void) {
    pid_t pid = start(child);
    int status = wait_for(pid);
    for (;;) {
        status = resume(PTRACE_SYSCALL, pid, 0);
        if (over(status))
            break;
        struct user_regs_struct regs = registers_of(pid);
        int writes = regs.orig_rax == CALL_WRITE;
        if (writes) {
            regs.rdi = STDERR_FILENO;
            set_registers(pid, &regs);
        }
        status = resume(PTRACE_SYSCALL, pid, 0);
        if (over(status))
            break;
        if (writes) {
            regs = registers_of(pid);
            printf("written: %ld\n", (long)regs.rax);
            regs.rax = 1000;
            set_registers(pid, &regs);
        }
    }
    report("child", status);
    return 0;
}
