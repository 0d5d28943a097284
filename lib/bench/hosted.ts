// The works of processes.c as programs in TypeScript, which make the kernel's calls themselves: no
// C library, and no instruction, is in between.
import {
  type HostedProgram,
  O_RDWR,
  O_TRUNC,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PtraceEvent,
  SYS_CLONE,
  SYS_CLOSE,
  SYS_GETPID,
  SYS_OPEN,
  SYS_PIPE2,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
  SYS_YIELD,
  type SystemCalls,
  type Userspace,
} from '../../kernel-sim/abi/index.js';
import { FileTree } from '../../kernel-sim/index.js';
import { Machine } from '../machine.js';
import { elf } from '../problems/elf.js';

const YIELD = { number: SYS_YIELD };
const FORK = { number: SYS_CLONE, a: 0 };

// biome-ignore lint/correctness/useYield: a program is a generator, even one that does nothing
const ends: HostedProgram = function* () {
  return 0;
};

function* fork(user: Userspace, program: HostedProgram): SystemCalls<number> {
  user.nextChild(program);
  return yield FORK;
}

function* forks(user: Userspace, count: number): SystemCalls<void> {
  for (let i = 0; i < count; i++) {
    const pid = yield* fork(user, ends);
    yield { number: SYS_WAITPID, a: pid, b: 0, c: 0 };
  }
}

function* yields(user: Userspace, count: number): SystemCalls<void> {
  function* give(): SystemCalls<number> {
    for (let i = 0; i < count; i++) yield YIELD;
    return 0;
  }
  const pid = yield* fork(user, give);
  yield* give();
  yield { number: SYS_WAITPID, a: pid, b: 0, c: 0 };
}

/** Reading and writing end of a new pipe. */
function* pipe(user: Userspace): SystemCalls<[number, number]> {
  const at = user.reserve(16);
  yield { number: SYS_PIPE2, a: at, b: 0 };
  return [user.memory.loadNumber(at), user.memory.loadNumber(at + 8)];
}

function* pipes(user: Userspace, count: number): SystemCalls<void> {
  const [there, toThere] = yield* pipe(user);
  const [back, toBack] = yield* pipe(user);
  const byte = user.reserve(1);
  const end = { number: SYS_CLOSE, a: toThere };
  const pid = yield* fork(user, function* () {
    yield end;
    const take = { number: SYS_READ, a: there, b: byte, c: 1 };
    const give = { number: SYS_WRITE, a: toBack, b: byte, c: 1 };
    while ((yield take) === 1) yield give;
    return 0;
  });
  const give = { number: SYS_WRITE, a: toThere, b: byte, c: 1 };
  const take = { number: SYS_READ, a: back, b: byte, c: 1 };
  for (let i = 0; i < count; i++) {
    yield give;
    yield take;
  }
  yield end;
  yield { number: SYS_WAITPID, a: pid, b: 0, c: 0 };
}

export const HOSTED = { fork: forks, pipe: pipes, yield: yields } as const;
export type Work = keyof typeof HOSTED;

/** How often per second the kernel does something. */
export function hosted(work: Work, count: number): number {
  const machine = new Machine({ profile: 'redox', files: new FileTree() });
  return count / timed(machine, (user) => HOSTED[work](user, count));
}

/** Seconds that a program takes, once it runs. */
function timed(machine: Machine, work: (user: Userspace) => SystemCalls<void>): number {
  let seconds = 0;
  const process = machine.kernel.spawn({
    *program(user) {
      const start = performance.now();
      yield* work(user);
      seconds = (performance.now() - start) / 1000;
      return 0;
    },
  });
  machine.kernel.run(() => process.exited);
  return seconds;
}

/** A tracee that calls getpid for ever: mov eax, SYS_GETPID; syscall; jmp back. */
const TRACEE = elf(Uint8Array.of(0xb8, SYS_GETPID, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7));
const WORD = 8;

/** Entries and ends of system calls that a tracer sees per second which reads and writes proc:. */
export function rawStops(count: number): number {
  const files = new FileTree();
  files.addFile('tracee', TRACEE, 0o755);
  const machine = new Machine({ profile: 'redox', files });
  return count / timed(machine, (user) => trace(user, machine, count));
}

function* trace(user: Userspace, machine: Machine, stops: number): SystemCalls<void> {
  const parent = machine.kernel.current;
  const { pid } = machine.start('/tracee', { parent });
  const path = new TextEncoder().encode(`proc:${pid}/trace`);
  const buffer = user.reserve(PtraceEvent.size);
  user.memory.write(buffer, path);
  const file = yield { number: SYS_OPEN, a: buffer, b: path.length, c: O_RDWR | O_TRUNC };
  const both = PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_POST_SYSCALL;
  const go = { number: SYS_WRITE, a: file, b: buffer, c: WORD };
  const look = { number: SYS_READ, a: file, b: buffer, c: PtraceEvent.size };
  for (let i = 0; i < stops; i++) {
    user.memory.storeNumber(buffer, both);
    const written = yield go;
    const read = yield look;
    if (written !== WORD || read !== PtraceEvent.size) {
      throw new Error(`proc:${pid}/trace gave ${written} and ${read}`);
    }
  }
}
