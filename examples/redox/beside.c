/*
 * beside PROGRAM [ARG...] -- TOOL [ARG...]: starts a program, and once it had
 * some time runs a tool beside it, in whose arguments @ is the program's pid.
 * The program is killed when the tool has ended, whose status counts.
 */
#include "process.h"

#define PAUSE 10000 /* microseconds */

static long start_program(int argc, char **argv) {
    long pid = fork();
    if (pid != 0)
        return pid;
    execute(argv[0], argc, argv);
    print(STDERR, "beside: %s cannot be executed\n", argv[0]);
    exit(127);
}

int main(int argc, char **argv) {
    int split = 1;
    while (split < argc && !same(argv[split], "--"))
        split++;
    if (split == 1 || split + 1 >= argc) {
        print(STDERR, "usage: beside PROGRAM [ARG...] -- TOOL [ARG...]\n");
        return 2;
    }
    long pid = start_program(split - 1, argv + 1);
    char digits[24];
    struct text number = {digits, 0, sizeof digits - 1};
    put_number(&number, pid, 10, 0, ' ');
    digits[number.length] = 0;
    for (int i = split + 2; i < argc; i++)
        if (same(argv[i], "@"))
            argv[i] = digits;
    sleep_for(PAUSE);
    long status = wait_for(start_program(argc - split - 1, argv + split + 1), 0);
    kill(pid, SIGKILL);
    wait_for(pid, 0);
    return (int)(status >> 8 & 0xff);
}
