/*
 * Runs a whole program under ptrace(2) on behalf of test/silicon/lockstep.ts: steps it, stopping
 * before instructions whose result is not the processor's alone (system calls, CPUID, counters),
 * and dumps its memory. Commands come on stdin; each is answered by a length and that many bytes on stdout.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state.h"

#define PAGE 4096ul
#define WORDS 84 /* of the state: 20 registers, 64 words of FXSAVE image */
#define AT_IGNORE 1
#define AT_SYSINFO_EHDR 33
#define SYS_RSEQ 334

/* Why stepping stopped. */
enum { BUDGET, SPECIAL, SIGNAL, EXITED };

static pid_t child;
static struct state current;
static FILE *answer; /* collected, then sent behind its length */

static void die(const char *what) {
  fprintf(stderr, "lockstep: %s: %s\n", what, strerror(errno));
  if (child > 0) kill(child, SIGKILL);
  exit(2);
}

static void put(const void *bytes, size_t length) {
  if (fwrite(bytes, 1, length, answer) != length) die("write");
}

static void put64(uint64_t value) {
  put(&value, sizeof value);
}

static int get(void *bytes, size_t length) {
  return fread(bytes, 1, length, stdin) == length;
}

static void set_state(const struct state *s) {
  struct user_regs_struct regs;
  if (ptrace(PTRACE_GETREGS, child, 0, &regs)) die("PTRACE_GETREGS");
  to_user_regs(s, &regs);
  if (ptrace(PTRACE_SETREGS, child, 0, &regs)) die("PTRACE_SETREGS");
  if (ptrace(PTRACE_SETFPREGS, child, 0, &s->fp)) die("PTRACE_SETFPREGS");
}

/* Sends the words of the state that changed: a bitmap of them in two words, then the words. */
static void put_delta(void) {
  struct state now;
  uint64_t map[2] = {0, 0}, words[WORDS], before[WORDS];
  get_state(child, &now);
  memcpy(words, &now, sizeof words);
  memcpy(before, &current, sizeof before);
  for (unsigned i = 0; i < WORDS; i++)
    if (words[i] != before[i]) map[i / 64] |= 1ull << (i % 64);
  put(map, sizeof map);
  for (unsigned i = 0; i < WORDS; i++)
    if (words[i] != before[i]) put64(words[i]);
  current = now;
}

/* Whether the instruction at RIP is one whose result has to be copied from one side to the other. */
static int special(void) {
  unsigned char code[4] = {0};
  struct iovec here = {code, sizeof code};
  struct iovec there = {(void *)current.registers[16], sizeof code};
  if (process_vm_readv(child, &here, 1, &there, 1, 0) < 2) return 0;
  if (code[0] != 0x0f) return 0;
  switch (code[1]) {
  case 0x05: /* syscall */
  case 0x31: /* rdtsc */
  case 0xa2: /* cpuid */
    return 1;
  case 0x01: /* rdtscp, xgetbv */
    return code[2] == 0xf9 || code[2] == 0xd0;
  case 0xc7: /* rdrand, rdseed */
    return code[2] >= 0xf0;
  default:
    return 0;
  }
}

/* Steps and answers, per step: 1, delta. Then: 0, reason, detail. */
static void step(uint64_t budget) {
  uint64_t reason = BUDGET, detail = 0;
  for (; budget > 0; budget--) {
    int status;
    if (special()) {
      reason = SPECIAL;
      break;
    }
    if (ptrace(PTRACE_SINGLESTEP, child, 0, 0)) die("PTRACE_SINGLESTEP");
    if (waitpid(child, &status, 0) != child) die("waitpid");
    if (!WIFSTOPPED(status)) {
      reason = EXITED, detail = status;
      break;
    }
    if (WSTOPSIG(status) != SIGTRAP) {
      reason = SIGNAL, detail = WSTOPSIG(status);
      break;
    }
    put64(1);
    put_delta();
  }
  put64(0), put64(reason), put64(detail);
}

/* Executes the system call at RIP. Restartable sequences are refused: the kernel would write to
   memory at times of its own choosing. */
static void execute(void) {
  int status;
  if (current.registers[0] == SYS_RSEQ) {
    struct state changed = current;
    changed.registers[0] = -ENOSYS;
    changed.registers[1] = changed.registers[16] += 2;
    changed.registers[11] = changed.registers[17];
    set_state(&changed);
    put64(1);
    put_delta();
    put64(0), put64(BUDGET), put64(0);
    return;
  }
  if (ptrace(PTRACE_SINGLESTEP, child, 0, 0)) die("PTRACE_SINGLESTEP");
  if (waitpid(child, &status, 0) != child) die("waitpid");
  if (!WIFSTOPPED(status)) {
    put64(0), put64(EXITED), put64(status);
    return;
  }
  put64(1);
  put_delta();
  put64(0), put64(BUDGET), put64(0);
}

/* Sends every readable page: address, protection (1 read, 2 write, 4 execute), bytes; then 0. */
static void dump(void) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/maps", child);
  FILE *maps = fopen(path, "r");
  if (!maps) die(path);
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    char flags[8];
    if (sscanf(line, "%lx-%lx %7s", &start, &end, flags) != 3) die("a line of maps");
    if (flags[0] != 'r' || strstr(line, "[v")) continue; /* vvar, vdso, vsyscall */
    uint64_t protection =
      1 | (flags[1] == 'w' ? 2 : 0) | (flags[2] == 'x' ? 4 : 0);
    for (unsigned long page = start; page < end; page += PAGE) {
      unsigned char bytes[PAGE];
      struct iovec here = {bytes, PAGE}, there = {(void *)page, PAGE};
      if (process_vm_readv(child, &here, 1, &there, 1, 0) != PAGE) continue;
      put64(page), put64(protection);
      put(bytes, PAGE);
    }
  }
  fclose(maps);
  put64(0);
}

/* Has the program not find the vDSO, whose clocks change by themselves. */
static void hide_vdso(void) {
  unsigned long at = current.registers[4];
  for (int zeros = 0; zeros < 2; at += 8) /* argc and argv, then the environment */
    if (!ptrace(PTRACE_PEEKDATA, child, at + 8, 0)) zeros++;
  for (at += 8;; at += 16) {
    long type = ptrace(PTRACE_PEEKDATA, child, at, 0);
    if (type == 0) return;
    if (type != AT_SYSINFO_EHDR) continue;
    if (ptrace(PTRACE_POKEDATA, child, at, AT_IGNORE)) die("PTRACE_POKEDATA");
  }
}

static char *collected;
static size_t collected_length;

static void begin(void) {
  answer = open_memstream(&collected, &collected_length);
  if (!answer) die("open_memstream");
}

static void send_answer(void) {
  uint64_t length;
  fclose(answer);
  length = collected_length;
  if (fwrite(&length, sizeof length, 1, stdout) != 1) die("write");
  if (fwrite(collected, 1, length, stdout) != length) die("write");
  fflush(stdout);
  free(collected);
}

int main(int argc, char **argv) {
  static char *environment[] = {"PATH=/usr/bin", 0};
  cpu_set_t set;
  int status;
  if (argc < 2) return 2;
  CPU_ZERO(&set);
  CPU_SET(sched_getcpu(), &set);
  sched_setaffinity(0, sizeof set, &set);
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (!freopen("/dev/null", "r", stdin) || dup2(open("/dev/null", 1), 1) < 0) _exit(3);
    personality(ADDR_NO_RANDOMIZE);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execve(argv[1], argv + 1, environment);
    _exit(4);
  }
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) die("execve");
  if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL)) die("PTRACE_SETOPTIONS");
  get_state(child, &current);
  hide_vdso();
  begin();
  put(&current, sizeof current);
  send_answer();
  for (;;) {
    uint64_t command, budget;
    struct state wanted;
    if (!get(&command, sizeof command)) break;
    begin();
    switch (command) {
    case 's':
      if (!get(&budget, sizeof budget)) return 0;
      step(budget);
      break;
    case 'x':
      execute();
      break;
    case 'm':
      dump();
      break;
    case 'r':
      if (!get(&wanted, sizeof wanted)) return 0;
      set_state(&wanted);
      get_state(child, &current);
      break;
    default:
      errno = EINVAL;
      die("command");
    }
    send_answer();
  }
  kill(child, SIGKILL);
  return 0;
}
