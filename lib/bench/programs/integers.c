/* Integer mixing: multiplications, rotations, shifts, divisions and a branch that depends on them. */
#include "bench.h"

static uint64_t rotate(uint64_t word, int count) { return word << count | word >> (64 - count); }

/* The finaliser of SplitMix64, by G. Steele and others. */
static uint64_t mix(uint64_t word) {
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

static uint64_t work(long rounds) {
    uint64_t a = 1, b = 2, c = 3;
    uint32_t narrow = 4;
    for (long i = 0; i < rounds; i++) {
        a = mix(a + (uint64_t)i);
        b = rotate(b ^ a, 23) + c;
        c += (uint64_t)((unsigned __int128)a * b >> 64);
        narrow = (narrow ^ (uint32_t)a) * 0x85ebca6bu + (uint32_t)(b >> 40);
        if (narrow & 4)
            c ^= rotate(c, (int)(narrow >> 27) | 1);
        else
            b -= a / (narrow | 0x10000u);
    }
    return a ^ b ^ c ^ narrow;
}
