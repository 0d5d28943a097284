/*
 * The state of a processor as the helpers of this directory send and receive it, and how ptrace(2)
 * gets it from a stopped child. state.ts mirrors it.
 */
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

#define TRAP_FLAG 0x100ull

struct state {
  uint64_t registers[20]; /* rax rcx rdx rbx rsp rbp rsi rdi r8-r15 rip rflags fs_base gs_base */
  struct user_fpregs_struct fp;
};

/* Says what failed, and ends the helper and its child. */
static void die(const char *what);

/* Clears what says nothing about the processor: the mask of MXCSR and the reserved bytes. */
static void normalise(struct user_fpregs_struct *fp) {
  fp->mxcr_mask = 0;
  memset(fp->padding, 0, sizeof fp->padding);
  for (int i = 0; i < 8; i++) memset((char *)fp->st_space + i * 16 + 10, 0, 6);
}

static void get_state(pid_t child, struct state *s) {
  struct user_regs_struct regs;
  uint64_t *r = s->registers;
  if (ptrace(PTRACE_GETREGS, child, 0, &regs)) die("PTRACE_GETREGS");
  if (ptrace(PTRACE_GETFPREGS, child, 0, &s->fp)) die("PTRACE_GETFPREGS");
  r[0] = regs.rax, r[1] = regs.rcx, r[2] = regs.rdx, r[3] = regs.rbx;
  r[4] = regs.rsp, r[5] = regs.rbp, r[6] = regs.rsi, r[7] = regs.rdi;
  r[8] = regs.r8, r[9] = regs.r9, r[10] = regs.r10, r[11] = regs.r11;
  r[12] = regs.r12, r[13] = regs.r13, r[14] = regs.r14, r[15] = regs.r15;
  r[16] = regs.rip, r[17] = regs.eflags & ~TRAP_FLAG, r[18] = regs.fs_base, r[19] = regs.gs_base;
  normalise(&s->fp);
}

/* The general registers into what PTRACE_SETREGS takes; its other fields stay. */
static void to_user_regs(const struct state *s, struct user_regs_struct *regs) {
  const uint64_t *r = s->registers;
  regs->rax = r[0], regs->rcx = r[1], regs->rdx = r[2], regs->rbx = r[3];
  regs->rsp = r[4], regs->rbp = r[5], regs->rsi = r[6], regs->rdi = r[7];
  regs->r8 = r[8], regs->r9 = r[9], regs->r10 = r[10], regs->r11 = r[11];
  regs->r12 = r[12], regs->r13 = r[13], regs->r14 = r[14], regs->r15 = r[15];
  regs->rip = r[16], regs->eflags = r[17], regs->fs_base = r[18], regs->gs_base = r[19];
}
