// Random calls with random arguments from an unprivileged process and from root's: whatever they
// ask for, the kernel answers, gives every frame back, and keeps others out of it.
import { expect } from 'chai';
import fc from 'fast-check';
import * as abi from '../../kernel-sim/abi/index.js';
import {
  type Context,
  DeadlockError,
  FileTree,
  type Kernel,
  KernelPanic,
  kernelProfile,
  RoundRobin,
} from '../../kernel-sim/index.js';
import { call, machine } from './machine.js';
import { elf } from './ptrace/elf.js';

const RUNS = Number(process.env.FUZZ ?? 150);
const CALLS = 60;
/** Turns after which a run is over, wherever its processes are. */
const TURNS = 3000;
const USER = 1000;

const HEAP = 0x80_0000_0000;
const HEAP_SIZE = 0x4000;
const PATHS = [
  'file:/bin/code',
  'file:/etc/motd',
  'file:/new',
  'file:/',
  '/',
  '..',
  'null:',
  'zero:',
  'rand:',
  'memory:',
  'event:',
  'debug:',
  'time:4',
  'time:1',
  'itimer:1',
  'sys:context',
  'sys:',
  ':',
  ':mine',
  'mine:file',
  'pipe:',
  'irq:1',
  'nowhere:x',
  'proc:2/trace',
  'proc:3/mem',
  'proc:4/trace',
  'proc:4/mem',
  'proc:4/regs/int',
  'proc:4/regs/float',
  'proc:5/regs/int',
  'trace',
  'regs/int',
  'mem',
  '',
  '\xff\xfe',
  'a/'.repeat(20),
];
const PATH_STRIDE = 64;

type Value = number | bigint;
interface Call {
  readonly number: number;
  readonly args: readonly Value[];
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);

const address = fc.oneof(
  fc.nat(HEAP_SIZE + 64).map((offset) => HEAP + offset),
  oneOf(
    0,
    1,
    HEAP + HEAP_SIZE - 8,
    HEAP + HEAP_SIZE,
    0x180_0010_0000 - 0x800,
    0x40_0000,
    -1,
    -4096,
  ),
  oneOf(0x7fff_ffff_f000, 0x8000_0000_0000, 0x100_0000_0000, 0x200_0000_0000, 2 ** 53),
);
const anything: fc.Arbitrary<Value> = fc.oneof(
  fc.nat(16),
  address,
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  oneOf<Value>(2 ** 31, 2 ** 32, 2 ** 47, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)),
);
const descriptor = fc.oneof(
  { arbitrary: fc.nat(14), weight: 9 },
  { arbitrary: oneOf(-1, 65535, 65536, 2 ** 40), weight: 1 },
);
const length = fc.oneof(
  fc.nat(256),
  oneOf(0, 8, 24, 56, 104, 168, 416, 4096, HEAP_SIZE, 2 ** 40, -1),
);
const pid = fc.oneof(fc.nat(7), oneOf(-1, -4, 99, -(2 ** 31)));
const bits = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer().map((word) => word & 0xfff_0000),
  fc.constant(abi.O_RDWR | abi.O_CREAT),
  fc.constant(abi.O_RDWR | abi.O_NONBLOCK),
);
const signal = fc.oneof(fc.nat(31), oneOf(-1, 64, 127, 128));
/** Address and length of a path. */
const path = fc
  .nat(PATHS.length - 1)
  .map((index): Value[] => [HEAP + index * PATH_STRIDE, PATHS[index].length]);
const small = fc.nat(8);
const flags = oneOf(0, 0x100, 0x400, 0xf00, 0x4000, 0x1_4f00, 0x1000_0000, 0xffff_ffff);

type Part = fc.Arbitrary<Value> | fc.Arbitrary<Value[]>;
const SIGNATURES: readonly (readonly [number, ...Part[]])[] = [
  [abi.SYS_OPEN, path, bits],
  [abi.SYS_OPEN, path, bits],
  [abi.SYS_CHMOD, path, bits],
  [abi.SYS_RMDIR, path],
  [abi.SYS_UNLINK, path],
  [abi.SYS_CHDIR, path],
  [abi.SYS_CLOSE, descriptor],
  [abi.SYS_DUP, descriptor, path],
  [abi.SYS_DUP2, descriptor, descriptor, path],
  [abi.SYS_READ, descriptor, address, length],
  [abi.SYS_READ, descriptor, address, length],
  [abi.SYS_WRITE, descriptor, address, length],
  [abi.SYS_WRITE, descriptor, address, length],
  [abi.SYS_LSEEK, descriptor, anything, small],
  [abi.SYS_FCHMOD, descriptor, bits],
  [abi.SYS_FCHOWN, descriptor, small, small],
  [abi.SYS_FCNTL, descriptor, small, bits],
  [abi.SYS_FEVENT, descriptor, small],
  [abi.SYS_FEXEC, descriptor, address, small, address, small],
  [abi.SYS_FMAP, descriptor, address, length],
  [abi.SYS_FUNMAP, address],
  [abi.SYS_FPATH, descriptor, address, length],
  [abi.SYS_FRENAME, descriptor, path],
  [abi.SYS_FSTAT, descriptor, address, length],
  [abi.SYS_FSTATVFS, descriptor, address, length],
  [abi.SYS_FSYNC, descriptor],
  [abi.SYS_FTRUNCATE, descriptor, anything],
  [abi.SYS_FUTIMENS, descriptor, address, length],
  [abi.SYS_EXIT, small],
  [abi.SYS_WAITPID, pid, address, small],
  [abi.SYS_GETPGID, pid],
  [abi.SYS_KILL, pid, signal],
  [abi.SYS_BRK, address],
  [abi.SYS_SETPGID, pid, pid],
  [abi.SYS_UMASK, bits],
  [abi.SYS_SIGACTION, signal, address, address, address],
  [abi.SYS_IOPL, small],
  [abi.SYS_SIGRETURN],
  [abi.SYS_CLONE, flags, address],
  [abi.SYS_CLONE, flags, address],
  [abi.SYS_MPROTECT, address, length, bits],
  [abi.SYS_SIGPROCMASK, small, address, address],
  [abi.SYS_YIELD],
  [abi.SYS_NANOSLEEP, address, address],
  [abi.SYS_GETCWD, address, length],
  [abi.SYS_SETREUID, small, small],
  [abi.SYS_SETREGID, small, small],
  [abi.SYS_FUTEX, address, small, small, small, address],
  [abi.SYS_CLOCK_GETTIME, small, address],
  [abi.SYS_PIPE2, address, bits],
  [abi.SYS_PHYSALLOC, length],
  [abi.SYS_PHYSFREE, address, length],
  [abi.SYS_PHYSMAP, address, length, small],
  [abi.SYS_PHYSUNMAP, address],
  [abi.SYS_VIRTTOPHYS, address],
  [abi.SYS_MKNS, address, small],
  [abi.SYS_SETRENS, small, small],
];

const spread = (parts: readonly Part[]): fc.Arbitrary<Value[]> =>
  fc.tuple(...(parts as fc.Arbitrary<Value | Value[]>[])).map((values) => values.flat());

const structured: fc.Arbitrary<Call> = fc
  .constantFrom(...SIGNATURES)
  .chain(([number, ...parts]) => spread(parts).map((args) => ({ number, args })));
/** The right number, and arguments that have nothing to do with it. */
const careless: fc.Arbitrary<Call> = fc.record({
  number: fc.constantFrom(...SIGNATURES.map(([number]) => number)),
  args: fc.array(anything, { minLength: 5, maxLength: 5 }),
});
const unknown: fc.Arbitrary<Call> = fc.record({
  number: fc.oneof(
    fc.nat(1000),
    fc.integer().map((word) => word >>> 0),
  ),
  args: fc.array(anything, { minLength: 5, maxLength: 5 }),
});
const calls = fc.array(
  fc.oneof(
    { arbitrary: structured, weight: 8 },
    { arbitrary: careless, weight: 2 },
    { arbitrary: unknown, weight: 1 },
  ),
  { minLength: 1, maxLength: CALLS, size: 'max' },
);

function* makeCalls(user: abi.Userspace, list: readonly Call[]): abi.SystemCalls<number> {
  for (const { number, args } of list) {
    // the second half of the list is what clones do
    const rest = list.slice(list.length >> 1);
    if (number === abi.SYS_CLONE) user.nextChild((child) => makeCalls(child, rest.slice(1)));
    yield* call(number, ...args);
  }
  return 0;
}

/** Open from the beginning, besides the console and a pipe. */
const OPEN = ['event:', 'memory:', 'file:/bin/code', 'time:4', 'null:', 'zero:'];

/** Makes room on the heap, puts paths there, opens some, then makes the calls. */
const fuzzer = (list: readonly Call[]): abi.HostedProgram =>
  function* (user) {
    yield* call(abi.SYS_BRK, HEAP + HEAP_SIZE);
    for (const [index, text] of PATHS.entries()) {
      user.memory.write(HEAP + index * PATH_STRIDE, Buffer.from(text, 'latin1'));
    }
    for (const text of OPEN) {
      yield* call(abi.SYS_OPEN, HEAP + PATHS.indexOf(text) * PATH_STRIDE, text.length, abi.O_RDWR);
    }
    yield* call(abi.SYS_PIPE2, HEAP + HEAP_SIZE - 16, 0);
    return yield* makeCalls(user, list);
  };

const kernels = oneOf('P1', 'P4', 'P5', 'P7', 'P9', 'P12');

let { cpu } = machine().kernel;

function prepare(name: string, cpus: number) {
  const files = new FileTree();
  // nop; mov eax, SYS_EXIT; xor edi, edi; syscall
  files.addFile('bin/code', elf(Uint8Array.of(0x90, 0xb8, 1, 0, 0, 0, 0x31, 0xff, 15, 5)), 0o755);
  files.addFile('etc/motd', Buffer.from('welcome'), 0o644);
  const { kernel } = machine({
    cpu,
    cpus,
    files,
    profile: kernelProfile(name),
    scheduler: new RoundRobin({ quantum: 500 }),
  });
  const canary = kernel.spawn({
    name: 'canary',
    uid: 1,
    gid: 1,
    *program(user) {
      yield* call(abi.SYS_BRK, HEAP + HEAP_SIZE);
      user.memory.write(
        HEAP,
        Uint8Array.from({ length: HEAP_SIZE }, (_, i) => i * 7),
      );
      for (;;) yield* call(abi.SYS_YIELD);
    },
  });
  let turns = 0;
  kernel.run(() => turns++ > 10);
  return { kernel, canary };
}

/** Whether the machine goes on after something: Redox's kernel could panic and hang as well. */
function goesOn(act: () => void): boolean {
  try {
    act();
  } catch (error) {
    if (error instanceof KernelPanic) return false;
    if (!(error instanceof DeadlockError)) throw error;
  }
  return true;
}

/** Runs until nothing is left to do, or long enough. */
function runFor(kernel: Kernel, until: () => boolean): boolean {
  let turns = 0;
  return goesOn(() => kernel.run(() => until() || turns++ > TURNS));
}

const checksum = (context: Context): string =>
  Buffer.from(context.memory.read(HEAP, HEAP_SIZE)).toString('base64');

function killAll(kernel: Kernel, contexts: readonly Context[]): void {
  const warden = kernel.attach('warden');
  for (const context of contexts) {
    context.ptraceStop = false; // whoever froze it may be gone
    for (const signal of [abi.SIGCONT, abi.SIGKILL]) {
      warden.call({ number: abi.SYS_KILL, a: context.pid, b: signal });
    }
  }
  warden.call({ number: abi.SYS_EXIT, a: 0 });
}

function survive(list: readonly Call[], uid: number, name: string): void {
  const { kernel, canary } = prepare(name, name === 'P9' ? 2 : 1);
  const before = checksum(canary);
  const frames = kernel.cpu.memory.allocated;
  const others = new Set([...kernel.contexts]);
  kernel.spawn({ program: fuzzer(list), name: 'fuzzer', uid, gid: uid });
  const theirs = () => [...kernel.contexts].filter((one) => !others.has(one) && !one.exited);
  const over = () => theirs().length === 0;
  let alive = runFor(kernel, over);
  for (let tries = 0; alive && !over() && tries < 5; tries++) {
    alive = goesOn(() => killAll(kernel, theirs())) && runFor(kernel, over);
  }
  if (uid !== 0) {
    expect(canary.status.kind).to.equal('runnable');
    expect(checksum(canary)).to.equal(before);
  }
  if (alive) {
    expect(theirs().map(({ pid: left, sleep }) => `${left}: ${sleep?.describe()}`)).to.deep.equal(
      [],
    );
    // PHYSALLOC's belong to nobody
    const lost = kernel.cpu.memory.allocated - kernel.driverMemory.size - frames;
    if (!canary.exited) expect(lost).to.equal(0);
  }
  for (const context of kernel.contexts) if (!context.exited) context.memory.release();
  cpu = kernel.driverMemory.size === 0 ? cpu : machine().kernel.cpu;
}

describe('whatever a process asks for', () => {
  for (const [who, uid] of [
    ['an unprivileged one', USER],
    ['one of root', 0],
  ] as const) {
    it(`the kernel serves ${who}, loses no frame and lets it touch nobody else`, function () {
      this.timeout(120_000);
      fc.assert(
        fc.property(calls, kernels, (list, name) => survive(list, uid, name)),
        { numRuns: RUNS },
      );
    });
  }
});
