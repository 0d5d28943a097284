/*
 * What the bench programs share: `PROGRAM SIZE` does so much work and prints a
 * checksum, so that every machine can be seen to have done the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t work(long size);

static inline uint32_t next(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    printf("%llu\n", (unsigned long long)work(atol(argv[1])));
    return 0;
}
