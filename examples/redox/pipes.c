/*
 * A tracee that talks: a child sends words through a pipe, its parent reads
 * them, looks at a file and writes one.
 */
#include "process.h"

static const char *const words[] = {"trace", "me", "if you can\n"};

static _Noreturn void sender(long end) {
    for (int i = 0; i < 3; i++)
        redox(SYS_WRITE, end, words[i], length_of(words[i]));
    exit(0);
}

static void use_files(void) {
    char name[64];
    struct stat stat;
    long file = open("/pipes.txt", O_RDWR | O_CREAT | O_TRUNC | 0644);
    if (file < 0)
        return;
    redox(SYS_WRITE, file, "12345\n", 6);
    redox(SYS_LSEEK, file, 2, SEEK_SET);
    redox(SYS_READ, file, name, 3);
    redox(SYS_FSTAT, file, &stat, sizeof stat);
    redox(SYS_FPATH, file, name, sizeof name);
    redox(SYS_CLOSE, file);
    redox(SYS_UNLINK, "/pipes.txt", 10);
}

int main(void) {
    size_t ends[2];
    char bytes[16];
    long count;
    redox(SYS_PIPE2, ends, 0);
    long pid = fork();
    if (pid == 0) {
        redox(SYS_CLOSE, ends[0]);
        sender(ends[1]);
    }
    redox(SYS_CLOSE, ends[1]);
    while ((count = redox(SYS_READ, ends[0], bytes, sizeof bytes)) > 0)
        redox(SYS_WRITE, STDOUT, bytes, count);
    wait_for(pid, 0);
    use_files();
    open("/does/not/exist", O_RDONLY);
    return 0;
}
