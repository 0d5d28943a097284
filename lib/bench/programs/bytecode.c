/* An interpreter: a stack machine behind a switch, which counts the steps of Collatz sequences. */
#include "bench.h"

enum { PUSH, LOAD, STORE, ADD, MULTIPLY, HALVE, AND, LESS, JUMP, UNLESS, END };
enum { LIMIT, START, MEMBER, STEPS, VARIABLES };

/* Addresses in the program. */
enum { OUTER = 4, INNER = 8, EVEN = 41, DONE = 48 };

static const int32_t program[] = {
    /*  0 */ PUSH, 1, STORE, START,
    /*  4 */ LOAD, START, STORE, MEMBER,
    /*  8 */ PUSH, 1, LOAD, MEMBER, LESS, UNLESS, DONE,
    /* 15 */ LOAD, STEPS, PUSH, 1, ADD, STORE, STEPS,
    /* 22 */ LOAD, MEMBER, PUSH, 1, AND, UNLESS, EVEN,
    /* 29 */ PUSH, 3, LOAD, MEMBER, MULTIPLY, PUSH, 1, ADD, STORE, MEMBER, JUMP, INNER,
    /* 41 */ LOAD, MEMBER, HALVE, STORE, MEMBER, JUMP, INNER,
    /* 48 */ LOAD, START, PUSH, 1, ADD, STORE, START,
    /* 55 */ LOAD, START, LOAD, LIMIT, LESS, UNLESS, 64, JUMP, OUTER,
    /* 64 */ END,
};

static void run(const int32_t *at, int64_t *variables) {
    int64_t stack[16], *top = stack;
    for (;;)
        switch (*at++) {
        case PUSH:
            *top++ = *at++;
            break;
        case LOAD:
            *top++ = variables[*at++];
            break;
        case STORE:
            variables[*at++] = *--top;
            break;
        case ADD:
            top--;
            top[-1] += *top;
            break;
        case MULTIPLY:
            top--;
            top[-1] *= *top;
            break;
        case HALVE:
            top[-1] >>= 1;
            break;
        case AND:
            top--;
            top[-1] &= *top;
            break;
        case LESS:
            top--;
            top[-1] = top[-1] < *top;
            break;
        case JUMP:
            at = program + *at;
            break;
        case UNLESS:
            at = *--top ? at + 1 : program + *at;
            break;
        default:
            return;
        }
}

static uint64_t work(long limit) {
    int64_t variables[VARIABLES] = {[LIMIT] = limit};
    run(program, variables);
    return (uint64_t)variables[STEPS];
}
