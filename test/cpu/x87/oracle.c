// Runs single x87 instructions on the host's own FPU and reports the state they leave.
// Reads records of 320 bytes from stdin, answers each with one of 320 bytes on stdout.
//   in:  0 FXSAVE image (160)  160 memory operand (128)  288 length  289 instruction (7)  296 rflags
//   out: 0 FXSAVE image (160)  160 memory operand (128)  288 rax  296 rflags  304 signal
// A memory operand is addressed as [rsi].
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf recover;
static unsigned char before[512] __attribute__((aligned(64)));
static unsigned char after[512] __attribute__((aligned(64)));
static unsigned char memory[128] __attribute__((aligned(64)));
static uint64_t flags[3];

static void on_signal(int number) { siglongjmp(recover, number); }

typedef void run_fn(void *before, void *memory, void *after, uint64_t *flags);

int main(void) {
  unsigned char *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 1;
  static const unsigned char prologue[] = {
      0x48, 0x0f, 0xae, 0x0f,       // fxrstor64 [rdi]
      0xff, 0x31, 0x9d,             // push [rcx]; popfq
      0xb8, 0x00, 0x00, 0x00, 0x00, // mov eax, 0
  };
  static const unsigned char epilogue[] = {
      0x9c, 0x8f, 0x41, 0x10, // pushfq; pop [rcx+16]
      0x48, 0x89, 0x41, 0x08, // mov [rcx+8], rax
      0x48, 0x0f, 0xae, 0x02, // fxsave64 [rdx]
      0xdb, 0xe3, 0xc3,       // fninit; ret
  };
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  memcpy(code, prologue, sizeof prologue);
  unsigned char record[320];
  while (fread(record, sizeof record, 1, stdin) == 1) {
    unsigned length = record[288];
    memcpy(before, record, 160);
    memcpy(memory, record + 160, 128);
    memcpy(code + sizeof prologue, record + 289, length);
    memcpy(code + sizeof prologue + length, epilogue, sizeof epilogue);
    memcpy(flags, record + 296, 8);
    int caught = sigsetjmp(recover, 1);
    if (caught == 0)
      ((run_fn *)code)(before, memory, after, flags);
    else
      memcpy(after, before, sizeof after);
    uint32_t number = caught;
    memcpy(record, after, 160);
    memcpy(record + 160, memory, 128);
    memcpy(record + 288, flags + 1, 16);
    memset(record + 304, 0, 16);
    memcpy(record + 304, &number, 4);
    fwrite(record, sizeof record, 1, stdout);
  }
  return 0;
}
