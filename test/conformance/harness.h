/*
 * Clauses of a document as functions: each returns NULL where the kernel does
 * what the clause says, or what it did instead. `PROGRAM KERNEL [CLAUSE...]`
 * checks all or some, each in a process of its own, and prints a line of each.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "tracee.h"

typedef const char *verdict;
#define HOLDS ((verdict)0)

struct clause {
    const char *name;
    verdict (*check)(void);
};

/* ---- what was seen instead ---- */

__attribute__((format(printf, 1, 2))) static inline verdict saw(const char *form, ...) {
    static char bytes[256];
    struct text text = {bytes, 0, sizeof bytes - 1};
    va_list list;
    va_start(list, form);
    vformat(&text, form, list);
    va_end(list);
    bytes[text.length] = 0;
    return bytes;
}

#define EXPECT(holds, ...)           \
    do {                             \
        if (!(holds))                \
            return saw(__VA_ARGS__); \
    } while (0)
/* What must work for the clause to be checked at all; the line tells where it did not. */
#define NEED(holds) EXPECT(holds, "trouble at line %d of the test", __LINE__)

/* ---- running them ---- */

extern const struct clause clauses[];

/* Where the clauses are steps of one course, each begins where the one before ended. */
#ifndef ONE_COURSE
#define ONE_COURSE 0
#endif

#define PATIENCE 200 /* ticks until a clause counts as hanging */

static int is_wanted(const struct clause *clause, int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        if (same(argv[i], clause->name))
            return 1;
    return argc <= 2;
}

static void check(const struct clause *clause) {
    verdict seen = clause->check();
    print(STDOUT, "%s: %s\n", clause->name, seen == HOLDS ? "holds" : seen);
}

/* Checks some clauses in a process of their own; 0 if that cannot be got rid of. */
static int run_clauses(const struct clause *from, const struct clause *to, int argc, char **argv) {
    long pid = fork();
    if (pid == 0) {
        redox(SYS_SETPGID, 0, 0);
        for (const struct clause *clause = from; clause != to; clause++)
            if (is_wanted(clause, argc, argv))
                check(clause);
        exit(0);
    }
    long status = 0, result = 0;
    for (int ticks = 0; result == 0 && ticks < PATIENCE; ticks++) {
        sleep_for(1);
        result = redox(SYS_WAITPID, pid, &status, WNOHANG);
    }
    if (result == 0) { /* a signal would be the end of some kernels (KP-27), others are locked (KP-37) */
        print(STDOUT, "%s: it hangs\n", from->name);
        return 0;
    }
    if (status != 0)
        print(STDOUT, "%s: the test died, status %lx\n", from->name, status);
    kill(-pid, SIGKILL); /* whatever it left */
    kill(-pid, SIGCONT);
    sleep_for(1);
    return 1;
}

int main(int argc, char **argv) {
    revision = argc > 1 ? (int)number_of(argv[1] + 1) : 7;
    const struct clause *end = clauses;
    while (end->name != 0)
        end++;
    if (ONE_COURSE)
        run_clauses(clauses, end, argc, argv);
    else
        for (const struct clause *clause = clauses; clause != end; clause++)
            if (is_wanted(clause, argc, argv) && !run_clauses(clause, clause + 1, argc, argv))
                break; /* the rest is for another machine */
    return 0;
}

#endif
