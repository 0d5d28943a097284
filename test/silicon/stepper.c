/*
 * Runs test cases on the host's own processor: one child process is kept stopped under ptrace(2),
 * given registers and memory, and single-stepped. Cases arrive on stdin and results leave on
 * stdout in the binary records below, which test/silicon/native.ts mirrors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state.h"

#define PAGE 4096u
#define CODE 0x10000000u      /* two pages, readable, writable, executable */
#define DATA 0x20000000u      /* two pages, readable, writable; nothing is mapped around them */
#define CONSTANTS 0x20004000u /* one page, readable */
#define USER_END 0x7ffffffff000ul
#define PAGES 5

#define ID_FLAG 0x200000ull

struct case_header {
  uint32_t size; /* of the whole record */
  uint32_t steps; /* 0: the patches become the memory every later case starts from; no answer */
  uint32_t code_address;
  uint32_t code_length;
  uint32_t patches;
  uint32_t running;  /* not stepped: it goes on until something stops it */
  uint64_t debug[5]; /* DR0-DR3, DR7 */
  struct state state;
  /* code, padded to 8 bytes; then the patches: struct run, bytes padded to 8 */
};

struct run {
  uint32_t address;
  uint32_t length;
};

struct result_header {
  uint32_t size;
  uint32_t steps; /* taken: the last one is the only one that can have ended in a signal */
};

struct step {
  uint32_t signal; /* 0: the step ended with a debug exception and nothing else */
  int32_t code;    /* si_code */
  uint64_t address; /* si_addr */
  struct state state;
  uint32_t changes; /* runs of memory that differ from the step before */
  uint32_t dr6;     /* B0-B3 and BS, where debug registers are used */
};

static const struct {
  uint32_t address, pages;
  int protection;
} areas[] = {
  {CODE, 2, PROT_READ | PROT_WRITE | PROT_EXEC},
  {DATA, 2, PROT_READ | PROT_WRITE},
  {CONSTANTS, 1, PROT_READ},
};

static int memory_file;
static unsigned char *memory; /* the areas one after the other, shared with the child */
static unsigned char baseline[PAGES * PAGE];
static unsigned char shadow[PAGES * PAGE];
static pid_t child;
static struct user_regs_struct initial;

static void die(const char *what) {
  fprintf(stderr, "stepper: %s: %s\n", what, strerror(errno));
  if (child > 0) kill(child, SIGKILL);
  exit(2);
}

static long offset_of(uint32_t address) {
  uint32_t offset = 0;
  for (unsigned i = 0; i < 3; i++) {
    if (address >= areas[i].address && address < areas[i].address + areas[i].pages * PAGE)
      return offset + (address - areas[i].address);
    offset += areas[i].pages * PAGE;
  }
  errno = EINVAL;
  die("an address outside of the areas");
  return -1;
}

static uint32_t address_of(uint32_t offset) {
  for (unsigned i = 0; i < 3; i++) {
    if (offset < areas[i].pages * PAGE) return areas[i].address + offset;
    offset -= areas[i].pages * PAGE;
  }
  return 0;
}

static void resume_child(int request, int *status) {
  if (ptrace(request, child, 0, 0)) die("resuming the child");
  if (waitpid(child, status, 0) != child) die("waitpid");
}

static void step_child(int *status) { resume_child(PTRACE_SINGLESTEP, status); }

/* Has the child run a system call: `syscall` (0f 05) is put at the start of the code area. */
static void call(long number, uint64_t a, uint64_t b) {
  struct user_regs_struct regs = initial;
  int status;
  memory[0] = 0x0f, memory[1] = 0x05;
  regs.rip = CODE;
  regs.rax = number, regs.rdi = a, regs.rsi = b;
  regs.orig_rax = -1;
  if (ptrace(PTRACE_SETREGS, child, 0, &regs)) die("PTRACE_SETREGS");
  step_child(&status);
  if (!WIFSTOPPED(status)) die("the child's munmap");
}

static void set_debug_register(unsigned index, uint64_t value) {
  size_t offset = offsetof(struct user, u_debugreg) + index * 8;
  if (ptrace(PTRACE_POKEUSER, child, offset, value)) die("PTRACE_POKEUSER of a debug register");
}

/* What the child's debug registers hold: DR0-DR3, DR7. */
static uint64_t debug[5];

static void set_debug_registers(const uint64_t *wanted) {
  if (!memcmp(debug, wanted, sizeof debug)) return;
  set_debug_register(7, 0);
  for (unsigned i = 0; i < 4; i++) set_debug_register(i, wanted[i]);
  if (wanted[4]) set_debug_register(7, wanted[4]);
  memcpy(debug, wanted, sizeof debug);
}

static void start_child(void) {
  int status;
  memset(debug, 0, sizeof debug);
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    off_t offset = 0;
    for (unsigned i = 0; i < 3; i++) {
      void *wanted = (void *)(uintptr_t)areas[i].address;
      size_t length = areas[i].pages * PAGE;
      if (mmap(wanted, length, areas[i].protection, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE,
               memory_file, offset) != wanted)
        _exit(3);
      offset += length;
    }
    if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(4);
    raise(SIGSTOP);
    _exit(5);
  }
  if (waitpid(child, &status, 0) != child) die("waitpid");
  if (!WIFSTOPPED(status)) die("the child cannot be traced, or its areas not be mapped");
  if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL)) die("PTRACE_SETOPTIONS");
  if (ptrace(PTRACE_GETREGS, child, 0, &initial)) die("PTRACE_GETREGS");
  /* nothing but the areas: a stray access must fault, as it does on the emulated processor */
  call(SYS_munmap, 0x10000, CODE - 0x10000);
  call(SYS_munmap, CODE + 2 * PAGE, DATA - (CODE + 2 * PAGE));
  call(SYS_munmap, DATA + 2 * PAGE, CONSTANTS - (DATA + 2 * PAGE));
  call(SYS_munmap, CONSTANTS + PAGE, USER_END - (CONSTANTS + PAGE));
  memcpy(memory, baseline, sizeof baseline);
}

static void set_registers(const struct state *s) {
  struct user_regs_struct regs = initial;
  to_user_regs(s, &regs);
  regs.orig_rax = -1;
  if (ptrace(PTRACE_SETREGS, child, 0, &regs)) die("PTRACE_SETREGS");
  if (ptrace(PTRACE_SETFPREGS, child, 0, &s->fp)) die("PTRACE_SETFPREGS");
}

/* PTRACE_SETREGS leaves the ID flag alone, so one that a case's popf set is cleared by a popf. */
static void clear_id_flag(void) {
  static const uint64_t flags = 0x202;
  struct user_regs_struct regs = initial;
  int status;
  memory[0] = 0x9d;
  memcpy(memory + 2 * PAGE, &flags, sizeof flags);
  regs.rip = CODE, regs.rsp = DATA, regs.orig_rax = -1;
  if (ptrace(PTRACE_SETREGS, child, 0, &regs)) die("PTRACE_SETREGS");
  step_child(&status);
}

/* Linux keeps what DR6 told in the traced process's own copy. */
static uint32_t get_dr6(void) {
  errno = 0;
  long value = ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, u_debugreg) + 6 * 8, 0);
  if (errno) die("PTRACE_PEEKUSER of DR6");
  return value & 0x400f;
}

static unsigned char *output;
static size_t output_used, output_size;

static void *reserve(size_t length) {
  if (output_used + length > output_size) {
    output_size = (output_used + length) * 2;
    output = realloc(output, output_size);
    if (!output) die("realloc");
  }
  void *place = output + output_used;
  output_used += length;
  return place;
}

static void flush(void) {
  size_t done = 0;
  while (done < output_used) {
    ssize_t n = write(1, output + done, output_used - done);
    if (n <= 0) die("write");
    done += n;
  }
  output_used = 0;
}

/* Appends the runs of memory that changed since the step before; answers how many. */
static uint32_t report_changes(void) {
  uint32_t changes = 0;
  for (uint32_t page = 0; page < PAGES; page++) {
    uint32_t start = page * PAGE, end = start + PAGE;
    if (!memcmp(memory + start, shadow + start, PAGE)) continue;
    for (uint32_t i = start; i < end;) {
      if (memory[i] == shadow[i]) {
        i++;
        continue;
      }
      uint32_t last = i;
      while (last < end && memory[last] != shadow[last]) last++;
      struct run run = {address_of(i), last - i};
      size_t padded = (run.length + 7) & ~7u;
      unsigned char *place = reserve(sizeof run + padded);
      memcpy(place, &run, sizeof run);
      memset(place + sizeof run, 0, padded);
      memcpy(place + sizeof run, memory + i, run.length);
      changes++;
      i = last;
    }
    memcpy(shadow + start, memory + start, PAGE);
  }
  return changes;
}

static void run_case(const struct case_header *c) {
  size_t header_at = output_used;
  uint32_t taken = 0;
  uint64_t flags = 0;
  reserve(sizeof(struct result_header));
  set_registers(&c->state);
  set_debug_registers(c->debug);
  for (int ended = 0; taken < c->steps && !ended; taken++) {
    struct step step;
    siginfo_t info;
    int status;
    memset(&step, 0, sizeof step);
    if (debug[4]) set_debug_register(6, 0);
    resume_child(c->running ? PTRACE_CONT : PTRACE_SINGLESTEP, &status);
    if (!WIFSTOPPED(status)) { /* the case ended the process: the next one needs another */
      start_child();
      step.signal = SIGKILL;
      ended = 1;
    } else {
      get_state(child, &step.state);
      if (ptrace(PTRACE_GETSIGINFO, child, 0, &info)) die("PTRACE_GETSIGINFO");
      if (debug[4]) step.dr6 = get_dr6();
      /* TRAP_BRKPT is a trap without a reason in DR6: virtual machines lose it once in a while */
      if (info.si_signo != SIGTRAP || (info.si_code != TRAP_TRACE && info.si_code != TRAP_BRKPT &&
                                       info.si_code != TRAP_HWBKPT)) {
        step.signal = info.si_signo;
        step.code = info.si_code;
        step.address = info.si_signo == SIGTRAP ? 0 : (uint64_t)info.si_addr;
        ended = 1;
      }
      flags = step.state.registers[17];
    }
    size_t at = output_used;
    reserve(sizeof step);
    step.changes = report_changes();
    memcpy(output + at, &step, sizeof step);
  }
  struct result_header header = {output_used - header_at, taken};
  memcpy(output + header_at, &header, sizeof header);
  if (flags & ID_FLAG) clear_id_flag();
}

static void apply(const struct case_header *c) {
  const unsigned char *at = (const unsigned char *)(c + 1);
  if (c->code_length) memcpy(memory + offset_of(c->code_address), at, c->code_length);
  at += (c->code_length + 7) & ~7u;
  for (uint32_t i = 0; i < c->patches; i++) {
    struct run run;
    memcpy(&run, at, sizeof run);
    at += sizeof run;
    memcpy(memory + offset_of(run.address), at, run.length);
    at += (run.length + 7) & ~7u;
  }
}

static void perform(const struct case_header *c) {
  apply(c);
  if (c->steps == 0) {
    memcpy(baseline, memory, sizeof baseline);
    memcpy(shadow, memory, sizeof shadow);
    return;
  }
  for (uint32_t page = 0; page < PAGES * PAGE; page += PAGE)
    if (memcmp(shadow + page, memory + page, PAGE)) memcpy(shadow + page, memory + page, PAGE);
  run_case(c);
  for (uint32_t page = 0; page < PAGES * PAGE; page += PAGE)
    if (memcmp(memory + page, baseline + page, PAGE)) memcpy(memory + page, baseline + page, PAGE);
}

/* Tracer and tracee take turns: on one processor a turn costs a third of what it does on two. */
static void stay_on_one_processor(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(sched_getcpu(), &set);
  sched_setaffinity(0, sizeof set, &set);
}

int main(void) {
  static unsigned char input[1 << 20];
  size_t have = 0;
  stay_on_one_processor();
  memory_file = memfd_create("silicon", 0);
  if (memory_file < 0 || ftruncate(memory_file, PAGES * PAGE)) die("memfd_create");
  memory = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file, 0);
  if (memory == MAP_FAILED) die("mmap");
  start_child();
  for (;;) {
    ssize_t n = read(0, input + have, sizeof input - have);
    if (n <= 0) break;
    have += n;
    size_t at = 0;
    while (have - at >= sizeof(struct case_header)) {
      const struct case_header *c = (const void *)(input + at);
      if (c->size < sizeof *c || c->size > sizeof input) die("a damaged record");
      if (have - at < c->size) break;
      perform(c);
      at += c->size;
    }
    memmove(input, input + at, have - at);
    have -= at;
    flush();
  }
  kill(child, SIGKILL);
  return 0;
}
