/*
 * Writes a system call as C would: its name and its arguments, which are
 * looked up in the memory of the process that makes it.
 */
#ifndef DECODE_H
#define DECODE_H

#include "calls.h"
#include "names.h"
#include "tracer.h"

/* Of longer buffers only the beginning is shown. */
#define SHOWN 32

struct invocation {
    const struct call *call; /* NULL for a number that is none */
    unsigned long number;
    uint64_t arguments[5];
};

static inline struct invocation invocation_in(const struct int_registers *registers) {
    return (struct invocation){
        call_numbered(registers->rax),
        registers->rax,
        {registers->rdi, registers->rsi, registers->rdx, registers->r10, registers->r8}};
}

static inline int error_of(uint64_t result) {
    return (int64_t)result < 0 && (int64_t)result >= -ENOTRECOVERABLE ? (int)-(int64_t)result : 0;
}

static inline void put_bytes(struct text *text, struct tracer *of, uint64_t address,
                             uint64_t length) {
    unsigned char bytes[SHOWN];
    size_t count = length < SHOWN ? length : SHOWN;
    if (count > 0 && read_memory(of, address, bytes, count) < 0) {
        format(text, "0x%lx", address);
        return;
    }
    put(text, '"');
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n')
            put_string(text, "\\n", 0);
        else if (bytes[i] == '"' || bytes[i] == '\\')
            format(text, "\\%c", bytes[i]);
        else if (bytes[i] < ' ' || bytes[i] > '~')
            format(text, "\\x%02x", bytes[i]);
        else
            put(text, (char)bytes[i]);
    }
    put_string(text, length > SHOWN ? "\"..." : "\"", 0);
}

static inline void put_strings(struct text *text, struct tracer *of, uint64_t address,
                               uint64_t count) {
    uint64_t slice[2];
    put(text, '[');
    for (uint64_t i = 0; i < count && i < SHOWN; i++) {
        put_string(text, i == 0 ? "" : ", ", 0);
        if (read_memory(of, address + i * sizeof slice, slice, sizeof slice) < 0)
            format(text, "0x%lx", address);
        else
            put_bytes(text, of, slice[0], slice[1]);
    }
    put(text, ']');
}

static inline void put_mode(struct text *text, unsigned mode) {
    unsigned type = mode & 0xf000;
    const char *name = type == 0x4000   ? "MODE_DIR|"
                       : type == 0x8000 ? "MODE_FILE|"
                       : type == 0xa000 ? "MODE_SYMLINK|"
                       : type == 0x1000 ? "MODE_FIFO|"
                       : type == 0x2000 ? "MODE_CHR|"
                                        : "";
    format(text, "%s0%o", name, mode & 07777);
}

/* What lies in memory and is no string; its address when it cannot be read. */
static inline void put_struct(struct text *text, struct tracer *of, int kind, uint64_t address) {
    union {
        struct timespec time;
        struct sigaction action;
        struct map map;
        struct stat stat;
        struct statvfs statvfs;
        uint64_t words[2];
        int32_t word;
    } it;
    size_t size = kind == OUT_STAT                          ? sizeof it.stat
                  : kind == OUT_STATVFS                     ? sizeof it.statvfs
                  : kind == MAP                             ? sizeof it.map
                  : kind == ACTION || kind == OUT_ACTION    ? sizeof it.action
                  : kind == WORD                            ? sizeof it.word
                  : kind == OUT_STATUS                      ? sizeof it.words[0]
                                                            : sizeof it.words;
    if (address == 0) {
        put_string(text, "NULL", 0);
        return;
    }
    if (read_memory(of, address, &it, size) < 0) {
        format(text, "0x%lx", address);
        return;
    }
    switch (kind) {
    case TIME:
    case OUT_TIME:
        format(text, "{tv_sec=%ld, tv_nsec=%d}", it.time.tv_sec, it.time.tv_nsec);
        break;
    case ACTION:
    case OUT_ACTION: {
        uint64_t handler = (uint64_t)it.action.sa_handler;
        put_string(text, "{sa_handler=", 0);
        if (handler > SIG_IGN)
            format(text, "0x%lx", handler);
        else
            put_string(text, handler == SIG_DFL ? "SIG_DFL" : "SIG_IGN", 0);
        format(text, ", sa_mask=0x%lx, sa_flags=0x%lx}", it.action.sa_mask[0], it.action.sa_flags);
        break;
    }
    case MAP:
        format(text, "{offset=%lu, size=%lu, flags=", it.map.offset, it.map.size);
        put_flags(text, map_flags, it.map.flags);
        put(text, '}');
        break;
    case OUT_STAT:
        put_string(text, "{st_mode=", 0);
        put_mode(text, it.stat.st_mode);
        format(text, ", st_uid=%u, st_gid=%u, st_size=%lu}", it.stat.st_uid, it.stat.st_gid,
               it.stat.st_size);
        break;
    case OUT_STATVFS:
        format(text, "{f_bsize=%u, f_blocks=%lu}", it.statvfs.f_bsize, it.statvfs.f_blocks);
        break;
    case OUT_STATUS:
        put_wait_status(text, it.words[0]);
        break;
    case OUT_PIPE:
        format(text, "[%lu, %lu]", it.words[0], it.words[1]);
        break;
    case WORD:
        format(text, "0x%lx [%d]", address, it.word);
        break;
    default:
        format(text, "[0x%lx, 0x%lx]", it.words[0], it.words[1]);
    }
}

static inline void put_scalar(struct text *text, int kind, uint64_t value) {
    static const char *const whence[] = {"SEEK_SET", "SEEK_CUR", "SEEK_END"};
    static const char *const fcntl[] = {"F_DUPFD", "F_GETFD", "F_SETFD", "F_GETFL", "F_SETFL"};
    static const char *const futex[] = {"FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_REQUEUE"};
    static const char *const how[] = {"SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"};
    static const char *const clock[] = {0, "CLOCK_REALTIME", 0, 0, "CLOCK_MONOTONIC"};
#define ONE_OF(words) put_word(text, words, sizeof words / sizeof *words, value)
    switch (kind) {
    case HEX:
        format(text, "0x%lx", value);
        break;
    case OCTAL:
        format(text, "0%lo", value);
        break;
    case OPEN_FLAGS:
        put_flags(text, open_flags, value);
        break;
    case CLONE_FLAGS:
        put_flags(text, clone_flags, value);
        break;
    case WAIT_FLAGS:
        put_flags(text, wait_flags, value);
        break;
    case MAP_FLAGS:
        put_flags(text, map_flags, value);
        break;
    case EVENTS:
        put_flags(text, event_flags, value);
        break;
    case WHENCE:
        ONE_OF(whence);
        break;
    case FCNTL:
        ONE_OF(fcntl);
        break;
    case FUTEX:
        ONE_OF(futex);
        break;
    case HOW:
        ONE_OF(how);
        break;
    case CLOCK:
        ONE_OF(clock);
        break;
    case SIGNAL:
        put_signal(text, value);
        break;
    default:
        format(text, "%ld", value);
    }
}

static inline int takes_two(int kind) {
    return kind == PATH || kind == BYTES || kind == STRINGS || kind == MAP || kind == OUT_BYTES ||
           kind == OUT_STAT || kind == OUT_STATVFS;
}

enum part { BEGINNING, END, ALL };

/*
 * The arguments up to the first one that the kernel writes, those from there
 * on, or all of them as they are before the call. `result` is heeded in END.
 */
static inline void put_arguments(struct text *text, struct tracer *of,
                                 const struct invocation *made, enum part part, uint64_t result) {
    int at = 0, written = 0;
    for (int i = 0; i < 5 && made->call->kinds[i] != NONE; i++) {
        int kind = made->call->kinds[i];
        uint64_t value = made->arguments[at], length = made->arguments[at < 4 ? at + 1 : 4];
        at += takes_two(kind) ? 2 : 1;
        written |= kind > OUT;
        if (part != ALL && written != (part == END))
            continue;
        put_string(text, i == 0 ? "" : ", ", 0);
        int unknown = kind > OUT && (part == ALL || error_of(result) || (kind == OUT_STATUS && !result));
        if (unknown) {
            put_string(text, value == 0 ? "NULL" : "", 0);
            if (value != 0)
                format(text, "0x%lx", value);
        } else if (kind == PATH || kind == BYTES)
            put_bytes(text, of, value, length);
        else if (kind == OUT_BYTES)
            put_bytes(text, of, value, result < length ? result : length);
        else if (kind == STRINGS)
            put_strings(text, of, value, length);
        else if (kind > OUT || kind == MAP || kind == ACTION || kind == MASK || kind == TIME ||
                 kind == WORD)
            put_struct(text, of, kind, value);
        else
            put_scalar(text, kind, value);
        if (kind == BYTES || kind == OUT_BYTES)
            format(text, ", %lu", length);
        if (kind == CLONE_FLAGS && !(value & CLONE_STACK))
            break; /* no stack is looked at then */
    }
}

/* The name and the first arguments of a call that begins. */
static inline void put_beginning(struct text *text, struct tracer *of,
                                 const struct invocation *made, enum part part) {
    if (made->call == 0) {
        format(text, "0x%lx(0x%lx, 0x%lx, 0x%lx, 0x%lx, 0x%lx", made->number, made->arguments[0],
               made->arguments[1], made->arguments[2], made->arguments[3], made->arguments[4]);
        return;
    }
    format(text, "%s(", made->call->name);
    put_arguments(text, of, made, part, 0);
}

/* The rest of the arguments and the result. */
static inline void put_end(struct text *text, struct tracer *of, const struct invocation *made,
                           uint64_t result) {
    if (made->call != 0)
        put_arguments(text, of, made, END, result);
    put_string(text, ") = ", 0);
    int error = error_of(result);
    if (error) {
        put(text, '-');
        put_error(text, error);
    } else {
        put_scalar(text, made->call != 0 ? made->call->result : INT, result);
    }
    put(text, '\n');
}

#endif
