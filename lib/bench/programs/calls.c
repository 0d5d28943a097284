/* Recursive calls: Fibonacci numbers by their definition, and Takeuchi's function. */
#include "bench.h"

static __attribute__((noinline)) uint64_t fibonacci(long n) {
    return n < 2 ? (uint64_t)n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __attribute__((noinline)) long takeuchi(long x, long y, long z) {
    if (y >= x)
        return z;
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

static uint64_t work(long rounds) {
    uint64_t sum = 0;
    for (long i = 0; i < rounds; i++)
        sum = sum * 31 + fibonacci(20 + (i & 1)) + (uint64_t)takeuchi(14, 8, i % 3);
    return sum;
}
