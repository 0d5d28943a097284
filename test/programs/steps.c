/*
 * A child for tracers: it marks itself as traced, stops, and then does things
 * whose registers and memory are known. Symbols are replaced by fixed
 * registers: r12 holds the address of `straddling` at every stop.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv) {
    (void)argv;
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *straddling = pages + 4096 - 4;
    for (int i = 0; i < 8; i++)
        straddling[i] = (char)('a' + i);
    sleep(1);
    if (argc < 2)
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    register char *r12 __asm__("r12") = straddling;
    __asm__ volatile("mov $0x1122334455667788, %%rax\n\t"
                     "mov $1, %%ebx\n\t"
                     "add %%rbx, %%rbx\n\t"
                     "int3\n\t"
                     "nop"
                     :
                     : "r"(r12)
                     : "rax", "rbx", "memory");
    if (write(STDOUT_FILENO, straddling, 8) != 8)
        return 1;
    return 5;
}
