/* What Linux does where Redox has a known problem: the steps of the reproductions, natively. Prints
   lines of problem, what is looked at, and what it is, in the words of the reproductions. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

typedef unsigned char byte;

static void see(const char *id, const char *what, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("%s\t%s\t", id, what);
  vprintf(format, arguments);
  printf("\n");
  fflush(stdout);
  va_end(arguments);
}

static const char *signal_name(int signal) {
  static char text[32];
  snprintf(text, sizeof text, "SIG%s", sigabbrev_np(signal));
  return text;
}

static const char *status_text(int status) {
  static char text[64];
  if (WIFCONTINUED(status)) return "continued";
  if (WIFSTOPPED(status)) snprintf(text, sizeof text, "stopped by %s", signal_name(WSTOPSIG(status)));
  else if (WIFSIGNALED(status)) snprintf(text, sizeof text, "killed by %s", signal_name(WTERMSIG(status)));
  else snprintf(text, sizeof text, "exited with %d", WEXITSTATUS(status));
  return text;
}

static const char *result_text(long result) {
  static char text[32];
  if (result == -1) return strerrorname_np(errno);
  snprintf(text, sizeof text, "%ld", result);
  return text;
}

static const char *call_name(long number) {
  switch (number) {
    case SYS_getuid: return "getuid";
    case SYS_getpid: return "getpid";
    case SYS_write: return "write";
    case SYS_kill: return "kill";
    case SYS_execve: return "execve";
    case SYS_rt_sigreturn: return "sigreturn";
    default: return "something else";
  }
}

/* What waitpid gives, in words. */
static const char *wait_text(pid_t pid, int options) {
  int status = 0;
  pid_t result = waitpid(pid, &status, options);
  if (result == -1) return strerrorname_np(errno);
  return result == 0 ? "0" : status_text(status);
}

static int wait_for(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, __WALL);
  return status;
}

static struct user_regs_struct registers_of(pid_t pid) {
  struct user_regs_struct registers = {0};
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  return registers;
}

static void tenth(void) { usleep(100 * 1000); }

static pid_t start(void (*program)(void)) {
  pid_t pid = fork();
  if (pid == 0) {
    program();
    _exit(0);
  }
  return pid;
}

static void (*rest)(void);

static void traced(void) {
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  raise(SIGSTOP);
  rest();
}

/* A child that asked to be traced and stopped; its parent has seen that. */
static pid_t stopped(void (*program)(void)) {
  rest = program;
  pid_t pid = start(traced);
  wait_for(pid);
  return pid;
}

static void kill_and_wait(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, 0, __WALL);
}

/* Lets a tracee go on to its end, whatever it stops for. */
static int to_end(pid_t pid) {
  int status;
  do {
    ptrace(PTRACE_CONT, pid, 0, 0);
    status = wait_for(pid);
  } while (WIFSTOPPED(status));
  return status;
}

static void next(pid_t pid, int request, long signal) {
  ptrace(request, pid, 0, signal);
  wait_for(pid);
}

/* To the entry of a call, and to its end. */
static void to_call(pid_t pid, long number) {
  do next(pid, PTRACE_SYSCALL, 0);
  while (registers_of(pid).orig_rax != (unsigned long long)number);
}

/* programs */

static void nothing(void) {}
static void exit_3(void) { _exit(3); }
static void exit_5(void) { _exit(5); }
static void call_getuid(void) { syscall(SYS_getuid); }
static void call_two(void) { syscall(SYS_getuid), syscall(SYS_getpid); }
static void spin(void) { for (;;) pause(); }
static void stop_again(void) { raise(SIGSTOP); }
static void stop_and_exit_7(void) { raise(SIGSTOP), _exit(7); }
static void sleep_a_little(void) { tenth(); }
static void fault(void) { raise(SIGSEGV); }
static void abort_by_usr1(void) { signal(SIGUSR1, SIG_DFL), raise(SIGUSR1); }

/* machine code */

#define EXIT_0 0xbf, 0, 0, 0, 0, 0xb8, SYS_exit, 0, 0, 0, 0x0f, 0x05
static byte *code_page(void) {
  static byte *page;
  if (page == 0) page = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return page;
}

static void run_code(void) { ((void (*)(void))code_page())(); }

/* A tracee that is about to run code. */
static pid_t code_tracee(const byte *code, size_t length) {
  memcpy(code_page(), code, length);
  pid_t pid = stopped(run_code);
  long first = ptrace(PTRACE_PEEKTEXT, pid, code_page(), 0);
  ptrace(PTRACE_POKETEXT, pid, code_page(), (first & ~0xffL) | 0xcc);
  next(pid, PTRACE_CONT, 0);
  ptrace(PTRACE_POKETEXT, pid, code_page(), first);
  struct user_regs_struct registers = registers_of(pid);
  registers.rip = (uintptr_t)code_page();
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
  return pid;
}

static long offset_of(pid_t pid) { return registers_of(pid).rip - (uintptr_t)code_page(); }

static void steps(void) {
  const byte branch[] = {0xb8, 1, 0, 0, 0, 0x83, 0xf8, 1, 0x75, 12, EXIT_0,
                         0xb8, 0xff, 0xff, 0xff, 0xff, 0x8b, 0x00};
  pid_t pid = code_tracee(branch, sizeof branch);
  next(pid, PTRACE_SINGLESTEP, 0);
  next(pid, PTRACE_SINGLESTEP, 0);
  see("KP-06", "ZF after the comparison of 1 with 1", "%d", (registers_of(pid).eflags & 0x40) != 0);
  next(pid, PTRACE_SINGLESTEP, 0);
  see("KP-06", "rip after jne", "+%ld", offset_of(pid));
  next(pid, PTRACE_SINGLESTEP, 0);
  see("KP-06", "rax one step later", "0x%llx", registers_of(pid).rax);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-06", "the tracee", "%s", wait_text(pid, 0));

  const byte nops[] = {0x90, 0x90, EXIT_0};
  pid = code_tracee(nops, sizeof nops);
  long word = ptrace(PTRACE_PEEKTEXT, pid, code_page(), 0);
  ptrace(PTRACE_POKETEXT, pid, code_page(), (word & ~0xff00L) | 0xcc00);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-17", "stop", "%s", wait_text(pid, 0));
  see("KP-17", "rip, where the int3 is at +1", "+%ld", offset_of(pid));
  kill_and_wait(pid);

  const byte calls[] = {0xb8, SYS_getuid, 0, 0, 0, 0x0f, 0x05, 0x90, 0x90, EXIT_0};
  pid = code_tracee(calls, sizeof calls);
  next(pid, PTRACE_SINGLESTEP, 0);
  ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
  wait_for(pid);
  next(pid, PTRACE_SYSCALL, 0);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-41", "the tracee", "%s", wait_text(pid, 0));
  pid = code_tracee(calls, sizeof calls);
  next(pid, PTRACE_SINGLESTEP, 0);
  ptrace(PTRACE_DETACH, pid, 0, 0);
  see("KP-41", "one whose trace is closed before it steps", "%s", wait_text(pid, 0));

  /* fork; the child of the tracee ends with 0 at once, the tracee with 1 after it has waited */
  const byte forks[] = {0xb8, SYS_fork, 0, 0, 0, 0x0f, 0x05, 0x85, 0xc0, 0x74, 27,
                        0x89, 0xc7, 0x31, 0xf6, 0x31, 0xd2, 0x45, 0x31, 0xd2, 0xb8, SYS_wait4, 0, 0, 0, 0x0f, 0x05,
                        0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, EXIT_0};
  pid = code_tracee(forks, sizeof forks);
  next(pid, PTRACE_SINGLESTEP, 0);
  ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
  see("KP-42", "step", "%s", wait_text(pid, 0));
  pid_t child = registers_of(pid).rax;
  tenth();
  char path[64], text[256] = {0};
  snprintf(path, sizeof path, "/proc/%d/stat", child);
  FILE *file = fopen(path, "r");
  fread(text, 1, sizeof text - 1, file);
  fclose(file);
  /* the last field is the exit code, as waitpid gives it */
  see("KP-42", "the child of the tracee", "%s", status_text(atoi(strrchr(text, ' ') + 1)));
  see("KP-42", "the tracee", "%s", WIFEXITED(to_end(pid)) ? "lives" : "died");

  const byte trap[] = {0xcc, EXIT_0};
  memcpy(code_page(), trap, sizeof trap);
  see("KP-48", "int3", "%s", wait_text(start(run_code), 0));
  pid = stopped(run_code);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-52", "stop", "%s", wait_text(pid, 0));
  ptrace(PTRACE_CONT, pid, 0, SIGTRAP);
  see("KP-52", "the tracee", "%s", wait_text(pid, 0));

  const byte load[] = {0x8b, 0x04, 0x25, 0, 0, 0, 0};
  pid = code_tracee(load, sizeof load);
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
  next(pid, PTRACE_CONT, 0);
  next(pid, PTRACE_CONT, SIGSEGV);
  see("KP-30", "rip", "+%ld", offset_of(pid));
  to_end(pid);
}

static void exit_42(int signal) { (void)signal, _exit(42); }
static volatile int handled;
static void note(int signal) { (void)signal, handled = 1, syscall(SYS_getuid); }
static void trap_with_handler(void) { signal(SIGTRAP, exit_42), ({ __asm__ volatile("int3"); }); }
static void kill_self(void) { signal(SIGUSR1, note), syscall(SYS_kill, getpid(), SIGUSR1); }

static void signals(void) {
  see("KP-16", "int3 with a handler that exits with 42", "%s", wait_text(start(trap_with_handler), 0));
  pid_t pid = stopped(trap_with_handler);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-16", "stop for SIGNAL | EXIT", "%s", wait_text(pid, 0));
  kill_and_wait(pid);

  /* the stops of a kill of oneself, signals being passed on */
  pid = stopped(kill_self);
  to_call(pid, SYS_kill);
  char order[256] = "kill", entries[256] = "kill";
  int at_entry = 1, signal = 0;
  for (int stops = 1; stops < 5;) {
    ptrace(PTRACE_SYSCALL, pid, 0, signal);
    int status = wait_for(pid);
    signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    if (signal != 0) continue;
    struct user_regs_struct registers = registers_of(pid);
    at_entry = !at_entry;
    char one[64];
    if (at_entry) snprintf(one, sizeof one, ", %s", call_name(registers.orig_rax));
    else snprintf(one, sizeof one, ", result %lld", registers.rax);
    strcat(order, one);
    if (at_entry) strcat(entries, one);
    stops++;
  }
  see("KP-12", "rax at the stops", "%s", order);
  see("KP-12", "the entries, for the tracer", "%s", entries);
  kill_and_wait(pid);

  pid = stopped(kill_self);
  to_call(pid, SYS_kill);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-69", "stop", "%s", wait_text(pid, 0));
  kill(pid, SIGCHLD);
  tenth();
  const char *more = wait_text(pid, WNOHANG);
  see("KP-69", "twenty turns later", "%s", strcmp(more, "0") == 0 ? "nothing more" : more);
  kill_and_wait(pid);

  /* single-stepping into a handler */
  pid = stopped(kill_self);
  to_call(pid, SYS_kill);
  ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
  int status = wait_for(pid);
  while (WSTOPSIG(status) == SIGTRAP) {
    ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
    status = wait_for(pid);
  }
  next(pid, PTRACE_SINGLESTEP, WSTOPSIG(status));
  see("KP-65", "where", "%s", registers_of(pid).rip == (uintptr_t)note ? "in the handler" : "elsewhere");
  see("KP-65", "the handler has run", "%s",
      ptrace(PTRACE_PEEKDATA, pid, &handled, 0) & 1 ? "yes" : "no");
  kill_and_wait(pid);

  pid = stopped(spin);
  ptrace(PTRACE_CONT, pid, 0, 0);
  tenth();
  kill(pid, SIGTERM);
  see("KP-13", "event", "%s", wait_text(pid, 0));
  tenth();
  see("KP-13", "the tracee then", "%s", wait_text(pid, WNOHANG));
  ptrace(PTRACE_CONT, pid, 0, 0);
  tenth();
  see("KP-13", "after IGNORE", "%s", wait_text(pid, WNOHANG));
  kill_and_wait(pid);

  pid = stopped(call_getuid);
  next(pid, PTRACE_SYSCALL, 0);
  kill(pid, SIGTERM);
  tenth();
  see("KP-43", "SIGTERM at a stop", "%s", wait_text(pid, WNOHANG));
  kill_and_wait(pid);
  pid = start(spin);
  ptrace(PTRACE_ATTACH, pid, 0, 0);
  wait_for(pid);
  kill(pid, SIGTERM);
  tenth();
  see("KP-43", "SIGTERM while it is frozen", "%s", wait_text(pid, WNOHANG));
  kill_and_wait(pid);
  pid = stopped(kill_self);
  to_call(pid, SYS_kill);
  kill(pid, SIGUSR1);
  tenth();
  see("KP-43", "a handler runs at a stop", "%s",
      ptrace(PTRACE_PEEKDATA, pid, &handled, 0) & 1 ? "yes" : "no");
  kill_and_wait(pid);

  pid = start(stop_and_exit_7);
  waitpid(pid, 0, WUNTRACED);
  kill(pid, SIGKILL);
  tenth();
  see("KP-44", "SIGKILL while it is stopped", "%s", wait_text(pid, WNOHANG));

  pid = start(abort_by_usr1);
  see("KP-35", "the child, which raises SIGUSR1", "%s", wait_text(pid, 0));
  struct sigaction action;
  signal = SIGUSR1;
  for (int ignored = 1; ignored >= 0; ignored--) {
    struct sigaction wanted = {.sa_handler = ignored ? SIG_IGN : SIG_DFL};
    sigaction(signal, &wanted, 0);
    sigaction(signal, 0, &action);
    see("KP-35", ignored ? "its handler, set to SIG_IGN" : "its handler, set to SIG_DFL", "%ld",
        (long)action.sa_handler);
  }

  pid = start(spin);
  kill(pid, SIGSTOP);
  tenth();
  kill(pid, SIGCONT);
  tenth();
  see("KP-63", "first change", "%s", wait_text(pid, WUNTRACED | WCONTINUED));
  see("KP-63", "second change", "%s", wait_text(pid, WUNTRACED | WCONTINUED | WNOHANG));
  kill(pid, SIGCONT);
  tenth();
  see("KP-63", "after one more SIGCONT", "%s", wait_text(pid, WUNTRACED | WCONTINUED | WNOHANG));
  kill_and_wait(pid);
  see("KP-25", "WTERMSIG of it", "%d", WTERMSIG(wait_for(start(fault))));
}

static int written[2];
static void write_once(void) { syscall(SYS_write, written[1], "x", 1), syscall(SYS_getuid); }
static int was_written(void) {
  char c;
  fcntl(written[0], F_SETFL, O_NONBLOCK);
  return read(written[0], &c, 1) == 1;
}

static void calls(void) {
  pid_t pid = stopped(call_two);
  ptrace(PTRACE_SYSCALL, pid, 0, 0);
  const char *first = wait_text(pid, 0);
  for (const char *const *id = (const char *const[]){"KP-01", "KP-19", "KP-20", "KP-36", "KP-56", 0}; *id; id++) {
    static const char *const WHAT[] = {"waitpid", "a stop at a system call",
                                       "waitpid(-1) for a stop at a system call", "stop", "waitpid after it"};
    static int which;
    see(*id, WHAT[which++], "%s", first);
  }
  see("KP-01", "the tracee stopped at the entry of", "%s", call_name(registers_of(pid).orig_rax));
  see("KP-23", "first stop", "%s", call_name(registers_of(pid).orig_rax));
  next(pid, PTRACE_SYSCALL, 0);
  see("KP-23", "second stop", "%s", call_name(registers_of(pid).orig_rax));
  kill_and_wait(pid);

  pid = stopped(call_getuid);
  see("KP-56", "the first PTRACE_SYSCALL", "%s", result_text(ptrace(PTRACE_SYSCALL, pid, 0, 0)));
  tenth();
  see("KP-67", "waitpid with WNOHANG", "%s", wait_text(pid, WNOHANG));
  kill_and_wait(pid);

  int fds[2];
  pipe(fds);
  pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    long result = syscall(SYS_getpid);
    syscall(SYS_write, fds[1], &result, sizeof result);
    _exit(0);
  }
  wait_for(pid);
  to_call(pid, SYS_getpid);
  next(pid, PTRACE_SYSCALL, 0);
  struct user_regs_struct registers = registers_of(pid);
  see("KP-18", "orig_rax at the end of getpid", "%s", registers.orig_rax == SYS_getpid ? "number" : "result");
  registers.rax = 77;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
  ptrace(PTRACE_CONT, pid, 0, 0);
  wait_for(pid);
  long result = 0;
  read(fds[0], &result, sizeof result);
  see("KP-18", "what getpid gives after rax = 77", "%ld", result);

  pipe(written);
  pid = stopped(write_once);
  next(pid, PTRACE_SYSEMU, 0);
  ptrace(PTRACE_CONT, pid, 0, 0);
  wait_for(pid);
  int made = was_written();
  see("KP-53", "a write, after SYSEMU and CONT", "%s", made ? "made" : "not made");
  see("KP-51", "the call, after IGNORE alone", "%s", made ? "written" : "not written");
  pid = stopped(write_once);
  next(pid, PTRACE_SYSEMU, 0);
  see("KP-53", "first of two SYSEMU stops at", "%s", call_name(registers_of(pid).orig_rax));
  next(pid, PTRACE_SYSEMU, 0);
  see("KP-53", "second of two SYSEMU stops at", "%s", call_name(registers_of(pid).orig_rax));
  kill_and_wait(pid);
}

static void stop_later(void) { tenth(), ptrace(PTRACE_TRACEME, 0, 0, 0), raise(SIGSTOP); }
static void stop_at_once(void) { ptrace(PTRACE_TRACEME, 0, 0, 0), raise(SIGSTOP); }
static void stop_between(void) { ptrace(PTRACE_TRACEME, 0, 0, 0), tenth(), tenth(), raise(SIGSTOP); }
static pid_t partner;
static void continue_partner(void) { tenth(), kill(partner, SIGCONT); }
static void fork_and_leave(void) { if (fork() == 0) { tenth(), tenth(), _exit(0); } }
static void fork_and_wait(void) { pid_t pid = fork(); if (pid == 0) _exit(0); waitpid(pid, 0, 0); }

static void waiting(void) {
  pid_t pid = start(spin);
  see("KP-02", "ptrace of a child that did not ask", "%s", result_text(ptrace(PTRACE_CONT, pid, 0, 0)));
  kill_and_wait(pid);
  pid = start(stop_later);
  const char *text = wait_text(pid, 0);
  see("KP-02", "waitpid for a child that did", "%s", text);
  see("KP-22", "waitpid, begun before the child asked", "%s", text);
  kill_and_wait(pid);
  pid = start(stop_at_once);
  tenth();
  see("KP-54", "waitpid after TRACEME and the stop", "%s", wait_text(pid, 0));
  kill_and_wait(pid);
  pid = start(stop_between);
  tenth();
  see("KP-54", "waitpid between TRACEME and the stop", "%s", wait_text(pid, 0));
  int status;
  do ptrace(PTRACE_SYSCALL, pid, 0, 0), status = wait_for(pid);
  while (WIFSTOPPED(status));
  see("KP-54", "PTRACE_SYSCALL from there on", "%s", status_text(status));
  see("KP-08", "relibc’s PTRACE_SYSCALL up to the exit", "%s", status_text(status));
  pid = stopped(stop_again);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-55", "waitpid for the second SIGSTOP", "%s", wait_text(pid, 0));
  kill_and_wait(pid);
  pid = stopped(sleep_a_little);
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-57", "waitpid while it runs", "%s", wait_text(pid, 0));
  see("KP-57", "waitpid again", "%s", wait_text(pid, 0));
  pid = stopped(fork_and_leave);
  ptrace(PTRACE_CONT, pid, 0, 0);
  wait_for(pid);
  see("KP-59", "ptrace of that pid", "%s", result_text(ptrace(PTRACE_CONT, pid, 0, 0)));
  see("KP-60", "waitpid with __WALL", "%s", wait_text(start(exit_3), __WALL));
  pid = start(exit_3);
  see("KP-60", "waitpid with WEXITED", "%s", wait_text(pid, WEXITED));
  wait_for(pid);
  partner = start(stop_and_exit_7);
  pid_t helper = start(continue_partner);
  see("KP-24", "waitpid for a child that stops and is not traced", "%s", wait_text(partner, 0));
  wait_for(helper);
  for (pid = start(exit_5); (pid & 0x7f) != 0x7f; pid = start(exit_5)) wait_for(pid);
  see("KP-24", "waitpid for an exit with 5, the pid ending in 0x7f", "%s", wait_text(pid, 0));

  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, 0);
  pid = start(exit_3);
  sigwaitinfo(&child, 0);
  see("KP-08", "waitpid with WNOHANG after it", "%s", wait_text(pid, WNOHANG));
  sigprocmask(SIG_UNBLOCK, &child, 0);

  pid = stopped(call_getuid);
  ptrace(PTRACE_CONT, pid, 0, 0);
  tenth();
  see("KP-32", "a command after its exit", "%s", result_text(ptrace(PTRACE_CONT, pid, 0, 0)));
  see("KP-38", "waiting for a stop, the exit being first", "%s", wait_text(pid, 0));

  pid = stopped(fork_and_wait);
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK);
  next(pid, PTRACE_CONT, 0);
  unsigned long grandchild = 0;
  ptrace(PTRACE_GETEVENTMSG, pid, 0, &grandchild);
  wait_for(grandchild);
  struct user_regs_struct registers;
  long result = ptrace(PTRACE_GETREGS, grandchild, 0, &registers);
  see("KP-40", "reading the registers of the new child", "%s", result == 0 ? "its registers" : result_text(result));
  ptrace(PTRACE_CONT, grandchild, 0, 0);
  wait_for(grandchild);
  see("KP-66", "the tracee, which waits for its child", "%s", status_text(to_end(pid)));
}

/* threads */

static pid_t shared_tracee, other_child;
static char thread_ptrace[32], thread_wait[64];

static void *ends_the_first(void *unused) {
  tenth();
  wait_for(other_child);
  kill(shared_tracee, SIGKILL);
  return unused;
}

static void *traces_it(void *unused) {
  strcpy(thread_ptrace, result_text(ptrace(PTRACE_SYSCALL, shared_tracee, 0, 0)));
  return unused;
}

static void *waits_for_it(void *unused) {
  strcpy(thread_wait, wait_text(shared_tracee, 0));
  return unused;
}

static void threads(void) {
  pthread_t thread;
  shared_tracee = stopped(spin);
  other_child = start(exit_3);
  pthread_create(&thread, 0, ends_the_first, 0);
  ptrace(PTRACE_CONT, shared_tracee, 0, 0);
  see("KP-21", "waitpid for the traced child", "%s", wait_text(shared_tracee, 0));
  pthread_join(thread, 0);

  shared_tracee = stopped(call_two);
  next(shared_tracee, PTRACE_SYSCALL, 0);
  pthread_create(&thread, 0, traces_it, 0);
  pthread_join(thread, 0);
  see("KP-58", "ptrace of another thread", "%s", thread_ptrace);
  ptrace(PTRACE_SYSCALL, shared_tracee, 0, 0);
  pthread_create(&thread, 0, waits_for_it, 0);
  pthread_join(thread, 0);
  see("KP-58", "waitpid of another thread", "%s", thread_wait);
  kill_and_wait(shared_tracee);
}

/* memory, registers, attaching */

static int own_word;
static void set_word(void) { own_word = 1; }

static const char *opens(uid_t uid, pid_t pid) {
  int fds[2], error = 0;
  pipe(fds);
  pid_t looker = fork();
  if (looker == 0) {
    setresgid(uid, uid, uid), setresuid(uid, uid, uid);
    long result = ptrace(PTRACE_ATTACH, pid, 0, 0);
    error = result == 0 ? 0 : errno;
    write(fds[1], &error, sizeof error);
    _exit(0);
  }
  read(fds[0], &error, sizeof error);
  wait_for(looker);
  close(fds[0]), close(fds[1]);
  return error == 0 ? "opens" : strerrorname_np(error);
}

static uid_t user_of_target;
/* As a program that was started by that user is: it may be looked at. */
static void be_target(void) {
  setresgid(user_of_target, user_of_target, user_of_target);
  setresuid(user_of_target, user_of_target, user_of_target);
  prctl(PR_SET_DUMPABLE, 1);
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  spin();
}

static void execute_self(void) { execl("/proc/self/exe", "linux", "exit", (char *)0); }

static unsigned long entry_of(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/auxv", pid);
  int fd = open(path, O_RDONLY);
  Elf64_auxv_t entry = {0};
  while (read(fd, &entry, sizeof entry) == sizeof entry && entry.a_type != AT_ENTRY);
  close(fd);
  return entry.a_un.a_val;
}

static void others(void) {
  wait_for(start(set_word));
  see("KP-03", "the word that the child set, in the parent", "%d", own_word);

  pid_t pid = start(stop_again);
  waitpid(pid, 0, WUNTRACED);
  see("KP-04", "the child", "stopped by SIGSTOP");
  ptrace(PTRACE_ATTACH, pid, 0, 0);
  kill(pid, SIGCONT);
  int status = wait_for(pid);
  ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
  status = wait_for(pid);
  see("KP-04", "one step after SIGCONT", "%s", WIFSTOPPED(status) ? "stops" : status_text(status));
  kill_and_wait(pid);

  pid = fork();
  if (pid == 0) _exit(0);
  see("KP-07", "what clone gives the child", "%d", WEXITSTATUS(wait_for(pid)));

  /* memory */
  char *area = mmap(0, 0x102000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(area + 0x100000, 0x1000);
  char *buffer = malloc(0x102000), path[64];
  pid = stopped(spin);
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int mem = open(path, O_RDWR);
  see("KP-09", "reading 8192 bytes", "%s", result_text(pread(mem, buffer, 8192, (off_t)area)));
  see("KP-28", "256 pages that are mapped", "%s", result_text(pread(mem, buffer, 0x100000, (off_t)area)));
  see("KP-28", "one page more", "%s", result_text(pread(mem, buffer, 0x101000, (off_t)area)));
  long count = pread(mem, buffer, 1, (off_t)((uintptr_t)area + (1UL << 48)));
  see("KP-68", "read at 2^48 + address", "%s", result_text(count));
  see("KP-68", "what is read there", "%s", count == 1 ? "something" : "nothing");
  close(mem);

  /* registers */
  struct user_regs_struct registers = registers_of(pid);
  see("KP-26", "cs", "0x%llx", registers.cs);
  registers.eflags |= 0x3000;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
  see("KP-26", "IOPL, after 3 was written", "%llu", registers_of(pid).eflags >> 12 & 3);
  registers.cs = 8;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
  see("KP-26", "cs, after 8 was written", "0x%llx", registers_of(pid).cs);
  struct user_fpregs_struct floats;
  ptrace(PTRACE_GETFPREGS, pid, 0, &floats);
  memset((char *)floats.st_space + 10, 0xff, 6);
  floats.ftw = 0xffff;
  ptrace(PTRACE_SETFPREGS, pid, 0, &floats);
  ptrace(PTRACE_GETFPREGS, pid, 0, &floats);
  see("KP-62", "reading them", "0x%x", ((byte *)floats.st_space)[10]);
  next(pid, PTRACE_SINGLESTEP, 0); /* the processor takes what there is */
  ptrace(PTRACE_GETFPREGS, pid, 0, &floats);
  see("KP-10", "a tag word of 0xffff, read back", "0x%x", floats.ftw);
  floats.mxcsr = 0xffffffff;
  see("KP-62", "writing an mxcsr of 0xffffffff", "%s", result_text(ptrace(PTRACE_SETFPREGS, pid, 0, &floats)));
  ptrace(PTRACE_CONT, pid, 0, 0);
  tenth();
  see("KP-62", "running the tracee then", "%s", strcmp(wait_text(pid, WNOHANG), "0") == 0 ? "runs" : "ends");
  kill_and_wait(pid);
  see("KP-50", "reading one’s own registers", "%s", result_text(ptrace(PTRACE_GETREGS, getpid(), 0, &registers)));

  /* attaching */
  pid = start(spin);
  ptrace(PTRACE_ATTACH, pid, 0, 0);
  wait_for(pid);
  ptrace(PTRACE_DETACH, pid, 0, 0);
  long again = ptrace(PTRACE_ATTACH, pid, 0, 0);
  see("KP-47", "tracing it again", "%s", again == 0 ? "opens" : result_text(again));
  wait_for(pid);
  kill(pid, SIGCONT);
  tenth();
  see("KP-31", "after SIGCONT, frozen", "%s", wait_text(pid, WNOHANG));
  registers_of(pid);
  tenth();
  see("KP-31", "after its registers were read", "%s", wait_text(pid, WNOHANG));
  kill_and_wait(pid);
  pid = start(sleep_a_little);
  ptrace(PTRACE_ATTACH, pid, 0, 0);
  wait_for(pid);
  ptrace(PTRACE_SYSCALL, pid, 0, 0);
  see("KP-46", "waiting for its first call", "%s", wait_text(pid, 0));
  kill_and_wait(pid);

  /* a tracer that ends, with PTRACE_O_EXITKILL */
  int fds[2];
  pipe(fds);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t tracer = fork();
  if (tracer == 0) {
    pid = start(spin);
    write(fds[1], &pid, sizeof pid);
    ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL);
    _exit(0);
  }
  read(fds[0], &pid, sizeof pid);
  wait_for(tracer);
  see("KP-45", "the tracee", "%s", wait_text(pid, 0));

  /* a tracer that is killed while it waits */
  tracer = fork();
  if (tracer == 0) {
    pid = stopped(spin);
    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL);
    next(pid, PTRACE_CONT, 0);
    _exit(0);
  }
  tenth();
  kill(tracer, SIGTERM);
  see("KP-37", "killing that tracer", "%s", wait_text(tracer, 0));

  pid = stopped(execute_self);
  to_call(pid, SYS_execve);
  see("KP-29", "stopped at the entry of", "%s", call_name(registers_of(pid).orig_rax));
  ptrace(PTRACE_CONT, pid, 0, 0);
  see("KP-29", "next stop", "%s", wait_text(pid, 0));
  see("KP-29", "where", "%s",
      registers_of(pid).rip == entry_of(pid) ? "at the start of the new program" : "elsewhere");
  kill_and_wait(pid);

  if (geteuid() != 0) return; /* what follows wants several users */
  user_of_target = 1000;
  pid = start(be_target);
  tenth();
  const char *same = opens(1000, pid);
  see("KP-11", "registers of a sibling", "%s", same);
  see("KP-11", "of the parent", "%s", same);
  see("KP-11", "of a child", "%s", same);
  kill_and_wait(pid);
  user_of_target = 1001;
  pid = start(be_target);
  tenth();
  see("KP-11", "of a process of somebody else", "%s", opens(1000, pid));
  kill_and_wait(pid);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "exit") == 0) return 0;
  (void)argv, (void)nothing;
  code_page();
  steps(), signals(), calls(), waiting(), threads(), others();
  return 0;
}
