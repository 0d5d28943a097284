/* A stopped child's memory by calls other than ptrace(), and its end by waitid(). */
#define _GNU_SOURCE
#include "start.h"

#include <fcntl.h>
#include <sys/uio.h>

static char secret[16] = "nothing yet";

static void by_call(pid_t pid) {
    char found[sizeof secret] = "";
    struct iovec here = {found, sizeof found}, there = {secret, sizeof secret};
    if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0)
        printf("process_vm_readv: %s\n", strerror(errno));
    else
        printf("process_vm_readv: %s\n", found);
}

static void by_file(pid_t pid) {
    char path[64], found[sizeof secret] = "";
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int file = open(path, O_RDONLY);
    if (file < 0 || pread(file, found, sizeof found, (off_t)secret) < 0)
        printf("/proc/PID/mem: %s\n", strerror(errno));
    else
        printf("/proc/PID/mem: %s\n", found);
}

int main(void) {
    siginfo_t info = {0};
    by_lines();
    pid_t pid = fork();
    if (pid == 0) {
        strcpy(secret, "the child's");
        pause_for(20);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        kill(getpid(), SIGSTOP);
        _exit(0);
    }
    report("child", wait_for(pid));
    by_call(pid);
    by_file(pid);
    if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
        fail("PTRACE_CONT");
    if (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
        printf("waitid: %s\n", strerror(errno));
    else
        printf("waitid: code %d, status %d\n", info.si_code, info.si_status);
    return 0;
}
