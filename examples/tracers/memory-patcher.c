/* Reads a string of the child word by word, and changes it before the child prints it. */
#include "start.h"

static char message[16] = "do not touch\n";

static void child(void) {
    kill(getpid(), SIGSTOP);
    write(STDOUT_FILENO, message, strlen(message));
    _exit(0);
}

int main(void) {
    pid_t pid = start(child);
    union {
        long words[2];
        char text[17];
    } copy = {.text = ""};

    wait_for(pid);
    report("child", resume(PTRACE_CONT, pid, 0));
    for (int i = 0; i < 2; i++) {
        errno = 0;
        copy.words[i] = ptrace(PTRACE_PEEKDATA, pid, message + i * sizeof(long), NULL);
        if (errno != 0)
            fail("PTRACE_PEEKDATA");
    }
    printf("found: %s", copy.text);
    memcpy(copy.text, "please", 6);
    for (int i = 0; i < 2; i++)
        if (ptrace(PTRACE_POKEDATA, pid, message + i * sizeof(long), (void *)copy.words[i]) < 0)
            fail("PTRACE_POKEDATA");
    report("child", resume(PTRACE_CONT, pid, 0));
    return 0;
}
