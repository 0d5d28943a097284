/*
 * What an ordinary C program asks of its machine: floating point, formatting,
 * the heap, sorting, processes, pipes, signals and non-local jumps. Its output
 * is the same on every conforming system.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void doubles(void) {
    volatile double third = 1.0 / 3.0, big = 1e300, tiny = 4.9406564584124654e-324;
    volatile long double wide = 1.0L / 3.0L;
    volatile double zero = 0.0;
    float single = 0.1f;
    printf("%f %e %g %a\n", third, third, third, third);
    printf("%.17g %.3e %g\n", big, tiny, big * big);
    printf("%.20Lf %.5Le\n", wide, wide * 1e-4000L);
    printf("%g %g %d\n", -1.0 / zero, -zero, isnan(zero / zero) != 0);
    printf("%.9g %d %u %lld\n", single, (int)-2.9, (unsigned)3e9, (long long)-1e15);
    printf("%.10f %.10f\n", sqrt(2.0 + zero), floor(-1.5 + zero));
    printf("%.6f %.6f\n", strtod("6.02214076e23", NULL) / 1e23, atof("-0.000125"));
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void heap_and_sort(void) {
    enum { COUNT = 5000 };
    uint32_t *numbers = malloc(COUNT * sizeof *numbers), seed = 1, sum = 0;
    char *text = calloc(1, 1 << 18); /* large enough for a mapping of its own */
    for (int i = 0; i < COUNT; i++)
        numbers[i] = seed = seed * 1664525u + 1013904223u;
    qsort(numbers, COUNT, sizeof *numbers, ascending);
    for (int i = 0; i < COUNT; i++)
        sum = sum * 31 + numbers[i];
    memset(text, 'x', (1 << 18) - 1);
    text = realloc(text, 1 << 20);
    printf("sorted %u %u %u sum %u text %zu\n", numbers[0], numbers[COUNT / 2], numbers[COUNT - 1],
           sum, strlen(text));
    free(text);
    free(numbers);
}

static void fork_and_pipe(void) {
    int ends[2], status;
    char buffer[64] = "";
    ssize_t length, total = 0;
    if (pipe(ends) < 0)
        abort();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        for (int i = 0; i < 4; i++)
            if (write(ends[1], "ping ", 5) != 5)
                _exit(1);
        _exit(42);
    }
    close(ends[1]);
    while ((length = read(ends[0], buffer + total, sizeof buffer - 1 - total)) > 0)
        total += length;
    close(ends[0]);
    if (waitpid(pid, &status, 0) != pid)
        abort();
    printf("pipe \"%s\" status %04x\n", buffer, status);
}

static volatile sig_atomic_t caught;
static void count(int number) { caught = caught * 100 + number; }

static jmp_buf landing;
static void leap(int depth) {
    volatile char stack[256];
    stack[0] = (char)depth;
    if (depth > 0)
        leap(depth - 1);
    if (stack[0] == 0)
        longjmp(landing, 7);
}

static void signals_and_jumps(void) {
    struct sigaction action = {.sa_handler = count};
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR2);
    printf("caught %d\n", (int)caught);
    int value = setjmp(landing);
    if (value == 0)
        leap(20);
    printf("landed with %d\n", value);
}

int main(void) {
    doubles();
    heap_and_sort();
    fork_and_pipe();
    signals_and_jumps();
    return 0;
}
