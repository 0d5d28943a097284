/* Stops the child when it is about to exit: its status is known, its registers still there. */
#include "start.h"

static void child(void) { _exit(9); }

int main(void) {
    pid_t pid = start(child);
    unsigned long message = 0;

    wait_for(pid);
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEEXIT) < 0)
        fail("PTRACE_SETOPTIONS");
    report("child", resume(PTRACE_CONT, pid, 0));
    if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) < 0)
        fail("PTRACE_GETEVENTMSG");
    report("soon: child", (int)message);
    struct user_regs_struct regs = registers_of(pid);
    printf("its first argument is %ld\n", (long)regs.rdi);
    report("child", resume(PTRACE_CONT, pid, 0));
    return 0;
}
