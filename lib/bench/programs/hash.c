/* A hash table of strings: linear probing, growth, lookups that succeed and that fail. */
#include "bench.h"

struct entry {
    char *key;
    uint64_t value;
};

struct table {
    struct entry *entries;
    size_t used, capacity;
};

/* FNV-1a. */
static uint64_t hash(const char *key) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * 0x100000001b3u;
    return hash;
}

static struct entry *find(const struct table *table, const char *key) {
    size_t i = hash(key) & (table->capacity - 1);
    while (table->entries[i].key && strcmp(table->entries[i].key, key) != 0)
        i = (i + 1) & (table->capacity - 1);
    return &table->entries[i];
}

static void grow(struct table *table) {
    struct table larger = {.used = table->used, .capacity = table->capacity * 2};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->entries[i].key)
            *find(&larger, table->entries[i].key) = table->entries[i];
    free(table->entries);
    *table = larger;
}

static void add(struct table *table, const char *key, uint64_t value) {
    if (table->used * 2 >= table->capacity)
        grow(table);
    struct entry *entry = find(table, key);
    if (!entry->key) {
        entry->key = strdup(key);
        table->used++;
    }
    entry->value += value;
}

/* A number in base 36, by hand: printf is another program's work. */
static void write_key(char *key, uint32_t number) {
    do
        *key++ = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    while (number /= 36);
    strcpy(key, "-key");
}

static uint64_t work(long rounds) {
    struct table table = {.entries = calloc(64, sizeof(struct entry)), .capacity = 64};
    uint32_t seed = 7;
    uint64_t sum = 0;
    char key[32];
    for (long i = 0; i < rounds; i++) {
        write_key(key, next(&seed) >> 17);
        add(&table, key, (uint64_t)i);
        write_key(key, next(&seed) >> 16);
        sum += find(&table, key)->value;
    }
    for (size_t i = 0; i < table.capacity; i++)
        sum = sum * 31 + table.entries[i].value;
    return sum;
}
