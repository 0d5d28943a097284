// One tracer on two systems: the system calls of a child as a tracer on real Linux sees them, and
// beside them as it does on the machine. `node dist/examples/both.js [PROGRAM]`, which asks to be traced.
import {
  Errno,
  LinuxTracer,
  linuxSyscallName,
  Machine,
  type PtraceCalls,
  statusText,
  syscallName,
  WIFSTOPPED,
  whyNotLinux,
} from 'relibc-ptrace';

const [, , program = 'examples/first-light-child.elf'] = process.argv;

/** Traces a child to its end. A line for each time that it waited. */
function trace(tracer: PtraceCalls, nameOf: (call: number) => string): string[] {
  const seen: string[] = [];
  const pid = tracer.spawn(program);
  for (let stops = 0; ; stops++) {
    const { status } = tracer.waitpid(pid);
    if (!WIFSTOPPED(status)) return [...seen, statusText(status)];
    const { orig_rax, rax, rdi } = tracer.getregs(pid);
    // after the stop that the child made itself, each call has one at its entry and one at its end
    const entry = `${nameOf(Number(orig_rax))}(0x${rdi.toString(16)}, ...`;
    const what = stops % 2 === 1 ? entry : `  = ${BigInt.asIntN(64, rax)}`;
    seen.push(stops === 0 ? statusText(status) : `${statusText(status)}  ${what}`);
    tracer.syscall(pid);
  }
}

function onLinux(): string[] {
  const why = whyNotLinux();
  if (why !== undefined) {
    console.log(`There is no Linux to trace on: ${why}.`);
    return [];
  }
  console.log('The child, on Linux:');
  const tracer = new LinuxTracer();
  try {
    return trace(tracer, linuxSyscallName);
  } finally {
    tracer.close();
  }
}

function onMachine(): string[] {
  console.log('The child, on the machine:');
  return trace(new Machine().tracer(), syscallName);
}

try {
  const linux = onLinux();
  const machine = onMachine();
  console.log(`\n${'What the tracer saw on Linux'.padEnd(48)}on the machine`);
  for (let i = 0; i < Math.max(linux.length, machine.length); i++) {
    console.log(`${(linux[i] ?? '').padEnd(48)}${machine[i] ?? ''}`.trimEnd());
  }
} catch (error) {
  if (!(error instanceof Errno)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
