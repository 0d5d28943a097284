/*
 * What tracees of several programs of clauses do.
 */
#ifndef BODIES_H
#define BODIES_H

#include "harness.h"

static inline void exit_with_7(void) {
    exit(7);
}

static inline void call_twice(void) {
    redox(SYS_GETUID);
    redox(SYS_GETGID);
    exit(7);
}

static inline void sleep_first(void) {
    sleep_for(1);
    redox(SYS_GETUID);
    exit(7);
}

static size_t ends[2]; /* of a pipe, for tracees that wait until they are told */

static inline void read_byte(void) {
    char byte;
    redox(SYS_READ, ends[0], &byte, 1);
    redox(SYS_GETUID);
    exit(7);
}

static inline void feed(void) {
    redox(SYS_WRITE, ends[1], "x", 1);
}

#endif
