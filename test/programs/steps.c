/*
 * A child for tracers: it marks itself as traced, stops, and then does things
 * whose registers and memory are known; exits with 5. With an argument it does
 * not ask to be traced.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv) {
    (void)argv;
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *straddling = pages + 4096 - 4; /* half on one page, half on the next */
    for (int i = 0; i < 8; i++)
        straddling[i] = (char)('a' + i);
    sleep(1);
    if (argc < 2 && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        return 1;
    raise(SIGSTOP);
    __asm__ volatile("mov $0x1122334455667788, %%rax\n\t"
                     "mov $1, %%ebx\n\t"
                     "add %%rbx, %%rbx\n\t"
                     "sub $3, %%rbx"
                     :
                     :
                     : "rax", "rbx", "cc");
    if (write(STDOUT_FILENO, straddling, 8) != 8)
        return 1;
    return 5;
}
