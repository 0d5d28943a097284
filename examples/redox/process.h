/*
 * Processes: fork, exec, threads, waiting and handling signals, as a C library
 * would offer them, on Redox's calls.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "runtime.h"

static inline long fork(void) {
    return redox(SYS_CLONE, 0);
}

static inline long getpid(void) {
    return redox(SYS_GETPID);
}

static inline long kill(long pid, int signal) {
    return redox(SYS_KILL, pid, signal);
}

/* The wait status; an error is negative. On this kernel 0 is any child, -1 process group 1. */
static inline long wait_for(long pid, int flags) {
    size_t status = 0;
    long result = redox(SYS_WAITPID, pid, &status, flags);
    return result < 0 ? result : (long)status;
}

static inline void yield(void) {
    redox(SYS_YIELD);
}

static inline void sleep_for(long microseconds) {
    struct timespec time = {microseconds / 1000000, (int)(microseconds % 1000000) * 1000};
    struct timespec rest;
    redox(SYS_NANOSLEEP, &time, &rest);
}

static inline long open(const char *path, unsigned long flags) {
    return redox(SYS_OPEN, path, length_of(path), flags);
}

/* Replaces this program by another; returns an error, or not at all. */
static inline long execute(const char *path, int argc, char **argv) {
    struct slice {
        const char *bytes;
        size_t length;
    } arguments[32], variables[32];
    int count = 0, others = 0;
    for (; count < argc && count < 32; count++)
        arguments[count] = (struct slice){argv[count], length_of(argv[count])};
    for (char **variable = environment; *variable != 0 && others < 32; variable++, others++)
        variables[others] = (struct slice){*variable, length_of(*variable)};
    long file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return file;
    return redox(SYS_FEXEC, file, arguments, count, variables, others);
}

/* Signal handlers return to here, and this gives the kernel its stack back. */
void restorer(void);
__asm__("restorer:\n"
        "    mov $119, %eax\n" /* SYS_SIGRETURN */
        "    syscall\n");

static inline long handle(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    return redox(SYS_SIGACTION, signal, &action, 0, restorer);
}

/* Starts a thread with a stack of its own; `body` gets the argument and must not return. */
long start_thread(unsigned long flags, void *stack_end, void (*body)(void *), void *argument);
__asm__("start_thread:\n"
        "    push %rbx\n"
        "    push %rbp\n"
        "    mov %rdx, %rbx\n"
        "    mov %rcx, %rbp\n"
        "    mov $120, %eax\n" /* SYS_CLONE */
        "    syscall\n"
        "    test %rax, %rax\n"
        "    jnz 1f\n"
        "    mov %rbp, %rdi\n"
        "    call *%rbx\n"
        "1:  pop %rbp\n"
        "    pop %rbx\n"
        "    ret\n");

#define CLONE_AS_THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_STACK)

#endif
