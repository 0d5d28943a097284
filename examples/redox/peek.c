/*
 * peek PID ADDRESS LENGTH: the memory of another process, 16 bytes a line. The
 * kernel gives all of what is asked for or nothing, so each line is asked for
 * by itself and only what is not mapped is missing.
 */
#include "names.h"
#include "tracer.h"

#define LINE 16

static void show(uint64_t address, const unsigned char *bytes, size_t count) {
    char line[128];
    struct text text = {line, 0, sizeof line};
    format(&text, "%016lx ", address);
    for (size_t i = 0; i < LINE; i++) {
        if (i < count)
            format(&text, " %02x", bytes[i]);
        else
            put_string(&text, "   ", 0);
    }
    put_string(&text, "  |", 0);
    for (size_t i = 0; i < count; i++)
        put(&text, bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '.');
    put_string(&text, "|\n", 0);
    redox(SYS_WRITE, STDOUT, line, text.length);
}

int main(int argc, char **argv) {
    struct tracer of;
    long pid = argc == 4 ? number_of(argv[1]) : -1;
    long address = argc == 4 ? number_of(argv[2]) : -1;
    long length = argc == 4 ? number_of(argv[3]) : -1;
    if (pid < 0 || address < 0 || length < 0) {
        print(STDERR, "usage: peek PID ADDRESS LENGTH\n");
        return 2;
    }
    long error = look_at(&of, pid);
    for (long at = 0; error >= 0 && at < length; at += LINE) {
        unsigned char bytes[LINE];
        size_t count = length - at < LINE ? length - at : LINE;
        error = read_memory(&of, address + at, bytes, count);
        if (error >= 0)
            show(address + at, bytes, count);
    }
    if (error >= 0)
        return 0;
    char bytes[32];
    struct text text = {bytes, 0, sizeof bytes - 1};
    put_error(&text, -error);
    bytes[text.length] = 0;
    print(STDERR, "peek: %s\n", bytes);
    return 1;
}
