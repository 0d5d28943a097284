// The tracer of first-light.c in TypeScript: its child is machine code, and the calls are those of
// C, each run to its end on the simulated machine. `node dist/examples/first-light.js`
import {
  Errno,
  Machine,
  PTRACE_SYSCALL,
  SYS_EXIT,
  SYS_WRITE,
  WEXITSTATUS,
  WIFEXITED,
} from 'relibc-ptrace';

const tracer = new Machine().tracer();
const pid = tracer.spawn('examples/first-light-child.elf');

/** Waits for the child; its exit status once it has one. */
function waitForChild(): number | undefined {
  const { status } = tracer.waitpid(pid, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : undefined;
}

/** One system call of the child, from its entry to its end. */
function step(): number | undefined {
  tracer.ptrace(PTRACE_SYSCALL, pid);
  const exit = waitForChild();
  if (exit !== undefined) return exit;

  const regs = tracer.getregs(pid);
  if (regs.orig_rax === BigInt(SYS_WRITE) && regs.rdi === 2n) {
    regs.orig_rax = BigInt(SYS_EXIT);
    regs.rdi = 123n;
    tracer.setregs(pid, regs);
  }
  tracer.ptrace(PTRACE_SYSCALL, pid);
  return waitForChild();
}

waitForChild(); // it stopped itself
try {
  let exit: number | undefined;
  while (exit === undefined) exit = step();
  console.log(`Child terminated with error code ${exit}.`);
} catch (error) {
  if (!(error instanceof Errno && error.code === 'ESRCH')) throw error;
  console.log('Uncaught child termination.');
}
