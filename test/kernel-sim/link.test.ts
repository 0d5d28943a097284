// A program linked to a library in userspace: its system calls are answered in its own process.
import { expect } from 'chai';
import { RAX, RBX, RDI } from '../../cpu/index.js';
import {
  type Link,
  SIGUSR1,
  SigAction,
  SYS_CLONE,
  SYS_EXIT,
  SYS_GETPID,
  SYS_KILL,
  SYS_SIGACTION,
  SYS_WAITPID,
  type SystemCalls,
  type Userspace,
} from '../../kernel-sim/abi/index.js';
import { FileTree, type Kernel } from '../../kernel-sim/index.js';
import { elfFile } from './elf-file.js';
import { call, machine } from './machine.js';

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
/** mov eax, n; mov edi, a; syscall: the library's own calls below. */
const libraryCall = (number: number, a = 0): number[] => [
  ...[0xb8, ...dword(number)],
  ...[0xbf, ...dword(a)],
  ...[0x0f, 0x05],
];
const [EXIT, FORK_AND_WAIT, COUNT, RAISE] = [1000, 1001, 1002, 1003];

/** A library with a counter in its process, and a log of what happened to it. */
class Library implements Link {
  readonly log: string[];
  count: number;

  constructor(log: string[], count = 0) {
    this.log = log;
    this.count = count;
  }

  *start(): SystemCalls<void> {
    this.log.push(`start in ${yield* call(SYS_GETPID)}`);
  }

  *call(user: Userspace): SystemCalls<void> {
    const { registers } = user;
    const rdi = registers.rdi;
    const number = registers.number(RAX);
    let result = 0;
    if (number === EXIT) yield* call(SYS_EXIT, registers.number(RDI));
    else if (number === COUNT) result = ++this.count;
    else if (number === RAISE) result = yield* this.#raise(user);
    else if (number === FORK_AND_WAIT) {
      result = yield* call(SYS_CLONE, registers.number(RDI));
      if (result > 0) yield* call(SYS_WAITPID, result, 0, 0);
    }
    registers.rdi = rdi;
    registers.setNumber(RAX, result);
  }

  *#raise(user: Userspace): SystemCalls<number> {
    const at = user.reserve(SigAction.size);
    const handler = function* (this: Library): SystemCalls<void> {
      this.log.push(`handler in ${yield* call(SYS_GETPID)}`);
    };
    const sa_handler = user.handlerAddress(handler.bind(this));
    user.memory.write(at, SigAction.encode({ sa_handler }));
    yield* call(SYS_SIGACTION, SIGUSR1, at, 0, 0);
    const result = yield* call(SYS_KILL, yield* call(SYS_GETPID), SIGUSR1);
    this.log.push(`kill gave ${result}`);
    return result;
  }

  fork(sharesMemory: boolean): Link {
    return sharesMemory ? this : new Library(this.log, this.count);
  }

  *resumeChild(user: Userspace): SystemCalls<void> {
    this.log.push(`child ${yield* call(SYS_GETPID)} with rbx ${user.registers.number(RBX)}`);
    user.registers.setNumber(RAX, 0);
  }

  exec(): Link {
    return new Library(this.log);
  }
}

function run(code: number[]): { log: string[]; status: number; kernel: Kernel } {
  const files = new FileTree();
  const segments = [{ bytes: Uint8Array.from(code) }];
  files.addFile('prog', elfFile({ segments }), 0o755);
  const { kernel } = machine({ files });
  const log: string[] = [];
  const link = new Library(log);
  const context = kernel.execute({ path: 'file:/prog', argv: [], env: [], link });
  kernel.run();
  return { log, kernel, status: context.status.kind === 'exited' ? context.status.status : -1 };
}

const MOV_EDI_EAX = [0x89, 0xc7];
const exitWithResult = [...MOV_EDI_EAX, 0xb8, ...dword(EXIT), 0x0f, 0x05];

describe('a linked program', () => {
  it('starts after its library did, which answers its calls', () => {
    const { log, status } = run([...libraryCall(COUNT), ...libraryCall(COUNT), ...exitWithResult]);
    expect(log).to.deep.equal(['start in 2']);
    expect(status).to.equal(0x0200);
  });

  for (const [name, flags, expected] of [
    ['copies the library with a fork', 0, 2],
    ['shares it with a thread', 0x100, 3],
  ] as const) {
    it(name, () => {
      const child = [...libraryCall(COUNT), ...libraryCall(EXIT)];
      const { log, status } = run([
        ...[0xbb, 5, 0, 0, 0], // mov ebx, 5
        ...libraryCall(COUNT),
        ...libraryCall(FORK_AND_WAIT, flags),
        ...[0x85, 0xc0, 0x75, child.length], // test eax, eax; jnz over the child's code
        ...child,
        ...libraryCall(COUNT),
        ...exitWithResult,
      ]);
      expect(log).to.deep.equal(['start in 2', 'child 3 with rbx 5']);
      expect(status).to.equal(expected << 8);
    });
  }

  it('handles a signal in the middle of a library call, which goes on afterwards', () => {
    const { log, status } = run([...libraryCall(RAISE), ...exitWithResult]);
    expect(log).to.deep.equal(['start in 2', 'handler in 2', 'kill gave 0']);
    expect(status).to.equal(0);
  });
});
