/*
 * What stands in for a C library: the program's start, system calls, memory
 * functions that compilers ask for, and printing. One program is one source
 * file that includes this once.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdarg.h>

#include "redox.h"

/* ---- system calls: the result, or the error's number negated ---- */

static inline long redox5(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return number;
}

#define SIXTH(a, b, c, d, e, f, ...) redox5(a, (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define redox(...) SIXTH(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

static inline _Noreturn void exit(int status) {
    for (;;)
        redox(SYS_EXIT, status);
}

/* ---- strings and memory ---- */

void *memcpy(void *to, const void *from, size_t count) {
    char *target = to;
    const char *source = from;
    while (count-- > 0)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int byte, size_t count) {
    char *target = to;
    while (count-- > 0)
        *target++ = (char)byte;
    return to;
}

static inline size_t length_of(const char *text) {
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

static inline int same(const char *a, const char *b) {
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

/* A number in decimal or, after 0x, in hexadecimal; -1 if it is none. */
static inline long number_of(const char *text) {
    int base = 10;
    long value = 0;
    if (text[0] == '0' && text[1] == 'x')
        base = 16, text += 2;
    if (*text == 0)
        return -1;
    for (; *text != 0; text++) {
        int digit = *text >= 'a' ? *text - 'a' + 10 : *text - '0';
        if (digit < 0 || digit >= base)
            return -1;
        value = value * base + digit;
    }
    return value;
}

/* ---- printing: %s %c %d %u %o %x %%, with l for 64 bits and a width ---- */

struct text {
    char *bytes;
    size_t length, limit;
};

static inline void put(struct text *text, char byte) {
    if (text->length < text->limit)
        text->bytes[text->length++] = byte;
}

static inline void put_number(struct text *text, uint64_t value, unsigned base, int width, char fill) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (; width > count; width--)
        put(text, fill);
    while (count > 0)
        put(text, digits[--count]);
}

static inline void put_string(struct text *text, const char *string, int width) {
    size_t start = text->length;
    while (*string != 0)
        put(text, *string++);
    while (text->length < start + (size_t)width && text->length < text->limit)
        put(text, ' ');
}

static inline void vformat(struct text *text, const char *format, va_list list) {
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(text, *format);
            continue;
        }
        char fill = *++format == '0' ? '0' : ' ';
        int width = 0;
        while (*format >= '0' && *format <= '9')
            width = width * 10 + *format++ - '0';
        int is_long = *format == 'l';
        if (is_long)
            format++;
        switch (*format) {
        case 's':
            put_string(text, va_arg(list, const char *), width);
            break;
        case 'c':
            put(text, (char)va_arg(list, int));
            break;
        case 'd': {
            long value = is_long ? va_arg(list, long) : va_arg(list, int);
            if (value < 0)
                put(text, '-');
            put_number(text, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, width, fill);
            break;
        }
        case 'u':
        case 'x':
        case 'o': {
            uint64_t value = is_long ? va_arg(list, unsigned long) : va_arg(list, unsigned);
            put_number(text, value, *format == 'u' ? 10 : *format == 'x' ? 16 : 8, width, fill);
            break;
        }
        default:
            put(text, *format);
        }
    }
}

__attribute__((format(printf, 2, 3))) static inline void format(struct text *text,
                                                                 const char *form, ...) {
    va_list list;
    va_start(list, form);
    vformat(text, form, list);
    va_end(list);
}

/* Writes a line, or a part of one, by one system call. */
__attribute__((format(printf, 2, 3))) static inline void print(int descriptor, const char *form,
                                                                ...) {
    char bytes[1024];
    struct text text = {bytes, 0, sizeof bytes};
    va_list list;
    va_start(list, form);
    vformat(&text, form, list);
    va_end(list);
    redox(SYS_WRITE, descriptor, bytes, text.length);
}

#define STDOUT 1
#define STDERR 2

/* ---- the start ---- */

int main(); /* with arguments or without */

/* What every program gets beside its arguments: "NAME=VALUE", then NULL. */
static char **environment;

__attribute__((used)) static void start(long *stack) {
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
    environment = argv + argc + 1;
    exit(main(argc, argv));
}

/* The kernel aligns no stack. */
__asm__(".globl _start\n"
        "_start:\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call start\n");

#endif
