/* Runs a child none of whose system calls reach the kernel: the tracer answers them itself. */
#include "start.h"

#include "calls.h"

static void child(void) {
    write(STDOUT_FILENO, "never seen\n", 11);
    _exit(getppid() == 4242 ? 0 : 1);
}

int main(void) {
    pid_t pid = start(child);
    int status = wait_for(pid);
    for (;;) {
        status = resume(PTRACE_SYSEMU, pid, 0);
        if (over(status))
            break;
        struct user_regs_struct regs = registers_of(pid);
        if (regs.orig_rax == CALL_WRITE) {
            printf("write of %ld bytes\n", (long)regs.rdx);
            regs.rax = regs.rdx;
        } else if (regs.orig_rax == CALL_GETPPID) {
            puts("getppid");
            regs.rax = 4242;
        } else if (regs.orig_rax == CALL_EXIT) {
            printf("exit with %ld\n", (long)regs.rdi);
            break;
        } else {
            printf("refused: call %ld\n", (long)regs.orig_rax);
            regs.rax = -ENOSYS;
        }
        set_registers(pid, &regs);
    }
    if (!over(status)) {
        kill(pid, SIGKILL);
        status = wait_for(pid);
    }
    report("child", status);
    return 0;
}
