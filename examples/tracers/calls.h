/* The numbers of system calls that a tracer sees: those of its kernel. */
#ifdef __redox__
#define CALL_GETPPID 64
#define CALL_WRITE 0x21000004
#define CALL_CLOSE 0x20000006
#define CALL_EXIT 1
#else
#define CALL_GETPPID 110
#define CALL_WRITE 1
#define CALL_CLOSE 3
#define CALL_EXIT 231 /* exit_group: what _exit() calls */
#endif
