// FEXEC: which files are programs, and what a program finds. System V ABI for ELF; source: fexec
// of 2019.
import { expect } from 'chai';
import fc from 'fast-check';
import { RAX, RDI, RFLAGS, RIP, RSP } from '../../cpu/index.js';
import {
  CLONE_VFORK,
  CLONE_VM,
  E2BIG,
  EACCES,
  EBADF,
  EFAULT,
  errnoName,
  type ImageInfo,
  type Link,
  O_CLOEXEC,
  O_RDONLY,
  SIGUSR1,
  SigAction,
  SYS_CLONE,
  SYS_FEXEC,
  SYS_SETREUID,
  SYS_SIGACTION,
} from '../../kernel-sim/abi/index.js';
import { type Context, ExecError, FileTree } from '../../kernel-sim/index.js';
import { elfFile, PF_R, PF_W, PF_X, PT_INTERP, PT_TLS } from './elf-file.js';
import { call, machine, open, run } from './machine.js';

const CODE = Uint8Array.of(0xeb, 0xfe); // jmp to itself
const PLAIN = elfFile({ segments: [{ bytes: CODE }] });

function execute(file: Uint8Array, argv = ['prog'], env: string[] = [], link?: Link): Context {
  const files = new FileTree();
  files.addFile('prog', file, 0o755);
  const { kernel } = machine({ files });
  return kernel.execute({ path: 'file:/prog', argv, env, ...(link && { link }) });
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const number = (context: Context, address: number): number =>
  Number(Buffer.from(context.memory.read(address, 8)).readBigUInt64LE());
const string = (context: Context, address: number): string =>
  text(context.memory.read(address, 64)).split('\0')[0];

describe('an executed program', () => {
  it('starts at its entry with all registers zero', () => {
    const { registers } = execute(PLAIN);
    expect(registers.number(RIP)).to.equal(0x40_0000);
    expect(registers.number(RAX)).to.equal(0);
    expect(registers.number(RDI)).to.equal(0);
    expect(registers.number(RFLAGS) & 0x300).to.equal(0x200);
  });

  it('finds argc, argv, 0, envp, 0 below the headroom of its stack', () => {
    const context = execute(PLAIN, ['prog', 'one', 'zwei ü'], ['A=1', 'B=2']);
    const stack = context.registers.number(RSP);
    expect(stack).to.equal(0x180_0010_0000 - 256 - 8 * (3 + 2 + 3));
    expect(number(context, stack)).to.equal(3);
    const words = Array.from({ length: 7 }, (_, i) => number(context, stack + 8 + i * 8));
    expect([words[3], words[6]]).to.deep.equal([0, 0]);
    const strings = [0, 1, 2, 4, 5].map((i) => string(context, words[i]));
    expect(strings).to.deep.equal(['prog', 'one', 'zwei \xc3\xbc', 'A=1', 'B=2']);
    expect(context.memory.accessible(words[0], 1, true)).to.equal(false);
  });

  it('finds its segments where they belong, and zeroes behind them', () => {
    const data = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
    const context = execute(
      elfFile({
        segments: [
          { bytes: CODE, flags: PF_R | PF_X },
          { address: 0x60_0123, bytes: data, memorySize: 20_000, flags: PF_R | PF_W },
        ],
      }),
    );
    expect(context.memory.read(0x60_0123, 5000)).to.deep.equal(data);
    expect(context.memory.read(0x60_0123 + 5000, 15_000).every((byte) => byte === 0)).to.equal(
      true,
    );
    expect(context.memory.accessible(0x40_0000, 1, true)).to.equal(false);
    expect(context.memory.accessible(0x60_0123, 20_000, true)).to.equal(true);
  });

  it('may have segments that meet on a page', () => {
    const context = execute(
      elfFile({
        segments: [
          { bytes: CODE, memorySize: 0x1010 },
          { address: 0x40_1010, bytes: Uint8Array.of(7), memorySize: 9000, flags: PF_R | PF_W },
        ],
      }),
    );
    expect(context.memory.read(0x40_0000, 1)[0]).to.equal(0xeb);
    expect(context.memory.read(0x40_1010, 1)[0]).to.equal(7);
    expect(context.memory.accessible(0x40_1000, 9000, true)).to.equal(true);
  });

  it('is moved below 0x8000_0000 when it is position-independent', () => {
    const pie = elfFile({ type: 3, entry: 0x10, segments: [{ address: 0, bytes: CODE }] });
    const rip = execute(pie).registers.number(RIP);
    expect(rip % 4096).to.equal(0x10);
    expect(rip).to.be.within(0x1_0000, 0x7fff_ffff);
  });

  it('finds its thread-local storage by the word that FS points to', () => {
    const tls = Uint8Array.of(1, 2, 3);
    const context = execute(
      elfFile({
        segments: [
          { bytes: CODE },
          { type: PT_TLS, address: 0x50_0000, bytes: tls, memorySize: 24, flags: PF_R },
        ],
      }),
    );
    const block = Number(context.registers.fsBase);
    expect(block).to.equal(0xb000_0000 + context.pid * 4096);
    const end = number(context, block);
    expect(end).to.equal(0x280_0000_0000 + context.pid * 0x80_0000 + 4096);
    expect([...context.memory.read(end - 24, 4)]).to.deep.equal([1, 2, 3, 0]);
  });

  it('is run by its interpreter, which gets the path for its first argument', () => {
    const interp = new TextEncoder().encode('file:/lib/ld\0');
    const files = new FileTree();
    files.addFile(
      'lib/ld',
      elfFile({ entry: 0x70_0000, segments: [{ address: 0x70_0000, bytes: CODE }] }),
      0o755,
    );
    const program = elfFile({ segments: [{ bytes: CODE }, { type: PT_INTERP, bytes: interp }] });
    files.addFile('prog', program, 0o755);
    const { kernel } = machine({ files });
    const context = kernel.execute({ path: 'file:/prog', argv: ['p', 'x'], env: [] });
    expect(context.registers.number(RIP)).to.equal(0x70_0000);
    expect(context.name).to.equal('file:/prog');
    const stack = context.registers.number(RSP);
    const argv = [1, 2, 3].map((i) => string(context, number(context, stack + i * 8)));
    expect(argv).to.deep.equal(['file:/lib/ld', 'file:/prog', 'x']);
  });
});

describe('a file that is no program', () => {
  const refused = (file: Uint8Array): void => {
    expect(() => execute(file)).to.throw(ExecError, 'file:/prog cannot be executed: ENOEXEC');
  };

  it('is refused with ENOEXEC', () => {
    refused(new Uint8Array(0));
    refused(new TextEncoder().encode('#!/bin/sh\n'));
    refused(PLAIN.subarray(0, 100));
    refused(elfFile({ type: 1, segments: [{ bytes: CODE }] }));
    refused(elfFile({ segments: [] }));
    refused(elfFile({ segments: [{ address: 0x8000_0000, bytes: CODE }] }));
    refused(elfFile({ segments: [{ address: 0x7fff_ffff, bytes: CODE }] }));
  });

  it('is refused for another machine or another width', () => {
    for (const [offset, value] of [
      [18, 183],
      [4, 1],
      [5, 2],
      [54, 32],
    ]) {
      const file = PLAIN.slice();
      file[offset] = value;
      refused(file);
    }
  });

  it('never makes the kernel fail, however it is damaged', () => {
    const sound = elfFile({
      segments: [
        { bytes: CODE },
        { address: 0x50_0000, bytes: CODE, flags: PF_R | PF_W },
        { type: PT_TLS, address: 0x50_0000, bytes: CODE },
        { type: PT_INTERP, bytes: new TextEncoder().encode('file:/nowhere\0') },
      ],
    });
    const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 12 });
    const length = fc.oneof(
      { weight: 3, arbitrary: fc.constant(sound.length) },
      fc.nat(sound.length),
    );
    const files = new FileTree();
    const { kernel } = machine({ files });
    fc.assert(
      fc.property(damage, length, (changes, size) => {
        const file = sound.slice();
        for (const [at, value] of changes) file[at] = value;
        files.addFile('prog', file.subarray(0, size), 0o755);
        try {
          kernel.execute({ path: 'file:/prog', argv: ['prog'], env: [] });
        } catch (error) {
          if (!(error instanceof ExecError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('FEXEC', () => {
  const files = (): FileTree => {
    const tree = new FileTree();
    tree.addFile('prog', PLAIN, 0o755);
    tree.addFile('data', PLAIN, 0o644);
    return tree;
  };

  it('refuses bad descriptors, lists and files, and the caller lives on', () => {
    let lived = false;
    run(
      function* (user) {
        const program = yield* open(user, 'file:/prog', O_RDONLY);
        const data = yield* open(user, 'file:/data', O_RDONLY);
        expect(yield* call(SYS_FEXEC, 99, 0, 0, 0, 0)).to.equal(-EBADF);
        expect(yield* call(SYS_FEXEC, program, 8, 1, 0, 0)).to.equal(-EFAULT);
        const list = user.reserve(16 * 4096); // of empty strings
        user.memory.write(list, new Uint8Array(16 * 4096));
        user.memory.storeNumber(list + 8, 2 ** 40);
        expect(yield* call(SYS_FEXEC, program, list, 1, 0, 0)).to.equal(-EFAULT);
        user.memory.storeNumber(list + 8, 0);
        expect(yield* call(SYS_FEXEC, program, list, 4096, 0, 0)).to.equal(-E2BIG);
        expect(yield* call(SYS_FEXEC, program, 0, 0, 0, 0)).to.equal(-EBADF); // closed meanwhile
        yield* call(SYS_SETREUID, 1000, 1000);
        expect(yield* call(SYS_FEXEC, data, 0, 0, 0, 0)).to.equal(-EACCES);
        lived = true;
        return 0;
      },
      { files: files() },
    );
    expect(lived).to.equal(true);
  });

  /** Executes a file of uid 7 and gid 8 as another user. */
  function executedBy(uid: number, gid: number, mode: number) {
    const tree = new FileTree();
    tree.insert(tree.root, 'theirs', tree.createFile({ mode, uid: 7, gid: 8 }, 0, PLAIN.slice()));
    const { kernel } = machine({ files: tree });
    let error: string | undefined;
    const context = kernel.spawn({
      ...{ uid, gid },
      *program(user) {
        const file = yield* open(user, 'file:/theirs', O_RDONLY);
        error = errnoName(-(yield* call(SYS_FEXEC, file, 0, 0, 0, 0)));
        return 0;
      },
    });
    kernel.run(() => context.exited || context.user.kind === 'machine');
    return { context, error };
  }

  it('wants one of the bits to execute that are for the caller', () => {
    expect(executedBy(7, 1000, 0o744).error, 'its owner').to.equal(undefined);
    expect(executedBy(1000, 8, 0o454).error, 'its group').to.equal(undefined);
    expect(executedBy(1000, 1000, 0o445).error, 'others').to.equal(undefined);
    expect(executedBy(1000, 1000, 0o754).error, 'not those of others').to.equal('EACCES');
    expect(executedBy(0, 0, 0o444).error, 'root needs none').to.equal(undefined);
  });

  it('takes on the effective ids that the file says, and no others', () => {
    for (const [mode, euid, egid] of [
      [0o755, 1000, 1001],
      [0o4755, 7, 1001],
      [0o2755, 1000, 8],
    ] as const) {
      const ids = { ruid: 1000, euid, rgid: 1001, egid };
      expect(executedBy(1000, 1001, mode).context).to.include(ids);
    }
  });

  it('keeps the pid, resets actions, closes what is marked and wakes a vfork parent', () => {
    const { kernel } = machine({ files: files() });
    const order: string[] = [];
    const parent = kernel.spawn({
      *program(user) {
        const at = user.reserve(SigAction.size);
        user.memory.write(at, SigAction.encode({ sa_handler: 0x1234 }));
        yield* call(SYS_SIGACTION, SIGUSR1, at, 0, 0);
        user.nextChild(function* (child) {
          const program = yield* open(child, 'file:/prog', O_RDONLY | O_CLOEXEC);
          order.push('exec');
          yield* call(SYS_FEXEC, program, 0, 0, 0, 0);
          order.push('never');
          return 0;
        });
        expect(yield* call(SYS_CLONE, CLONE_VFORK | CLONE_VM)).to.equal(3);
        order.push('parent');
        return 0;
      },
    });
    kernel.run(() => parent.exited);
    expect(order).to.deep.equal(['exec', 'parent']);
    const child = kernel.contexts.get(3);
    expect(child?.action(SIGUSR1).handler).to.equal(0);
    expect(child?.name).to.equal('file:/prog');
    expect(child?.user.kind).to.equal('machine');
  });
});

describe('a program linked to a library', () => {
  it('starts in the library, which is told of the image', () => {
    const seen: ImageInfo[] = [];
    const link: Link = {
      *start(user, image) {
        seen.push(image);
        expect(user.memory.loadNumber(user.registers.number(RSP))).to.equal(1);
        yield { number: 20 };
      },
      *call() {
        yield 'pause';
      },
      fork: () => link,
      *resumeChild() {
        yield 'pause';
      },
      exec: () => link,
    };
    const files = new FileTree();
    files.addFile('prog', PLAIN, 0o755);
    const { kernel } = machine({ files });
    const context = kernel.execute({ path: 'file:/prog', argv: ['prog'], env: [], link });
    kernel.run(() => seen.length > 0 && context.user.kind === 'machine');
    expect(seen).to.deep.equal([
      {
        entry: 0x40_0000,
        programHeaders: 0,
        programHeaderCount: 1,
        base: 0,
        interpreterBase: 0,
        path: 'file:/prog',
      },
    ]);
    expect(context.registers.fsBase).to.equal(0n);
  });
});
