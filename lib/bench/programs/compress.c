/* An LZ77 compressor with a hash table of recent places, and its way back. */
#include "bench.h"

enum { LENGTH = 1 << 16, HASH_BITS = 12, SHORTEST = 4, LONGEST = 255 + SHORTEST, LITERALS = 255 };

/* Words of a small vocabulary, which repeat as those of a text do. */
static void write_text(uint8_t *text, uint32_t seed) {
    char words[256][10];
    for (int i = 0; i < 256; i++) {
        int length = 2 + (int)(next(&seed) >> 29);
        for (int j = 0; j < length; j++)
            words[i][j] = (char)('a' + (next(&seed) >> 16) % 26);
        words[i][length] = '\0';
    }
    for (int at = 0; at < LENGTH;) {
        uint32_t chosen = next(&seed) >> 16;
        for (const char *c = words[chosen % (1 + chosen % 256)]; *c && at < LENGTH; c++)
            text[at++] = (uint8_t)*c;
        if (at < LENGTH)
            text[at++] = ' ';
    }
}

static uint32_t word_at(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint8_t *put_literals(uint8_t *to, const uint8_t *from, int count) {
    *to++ = (uint8_t)count;
    memcpy(to, from, (size_t)count);
    return to + count;
}

/* A run is a count, so many literals, and a match: distance (two bytes; 0 for none), length. */
static long compress(const uint8_t *text, uint8_t *to) {
    static uint16_t places[1 << HASH_BITS];
    uint8_t *start = to;
    int from = 0, at = 0;
    memset(places, 0, sizeof places);
    while (at < LENGTH) {
        int place = -1, length = 0;
        if (at + LONGEST < LENGTH) {
            uint16_t *slot = &places[word_at(text + at) * 2654435761u >> (32 - HASH_BITS)];
            place = *slot;
            *slot = (uint16_t)at;
            if (place < at && word_at(text + place) == word_at(text + at))
                for (length = SHORTEST; length < LONGEST; length++)
                    if (text[place + length] != text[at + length])
                        break;
        }
        if (length == 0 && ++at - from < LITERALS && at < LENGTH)
            continue;
        int distance = length ? at - place : 0;
        to = put_literals(to, text + from, at - from);
        *to++ = (uint8_t)distance;
        *to++ = (uint8_t)(distance >> 8);
        *to++ = (uint8_t)(length ? length - SHORTEST : 0);
        from = at += length;
    }
    return to - start;
}

static void expand(const uint8_t *from, long length, uint8_t *to) {
    for (const uint8_t *end = from + length; from < end;) {
        int count = *from++;
        memcpy(to, from, (size_t)count);
        to += count;
        from += count;
        int distance = from[0] | from[1] << 8;
        if (distance)
            for (int i = from[2] + SHORTEST; i > 0; i--, to++)
                *to = to[-distance];
        from += 3;
    }
}

static uint64_t work(long rounds) {
    static uint8_t text[LENGTH], packed[LENGTH * 2], again[LENGTH];
    uint64_t sum = 0;
    write_text(text, 7);
    for (long i = 0; i < rounds; i++) {
        text[next(&(uint32_t){(uint32_t)i}) >> 16] ^= 1;
        long length = compress(text, packed);
        expand(packed, length, again);
        if (memcmp(text, again, LENGTH) != 0)
            abort();
        sum = sum * 31 + (uint64_t)length;
    }
    return sum;
}
