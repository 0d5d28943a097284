/*
 * The bench programs, chosen by the first argument; the second says how much to
 * do. Each prints a checksum, so that every machine can be seen to have done
 * the same work.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Six instructions a round on registers alone; assembly, so that every compiler gives the same. */
static uint64_t registers(long rounds) {
    uint64_t a = 1, b = 3;
    __asm__ volatile("1:\n\t"
                     "add %[b], %[a]\n\t"
                     "xor %[a], %[b]\n\t"
                     "lea 7(%[a],%[b],2), %[a]\n\t"
                     "shr $1, %[b]\n\t"
                     "dec %[rounds]\n\t"
                     "jnz 1b"
                     : [a] "+r"(a), [b] "+r"(b), [rounds] "+r"(rounds)
                     :
                     : "cc");
    return a ^ b;
}

/* Nine instructions a round: two loads and two stores within 32 KiB. */
static uint64_t memory(long rounds) {
    static uint64_t words[8192];
    uint64_t index = 0, sum = 0;
    __asm__ volatile("1:\n\t"
                     "mov (%[words],%[index],8), %%rax\n\t"
                     "add %[rounds], %%rax\n\t"
                     "mov %%rax, (%[words],%[index],8)\n\t"
                     "add 8(%[words],%[index],8), %[sum]\n\t"
                     "mov %[sum], 16(%[words],%[index],8)\n\t"
                     "add $3, %[index]\n\t"
                     "and $4095, %[index]\n\t"
                     "dec %[rounds]\n\t"
                     "jnz 1b"
                     : [index] "+r"(index), [sum] "+r"(sum), [rounds] "+r"(rounds)
                     : [words] "r"(words)
                     : "rax", "cc", "memory");
    return sum;
}

static uint32_t next(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static uint64_t sort(long count) {
    uint32_t *numbers = malloc(count * sizeof *numbers), seed = 7;
    uint64_t sum = 0;
    for (long i = 0; i < count; i++)
        numbers[i] = next(&seed);
    qsort(numbers, count, sizeof *numbers, ascending);
    for (long i = 0; i < count; i++)
        sum = sum * 31 + numbers[i];
    return sum;
}

static uint64_t sieve(long limit) {
    uint8_t *composite = calloc(1, limit + 1);
    uint64_t primes = 0;
    for (long i = 2; i <= limit; i++) {
        if (composite[i])
            continue;
        primes++;
        for (long j = i * 2; j <= limit; j += i)
            composite[j] = 1;
    }
    return primes;
}

static uint64_t matrix(long size) {
    double *a = malloc(size * size * sizeof *a), *b = malloc(size * size * sizeof *b), sum = 0;
    for (long i = 0; i < size * size; i++) {
        a[i] = (double)(i % 13);
        b[i] = (double)(i % 7);
    }
    for (long row = 0; row < size; row++)
        for (long column = 0; column < size; column++) {
            double cell = 0;
            for (long k = 0; k < size; k++)
                cell += a[row * size + k] * b[k * size + column];
            sum += cell * (double)(row ^ column);
        }
    return (uint64_t)sum;
}

static uint64_t text(long rounds) {
    char buffer[128];
    uint64_t sum = 0;
    for (long i = 0; i < rounds; i++) {
        snprintf(buffer, sizeof buffer, "%ld %x %s %.4f", i, (unsigned)i * 77u, "words", i / 3.0);
        for (const char *at = buffer; *at; at++)
            sum = sum * 31 + (uint8_t)*at;
    }
    return sum;
}

static uint64_t forks(long count) {
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            _exit((int)(i & 0x7f));
        if (waitpid(pid, &status, 0) != pid)
            abort();
        sum += WEXITSTATUS(status);
    }
    return sum;
}

static uint64_t nothing(long rounds) { return (uint64_t)rounds; }

static const struct {
    const char *name;
    uint64_t (*run)(long);
} kernels[] = {
    {"registers", registers}, {"memory", memory}, {"sort", sort},   {"sieve", sieve},
    {"matrix", matrix},       {"text", text},     {"forks", forks}, {"nothing", nothing},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 3 && i < sizeof kernels / sizeof *kernels; i++)
        if (strcmp(argv[1], kernels[i].name) == 0) {
            printf("%s %llu\n", argv[1], (unsigned long long)kernels[i].run(atol(argv[2])));
            return 0;
        }
    return 2;
}
