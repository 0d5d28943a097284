/* strace in its simplest form: each system call of the child, with its result. */
#include "start.h"

#include "calls.h"

static void child(void) {
    close(99);
    write(STDOUT_FILENO, "traced\n", 7);
    getppid();
    _exit(3);
}

static void print_call(const struct user_regs_struct *regs) {
    switch (regs->orig_rax) {
    case CALL_WRITE:
        printf("write(%ld, ..., %ld)", (long)regs->rdi, (long)regs->rdx);
        break;
    case CALL_CLOSE:
        printf("close(%ld)", (long)regs->rdi);
        break;
    case CALL_GETPPID:
        printf("getppid()");
        break;
    case CALL_EXIT:
        printf("exit(%ld)", (long)regs->rdi);
        break;
    default:
        printf("call %ld", (long)regs->orig_rax);
    }
}

int main(void) {
    pid_t pid = start(child);
    report("child", wait_for(pid));

    int status;
    for (;;) {
        status = resume(PTRACE_SYSCALL, pid, 0);
        if (over(status))
            break;
        struct user_regs_struct regs = registers_of(pid);
        print_call(&regs);
        status = resume(PTRACE_SYSCALL, pid, 0);
        if (over(status)) {
            puts(" = ?");
            break;
        }
        regs = registers_of(pid);
        if ((pid_t)regs.rax == getpid())
            puts(" = the tracer");
        else
            printf(" = %ld\n", (long)regs.rax);
    }
    report("child", status);
    return 0;
}
