// A machine in a library: files in memory or of the host, console, seeds, and what runs after what.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  DeadlockError,
  Errno,
  FileTree,
  hostFiles,
  Machine,
  type MachineOptions,
  RecordedStreams,
} from '../../lib/index.js';
import { repository } from './support.js';

const tool = readFileSync(`${repository}test/programs/tool.elf`);

/** A program of one segment, headers included, that starts with the given instructions. */
function elfOf(headers: Uint8Array, code: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headers.length + code.length);
  bytes.set(headers);
  bytes.set(code, headers.length);
  const view = new DataView(bytes.buffer);
  const address = 0x40_0000n;
  view.setBigUint64(24, address + BigInt(headers.length), true); // e_entry
  view.setBigUint64(32, 64n, true); // e_phoff
  view.setUint16(56, 1, true); // e_phnum
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // R X
  view.setBigUint64(72, 0n, true); // p_offset
  view.setBigUint64(80, address, true); // p_vaddr
  for (const at of [96, 104]) view.setBigUint64(at, BigInt(bytes.length), true); // sizes
  return bytes;
}

/** Runs the tool on a machine of its own. */
function run(options: MachineOptions, input: string, path: string, ...args: string[]) {
  const host = new RecordedStreams(input);
  const machine = new Machine({ ...options, host });
  const status = machine.run(machine.start(path, { args }));
  return { status, stdout: host.stdout, stderr: host.stderr };
}

describe('Machine', () => {
  it('runs a program from a tree in memory, which sees nothing of the host', () => {
    const files = new FileTree();
    files.addFile('bin/tool', tool, 0o755);
    files.addFile('etc/motd', Buffer.from('welcome\n'));
    const cat = run({ files }, '', '/bin/tool', 'cat', '/etc/motd');
    expect(cat).to.deep.equal({ status: 0, stdout: 'welcome\n', stderr: '' });
    expect(run({ files }, '', '/bin/tool', 'cat', `${repository}LICENSE`).status).to.equal(1 << 8);
  });

  it('starts programs in the directory it was given', () => {
    const files = new FileTree();
    files.addFile('home/tool', tool, 0o755);
    files.addFile('home/note', Buffer.from('here\n'));
    const cat = run({ files, directory: '/home' }, '', 'tool', 'cat', 'note');
    expect(cat).to.include({ stdout: 'here\n', status: 0 });
  });

  it('gives the console to the program, and its end of input', () => {
    const echo = run({ directory: repository }, 'a\nb', 'test/programs/tool.elf', 'cat');
    expect(echo).to.deep.equal({ status: 0, stdout: 'a\nb', stderr: '' });
  });

  it('refuses a damaged program, or loads it', () => {
    const files = new FileTree();
    const machine = new Machine({ files, host: new RecordedStreams() });
    const headers = fc.record({
      offset: fc.nat({ max: 64 + 5 * 56 - 1 }),
      byte: fc.nat({ max: 255 }),
    });
    const damage = fc.array(headers, { minLength: 1, maxLength: 8 });
    const length = fc.oneof(fc.constant(tool.length), fc.nat({ max: tool.length }));
    fc.assert(
      fc.property(damage, length, (changes, size) => {
        const bytes = Uint8Array.from(tool);
        for (const { offset, byte } of changes) bytes[offset] = byte;
        files.addFile('damaged', bytes.subarray(0, size), 0o755);
        try {
          machine.start('/damaged');
        } catch (error) {
          expect(error).to.be.instanceOf(Errno);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("runs a program for Redox's own ABI without a library", () => {
    const code = [
      [0xb8, 0x04, 0x00, 0x00, 0x21], // mov eax, SYS_WRITE
      [0xbf, 0x01, 0x00, 0x00, 0x00], // mov edi, 1
      [0x48, 0x8d, 0x35, 0x13, 0x00, 0x00, 0x00], // lea rsi, [rip + 19]
      [0xba, 0x06, 0x00, 0x00, 0x00], // mov edx, 6
      [0x0f, 0x05], // syscall
      [0xb8, 0x01, 0x00, 0x00, 0x00], // mov eax, SYS_EXIT
      [0xbf, 0x07, 0x00, 0x00, 0x00], // mov edi, 7
      [0x0f, 0x05], // syscall
      [...Buffer.from('redox\n')],
    ].flat();
    const files = new FileTree();
    files.addFile('program', elfOf(tool.subarray(0, 120), Uint8Array.from(code)), 0o755);
    const options = { files, profile: 'redox' };
    expect(run(options, '', '/program')).to.deep.equal({
      status: 7 << 8,
      stdout: 'redox\n',
      stderr: '',
    });
  });

  it('executes random bytes without harm to the host', () => {
    const header = tool.subarray(0, 120);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 512 }), (code) => {
        const files = new FileTree();
        files.addFile('random', elfOf(header, code), 0o755);
        const machine = new Machine({ files, host: new RecordedStreams(), memory: 1 << 25 });
        const program = machine.start('/random');
        try {
          machine.kernel.run(() => program.exited || machine.cpu.retired > 20_000);
        } catch (error) {
          if (!(error instanceof DeadlockError)) throw error;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has a number of bytes for memory', () => {
    for (const memory of [Number.NaN, 0, -4096]) {
      expect(() => new Machine({ memory })).to.throw(RangeError, `not ${memory}`);
    }
  });

  it('knows no profile by another name', () => {
    expect(() => new Machine({ profile: 'plan9' })).to.throw(
      RangeError,
      /plan9; there are relibc-/,
    );
  });
});

describe("the host's files", () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-files-'));
    mkdirSync(join(directory, 'sub'));
    writeFileSync(join(directory, 'tool'), tool, { mode: 0o755 });
    writeFileSync(join(directory, 'sub/größe'), 'umlaut\n');
    symlinkSync('sub/größe', join(directory, 'link'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('are found by names that are not ASCII, and through links', () => {
    const files = directory;
    expect(run({ files }, '', '/tool', 'cat', '/sub/größe').stdout).to.equal('umlaut\n');
    expect(run({ files }, '', '/tool', 'cat', '/link').stdout).to.equal('umlaut\n');
  });

  it('are listed by name, in the order of bytes', () => {
    const tree = hostFiles(directory);
    expect(tree.list(tree.root)).to.deep.equal(['link', 'sub', 'tool']);
  });

  it('are not there when they are not', () => {
    expect(run({ files: directory }, '', '/tool', 'cat', '/tool/below').status).to.equal(1 << 8);
    expect(run({ files: directory }, '', '/tool', 'cat', '/none').stderr).to.match(/No such file/);
  });

  it("do not have the host's own processes among them", () => {
    const tree = hostFiles('/');
    expect(tree.list(tree.root)).to.include('usr').and.not.include('proc');
    const tool = `${repository}test/programs/tool.elf`;
    expect(run({}, '', tool, 'cat', '/proc/self/status').stderr).to.match(/No such file/);
  });

  it('stay as they are when the program writes', () => {
    const path = join(directory, 'sub/new');
    expect(run({ files: directory }, '', '/tool', 'create', '/sub/new').stdout).to.equal('made\n');
    expect(() => readFileSync(path)).to.throw(/ENOENT/);
  });
});

describe('RecordedStreams', () => {
  it('puts characters together that were written in pieces', () => {
    const streams = new RecordedStreams();
    for (const byte of Buffer.from('…€')) streams.write('stderr', Uint8Array.of(byte));
    expect(streams.stderr).to.equal('…€');
  });

  it('serves its input in pieces of the asked size, then the end', () => {
    const streams = new RecordedStreams('abc');
    const read = () => Buffer.from(streams.read(2) ?? []).toString();
    expect([read(), read(), streams.read(2)]).to.deep.equal(['ab', 'c', null]);
  });
});
