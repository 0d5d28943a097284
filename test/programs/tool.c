/*
 * The smallest things a program does with the world around it, chosen by the
 * first argument; what the command line's tests look at.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static int copy(int from) {
    char buffer[4096];
    ssize_t length;
    while ((length = read(from, buffer, sizeof buffer)) > 0)
        if (write(STDOUT_FILENO, buffer, length) != length)
            return 1;
    return length < 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "args") == 0) {
        for (int i = 2; i < argc; i++)
            printf("[%s]\n", argv[i]);
    } else if (strcmp(what, "env") == 0) {
        for (char **entry = environ; *entry; entry++)
            puts(*entry);
    } else if (strcmp(what, "cat") == 0) {
        int file = argc > 2 ? open(argv[2], O_RDONLY) : STDIN_FILENO;
        if (file < 0) {
            perror(argv[2]);
            return 1;
        }
        return copy(file);
    } else if (strcmp(what, "exec") == 0) {
        execv(argv[2], argv + 2);
        perror(argv[2]);
        return 126;
    } else if (strcmp(what, "create") == 0) {
        int file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0644);
        if (file < 0 || write(file, "made\n", 5) != 5 || lseek(file, 0, SEEK_SET) != 0) {
            perror(argv[2]);
            return 1;
        }
        return copy(file);
    } else if (strcmp(what, "exit") == 0) {
        return atoi(argv[2]);
    } else if (strcmp(what, "raise") == 0) {
        raise(atoi(argv[2]));
    } else if (strcmp(what, "both") == 0) {
        fputs("to stdout\n", stdout);
        fputs("to stderr\n", stderr);
    } else if (strcmp(what, "vector") == 0) {
        __asm__ volatile(".byte 0xc5, 0xfc, 0x58, 0xc1"); /* vaddps ymm0, ymm0, ymm1 */
    } else if (strcmp(what, "syscall") == 0) {
        printf("%ld\n", syscall(atoi(argv[2])));
        printf("%ld\n", syscall(atoi(argv[2])));
    } else if (strcmp(what, "flood") == 0) {
        for (;;)
            puts("and again");
    } else {
        return 2;
    }
    return 0;
}
