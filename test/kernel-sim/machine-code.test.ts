// Programs for Redox's own ABI, in machine code: the way into the kernel and back, faults,
// signals. Exit statuses of faults: interrupt/exception.rs of 2019.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  CLONE_VM,
  SIGKILL,
  SIGUSR1,
  SigAction,
  SYS_BRK,
  SYS_CLONE,
  SYS_EXIT,
  SYS_GETPID,
  SYS_KILL,
  SYS_SIGACTION,
  SYS_SIGRETURN,
  SYS_WAITPID,
  SYS_WRITE,
  SYS_YIELD,
} from '../../kernel-sim/abi/index.js';
import { type Context, DeadlockError, FileTree } from '../../kernel-sim/index.js';
import { elfFile, PF_R, PF_W, PF_X, PT_TLS, type SegmentOptions } from './elf-file.js';
import { machine, type TestMachine } from './machine.js';

const CODE = 0x40_0000;
const DATA = 0x60_0000;

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
const eax = (value: number): number[] => [0xb8, ...dword(value)];
const edi = (value: number): number[] => [0xbf, ...dword(value)];
const esi = (value: number): number[] => [0xbe, ...dword(value)];
const edx = (value: number): number[] => [0xba, ...dword(value)];
const r10d = (value: number): number[] => [0x41, 0xba, ...dword(value)];
const SYSCALL = [0x0f, 0x05];
const INT3 = [0xcc];
const UD2 = [0x0f, 0x0b];
const RET = [0xc3];
const RAX_TO_RDI = [0x48, 0x89, 0xc7];
const LOOP = [0xeb, 0xfe];

const syscall = (number: number, a = 0, b = 0, c = 0, d = 0): number[] => [
  ...edi(a),
  ...esi(b),
  ...edx(c),
  ...r10d(d),
  ...eax(number),
  ...SYSCALL,
];
const exit = (code: number): number[] => syscall(SYS_EXIT, code);
/** Ends with the low byte of rax for a code. */
const exitWithResult = [...RAX_TO_RDI, ...eax(SYS_EXIT), ...SYSCALL];
/** Ends with the byte at an address for a code. */
const exitWithByte = (address: number): number[] => [
  ...[0x0f, 0xb6, 0x04, 0x25, ...dword(address)], // movzx eax, byte [address]
  ...exitWithResult,
];
const storeByte = (address: number, value: number): number[] => [
  ...[0xc6, 0x04, 0x25, ...dword(address), value], // mov byte [address], value
];

interface Ended extends TestMachine {
  readonly context: Context;
  readonly status: number;
}

/** Runs code, with bytes at DATA, to its end. */
function run(
  code: number[],
  data: Uint8Array = new Uint8Array(1),
  ...more: SegmentOptions[]
): Ended {
  const files = new FileTree();
  const segments = [
    { address: CODE, bytes: Uint8Array.from(code), flags: PF_R | PF_X },
    { address: DATA, bytes: data, memorySize: 0x3000, flags: PF_R | PF_W },
    ...more,
  ];
  files.addFile('prog', elfFile({ entry: CODE, segments }), 0o755);
  const made = machine({ files });
  const context = made.kernel.execute({ path: 'file:/prog', argv: ['prog'], env: [] });
  made.kernel.run();
  if (context.status.kind !== 'exited') throw new Error('the program has not ended');
  return { ...made, context, status: context.status.status };
}

describe('a system call of a program', () => {
  it('takes number and arguments from rax, rdi, rsi, rdx', () => {
    const { output, status } = run(
      [...syscall(SYS_WRITE, 1, DATA, 5), ...exitWithResult],
      new TextEncoder().encode('hello'),
    );
    expect(output.stdout).to.equal('hello');
    expect(status).to.equal(0x0500);
  });

  it('takes them from rbx, rcx, rdx after int 0x80', () => {
    const ebx = (value: number): number[] => [0xbb, ...dword(value)];
    const ecx = (value: number): number[] => [0xb9, ...dword(value)];
    const code = [...ebx(1), ...ecx(DATA), ...edx(2), ...eax(SYS_WRITE), 0xcd, 0x80];
    const { output } = run([...code, ...exit(0)], new TextEncoder().encode('hi'));
    expect(output.stdout).to.equal('hi');
  });

  it('returns with rcx and r11 as the instruction left them', () => {
    // mov edx, address after the call ; syscall ; sub rcx, rdx
    const before = [...eax(SYS_GETPID)];
    const address = CODE + 5 + before.length + SYSCALL.length;
    const code = [...edx(address), ...before, ...SYSCALL, 0x48, 0x29, 0xd1];
    const { status } = run([...code, 0x48, 0x89, 0xc8, ...exitWithResult]);
    expect(status).to.equal(0);
  });
});

describe('a fault of a program', () => {
  const faults: [string, number[], number][] = [
    ['a division by zero', [0x31, 0xc9, 0xf7, 0xf1], 8],
    ['ud2', UD2, 4],
    ['int3 without a tracer', INT3, 5],
    ['int 3 in two bytes', [0xcd, 0x03], 5],
    ['another int', [0xcd, 0x21], 11],
    ['hlt', [0xf4], 11],
    ['a load from nowhere', [0x8a, 0x04, 0x25, 0, 0, 0, 0], 11],
    ['a store to read-only memory', storeByte(CODE, 1), 11],
    ['a jump to data', [...eax(DATA), 0xff, 0xe0], 11],
    ['a non-canonical address', [0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x8a, 0x00], 11],
    ['the trap flag without a tracer', [0x9c, 0x80, 0x4c, 0x24, 1, 1, 0x9d, 0x90, 0x90], 5],
    ['a return to nowhere', RET, 11],
  ];
  for (const [name, code, status] of faults) {
    it(`ends it with status ${status}: ${name}`, () => {
      expect(run([...code, ...exit(1)]).status).to.equal(status);
    });
  }
});

describe('memory of a program', () => {
  it('holds a stack of 1 MiB and nothing below it', () => {
    const touch = (below: number): number[] => [
      ...[0x48, 0x8d, 0x84, 0x24, ...dword(-below)], // lea rax, [rsp - below]
      ...[0xc6, 0x00, 0x01], // mov byte [rax], 1
    ];
    expect(run([...touch(0xf_f000), ...exit(0)]).status).to.equal(0);
    expect(run([...touch(0x10_0000), ...exit(0)]).status).to.equal(11);
  });

  it('ends the program that uses it up, and nobody else', () => {
    // mov rdi, the heap's end after brk ; rep stosb over all of it
    // as much as there is, so that none is left for page tables and stack
    const size = machine().kernel.cpu.memory.frames * 4096;
    const rdi = (address: number): number[] => [0x48, 0xbf, ...dword(address), ...[0x80, 0, 0, 0]];
    const brk = [...rdi(size), ...eax(SYS_BRK), ...SYSCALL];
    const fill = [...rdi(0), 0xb9, ...dword(size), 0xf3, 0xaa];
    const { status, kernel } = run([...brk, ...fill, ...exit(0)]);
    expect(status).to.equal(11);
    expect(kernel.cpu.memory.peak).to.equal(kernel.cpu.memory.frames);
    expect(kernel.cpu.memory.allocated).to.equal(0);
  });

  it('is its own after a fork, whoever writes first', () => {
    const child = [...storeByte(DATA, 9), ...exitWithByte(DATA)];
    const parent = [
      ...RAX_TO_RDI,
      ...[...esi(DATA + 8), ...edx(0), ...eax(SYS_WAITPID), ...SYSCALL],
      // movzx eax, byte [DATA + 9] (the child's code) ; add al, [DATA]
      ...[0x0f, 0xb6, 0x04, 0x25, ...dword(DATA + 9)],
      ...[0x02, 0x04, 0x25, ...dword(DATA)],
      ...exitWithResult,
    ];
    const code = [...syscall(SYS_CLONE, 0), 0x85, 0xc0, 0x75, child.length, ...child, ...parent];
    const { status, kernel } = run([...storeByte(DATA, 30), ...code]);
    expect(status).to.equal((9 + 30) << 8);
    expect(kernel.cpu.memory.allocated).to.equal(0);
  });
});

describe('thread-local storage of a program', () => {
  const storage = { type: PT_TLS, address: DATA, bytes: Uint8Array.of(1), memorySize: 8 };
  const end = [0x64, 0x48, 0x8b, 0x04, 0x25, ...dword(0)]; // mov rax, fs:[0]
  const store = (value: number): number[] => [...end, 0xc6, 0x40, 0xf8, value];
  const exitWithStored = [...end, 0x0f, 0xb6, 0x40, 0xf8, ...exitWithResult];

  for (const [name, flags, expected] of [
    ['goes to the child of a fork as it is', 0, 9],
    ['begins afresh in a thread', CLONE_VM, 1],
  ] as const) {
    it(name, () => {
      const parent = [
        ...RAX_TO_RDI,
        ...[...esi(DATA + 8), ...edx(0), ...eax(SYS_WAITPID), ...SYSCALL],
        ...exitWithByte(DATA + 9), // the child's code
      ];
      const clone = [...store(9), ...syscall(SYS_CLONE, flags), 0x85, 0xc0, 0x75];
      const { status } = run(
        [...clone, exitWithStored.length, ...exitWithStored, ...parent],
        Uint8Array.of(1),
        storage,
      );
      expect(status).to.equal(expected << 8);
    });
  }
});

describe('programs that never enter the kernel', () => {
  it('share the CPU', () => {
    const files = new FileTree();
    const file = (code: number[]) =>
      elfFile({ segments: [{ address: CODE, bytes: Uint8Array.from(code) }] });
    files.addFile('busy', file(LOOP), 0o755);
    files.addFile('quick', file([...syscall(SYS_YIELD), ...exit(3)]), 0o755);
    const { kernel } = machine({ files });
    kernel.execute({ path: 'file:/busy', argv: [], env: [] });
    const quick = kernel.execute({ path: 'file:/quick', argv: [], env: [] });
    kernel.run(() => quick.exited);
    expect(quick.status).to.deep.equal({ kind: 'exited', status: 0x0300 });
  });
});

describe('a signal handler of a program', () => {
  it('runs, returns through the restorer, and leaves no trace in the registers', () => {
    const handler = [0x40, 0x88, 0x3c, 0x25, ...dword(DATA + 0x100), 0x31, 0xdb, ...RET]; // store dil; ebx = 0
    const restorer = [...eax(SYS_SIGRETURN), ...SYSCALL];
    const ebx7 = [0xbb, 7, 0, 0, 0];
    const main = (handlerAt: number): number[] => [
      ...syscall(SYS_SIGACTION, SIGUSR1, DATA, 0, handlerAt + handler.length),
      ...ebx7,
      ...[...syscall(SYS_GETPID), ...RAX_TO_RDI, ...esi(SIGUSR1), ...eax(SYS_KILL), ...SYSCALL],
      ...[0x0f, 0xb6, 0x04, 0x25, ...dword(DATA + 0x100), 0x01, 0xd8], // eax = byte + ebx
      ...exitWithResult,
    ];
    const handlerAt = CODE + main(0).length;
    const action = SigAction.encode({ sa_handler: handlerAt });
    const { status } = run([...main(handlerAt), ...handler, ...restorer], action);
    expect(status).to.equal((SIGUSR1 + 7) << 8);
  });
});

describe('a program of random bytes', () => {
  it('ends or goes on; the kernel serves the next one', () => {
    const files = new FileTree();
    const { kernel } = machine({ files });
    const driver = kernel.attach('driver');
    const run = (code: Uint8Array, data: Uint8Array): void => {
      const segments = [
        { address: CODE, bytes: code, flags: PF_R | PF_X },
        { address: DATA, bytes: data, memorySize: 0x3000, flags: PF_R | PF_W },
      ];
      files.addFile('prog', elfFile({ entry: CODE, segments }), 0o755);
      const parent = driver.context;
      const program = kernel.execute({ path: 'file:/prog', argv: [], env: [], parent });
      const limit = kernel.statistics.instructions + 5000;
      try {
        kernel.run(() => program.exited || kernel.statistics.instructions > limit);
      } catch (error) {
        if (!(error instanceof DeadlockError)) throw error;
      }
      driver.call({ number: SYS_KILL, a: program.pid, b: SIGKILL });
      const waited = driver.call({ number: SYS_WAITPID, a: program.pid, b: 0, c: 0 });
      expect(waited).to.equal(program.pid);
    };
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
    fc.assert(fc.property(bytes, bytes, run), { numRuns: 500, seed: 2019 });
    expect(driver.call({ number: SYS_GETPID })).to.equal(2);
  });
});
