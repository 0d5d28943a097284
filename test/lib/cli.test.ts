// The command line: what it passes through, and one clear line for everything it cannot do.
import { type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import type { RunStatistics } from '../../lib/cli/statistics.js';
import { elf } from '../../lib/problems/elf.js';
import { cli, command, isLinux, repository } from './support.js';

const TOOL = 'test/programs/tool.elf';
const tool = (...args: string[]) => cli(['run', TOOL, ...args]);

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-cli-'));
});
after(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('relibc-ptrace run', () => {
  it('leaves the options after the program to the program', () => {
    expect(tool('args', '--profile', '--help', '-x')).to.deep.equal({
      stdout: '[--profile]\n[--help]\n[-x]\n',
      stderr: '',
      status: 0,
    });
  });

  it('passes standard input through, to its end', () => {
    const text = 'line\n'.repeat(20_000);
    expect(cli(['run', TOOL, 'cat'], text).stdout).to.equal(text);
  });

  it('passes every byte through', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const run = spawnSync(process.execPath, [command, 'run', TOOL, 'cat'], {
      cwd: repository,
      input: bytes,
    });
    expect([...run.stdout]).to.deep.equal([...bytes]);
  });

  for (const [what, input, output] of [
    ['a directory for input', '/', '/dev/null'],
    ['no room for output', 'LICENSE', '/dev/full'],
  ] as const) {
    it(`lets the program hear of ${what}, as Linux does`, function () {
      if (!isLinux) this.skip();
      const end = (program: string, args: readonly string[]) => {
        const streams = [openSync(resolve(repository, input), 'r'), openSync(output, 'w')];
        const stdio: StdioOptions = [...streams, 'pipe'];
        const { status, stderr } = spawnSync(program, args, { cwd: repository, stdio });
        for (const stream of streams) closeSync(stream);
        return { status, stderr: `${stderr}` };
      };
      const machine = end(process.execPath, [command, 'run', TOOL, 'cat']);
      expect(machine).to.deep.equal(end(TOOL, ['cat']));
      expect(machine.status).to.equal(1);
    });
  }

  it('says so when a program ended because its stack is full', () => {
    const endless = file('endless', elf(Uint8Array.of(0xe8, 0xfb, 0xff, 0xff, 0xff))); // call itself
    const { status, stderr } = cli(['run', endless]);
    expect(status).to.equal(128 + 11);
    expect(stderr).to.match(/used up its stack, which Redox gave 1 MiB/);
    const stray = file('stray', elf(Uint8Array.of(0x8b, 0x04, 0x25, 0, 0, 0, 0))); // mov eax, [0]
    expect(cli(['run', stray])).to.deep.equal({ stdout: '', stderr: '', status: 128 + 11 });
  });

  it('says so when a program sleeps until a signal that never comes', () => {
    const sleeper = file('sleeper', elf(Uint8Array.of(0xb8, 34, 0, 0, 0, 0x0f, 0x05))); // pause()
    const { status, stderr } = cli(['run', sleeper]);
    expect(status).to.equal(125);
    expect(stderr).to.match(/pid \d+ \(sleeper\) waits for a signal\n/);
  });

  it('keeps standard output and standard error apart', () => {
    expect(tool('both')).to.deep.equal({ stdout: 'to stdout\n', stderr: 'to stderr\n', status: 0 });
  });

  it('shows the program the environment it was told to, and no other', () => {
    const run = cli(['run', '--env', 'A=1', '--env', 'B=x=y', TOOL, 'env']);
    expect(run).to.deep.equal({ stdout: 'A=1\nB=x=y\n', stderr: '', status: 0 });
  });

  it('exits as the program does', () => {
    expect(tool('exit', '0').status).to.equal(0);
    expect(tool('exit', '123').status).to.equal(123);
  });

  it('exits with 128 + n after signal n', () => {
    expect(tool('raise', '9').status).to.equal(137);
    expect(tool('raise', '15').status).to.equal(143);
  });

  it('names an instruction beyond x86-64-v2, which is an illegal one for the program', () => {
    const { status, stderr } = tool('vector');
    expect(status).to.equal(128 + 4);
    expect(stderr).to.match(
      /^relibc-ptrace: this CPU has no vaddps .*\(c5 fc 58 c1 at 0x[\da-f]+ of pid \d+ \(tool\.elf\)\).*\n$/,
    );
  });

  it('lets the program read the files of the host', () => {
    const path = file('poem', 'roses are red\n');
    expect(tool('cat', path)).to.deep.equal({ stdout: 'roses are red\n', stderr: '', status: 0 });
  });

  it('finds files relative to the directory it is called in', () => {
    expect(tool('cat', 'LICENSE').stdout).to.equal(readFileSync(`${repository}LICENSE`, 'utf8'));
  });

  it('lets the program execute another', () => {
    const run = tool('exec', join(repository, TOOL), 'args', 'deeper');
    expect(run).to.deep.equal({ stdout: '[deeper]\n', stderr: '', status: 0 });
  });

  it('never writes to the host', () => {
    const path = file('kept', 'before\n');
    expect(tool('create', path)).to.include({ stdout: 'made\n', status: 0 });
    expect(readFileSync(path, 'utf8')).to.equal('before\n');
  });

  it('shows the program the root directory it was given', () => {
    mkdirSync(join(directory, 'root'));
    writeFileSync(join(directory, 'root/tool'), readFileSync(repository + TOOL));
    writeFileSync(join(directory, 'root/here'), 'inside\n');
    const root = ['run', '--root', join(directory, 'root')];
    expect(cli([...root, '/tool', 'cat', '/here'])).to.include({ stdout: 'inside\n', status: 0 });
    expect(cli([...root, '/tool', 'cat', join(repository, 'LICENSE')]).status).to.equal(1);
    expect(cli([...root, join(repository, TOOL)]).status).to.equal(127);
  });

  it('ends quietly when the reader of its output goes away', function () {
    if (!isLinux) this.skip();
    const line = `"${process.execPath}" "${command}" run ${TOOL} flood | head -n 2`;
    const run = spawnSync('sh', ['-c', line], { cwd: repository, encoding: 'utf8' });
    expect(run).to.include({ stdout: 'and again\nand again\n', stderr: '' });
    const both = `"${process.execPath}" "${command}" run --stats ${TOOL} flood 2>&1 | head -n 1`;
    expect(spawnSync('sh', ['-c', both], { cwd: repository, encoding: 'utf8' })).to.include({
      stdout: 'and again\n',
      stderr: '',
    });
  });

  it('says on stderr what the machine did, as one JSON object', () => {
    const run = cli(['run', '--stats=json', TOOL, 'exit', '3']);
    expect(run).to.include({ stdout: '', status: 3 });
    const statistics = JSON.parse(run.stderr) as Record<string, number>;
    expect(statistics).to.include.all.keys(
      'instructions',
      'seconds',
      'instructionsPerSecond',
      'translatedRegions',
      'ptraceStops',
      'contextSwitches',
      'peakFrames',
    );
    expect(statistics.instructions).to.be.within(100, 100_000);
    expect(statistics.ptraceStops).to.equal(0);
  });

  it('says where time went: the parts add up', () => {
    const run = cli(['run', '--stats=json', 'lib/bench/programs/kernels.elf', 'sort', '3000']);
    const { seconds, times, instructions, translatedInstructions, regionEntries } = JSON.parse(
      run.stderr.trimEnd().split('\n').at(-1) ?? '',
    ) as RunStatistics;
    const sum = Object.values(times).reduce((total, time) => total + time, 0);
    // a busy host may keep us waiting between two parts
    expect(sum).to.be.within(seconds * 0.75, seconds);
    expect(translatedInstructions).to.be.within(instructions / 2, instructions);
    expect(regionEntries).to.be.greaterThan(100);
    for (const part of ['translated', 'translating', 'decoding', 'kernel'] as const) {
      expect(times[part]).to.be.greaterThan(0);
    }
  });

  it('says it for people, too', () => {
    const run = cli(['run', '--seed', '7', '--stats', TOOL, 'args', '--stats']);
    expect(run).to.include({ stdout: '[--stats]\n', status: 0 });
    expect(run.stderr).to.match(/^instructions +[\d,]+$/m);
  });

  it('retires the same instructions in every run', () => {
    const count = () => {
      const { stderr } = cli(['run', '--stats=json', 'examples/first-light.elf']);
      return (JSON.parse(stderr) as { instructions: number }).instructions;
    };
    expect(count()).to.equal(count());
  });
});

describe('errors of the command line', () => {
  /** One line that names the command, and nothing of JavaScript. */
  function refuses(args: readonly string[], status: number, reason: RegExp): void {
    const run = cli(args);
    expect(run.stderr).to.match(reason);
    expect(run.stderr).to.match(/^relibc-ptrace: [^\n]+\n$/);
    expect(run.stderr).to.not.match(/\.js|\bat \w+ \(/);
    expect(run).to.include({ status, stdout: '' });
  }

  it('an unknown option', () => refuses(['run', '--fast', TOOL], 2, /--fast/));
  it('an unknown command', () => refuses(['walk'], 2, /walk/));
  it('no program', () => refuses(['run'], 2, /program/));
  it('an unknown kernel', () =>
    refuses(['run', '--kernel', 'P0', TOOL], 2, /no kernel is called P0; there are .*P7/));
  it('an unknown fault', () => refuses(['run', '--fault', 'KP-99', TOOL], 2, /KP-99.*KP-31=off/));
  it('an unknown profile', () => refuses(['run', '--profile', 'hurd', TOOL], 2, /hurd/));
  it('a seed that is no number', () => refuses(['run', '--seed', 'x', TOOL], 2, /seed/));
  it('an environment entry without a value', () => refuses(['run', '--env', 'A', TOOL], 2, /env/));
  it('a root that does not exist', () => refuses(['run', '--root', '/no/where', TOOL], 2, /where/));
  it('a missing file', () => refuses(['run', 'no-such-file'], 127, /no-such-file/));
  it('a directory', () => refuses(['run', 'examples'], 126, /examples.*directory/));
  it('a directory to compare', () => refuses(['compare', '.'], 126, /\. .*directory/));
  it('an empty name', () => refuses(['run', ''], 127, /''/));
  it('help for an unknown command', () => refuses(['walk', '--help'], 2, /walk/));
  it('a script', () => {
    refuses(['run', file('script', '#!/bin/sh\n')], 126, /script for \/bin\/sh/);
  });
  it('a text', () => refuses(['run', 'LICENSE'], 126, /LICENSE.*not an ELF file/));
  it('a program for another processor', () => {
    const bytes = readFileSync(repository + TOOL);
    bytes[18] = 183;
    refuses(['run', file('arm', bytes)], 126, /64-bit ARM/);
  });
  it('names a system call that relibc has no function for once, and goes on', () => {
    const run = tool('syscall', '310'); // process_vm_readv
    expect(run.stderr).to.match(/^relibc-ptrace: [^\n]*process_vm_readv[^\n]*ENOSYS[^\n]*\n$/);
    expect(run).to.include({ stdout: '-1\n-1\n', status: 0 });
  });

  it('a Redox program without its profile, as far as that can be told', async () => {
    const args = [command, 'run', 'examples/redox/strace.elf'];
    const child = spawn(process.execPath, args, { cwd: repository });
    const [line] = await once(child.stderr, 'data');
    child.kill(); // it takes its exit for a write, and would go on for ever
    expect(`${line}`).to.match(/ 553648132: .*Redox's own write: see --profile redox$/m);
  });

  it('a program for Linux without a C library', () => {
    const { status, stderr } = cli(['run', '--profile', 'redox', TOOL, 'exit', '0']);
    expect(status).to.be.greaterThan(128);
    expect(stderr).to.match(
      /^relibc-ptrace: it made \d+ system calls? that Redox has not; .* other than redox\n$/,
    );
  });

  it('a deadlock: who waits for what, in a few lines', () => {
    const run = cli(['run', 'examples/first-light-hasty.elf']);
    expect(run.stderr).to.match(/^relibc-ptrace: .*deadlock/);
    expect(run.stderr.trimEnd().split('\n').length).to.be.within(3, 8);
    expect(run.stderr).to.not.match(/\.js/);
    expect(run).to.include({ stdout: '', status: 125 });
  });
});

describe('relibc-ptrace', () => {
  it('--version prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8')) as {
      version: string;
    };
    expect(cli(['--version'])).to.deep.equal({ stdout: `${version}\n`, stderr: '', status: 0 });
  });

  it('--help lists the commands', () => {
    const { stdout, status } = cli(['--help']);
    expect(stdout)
      .to.match(/\brun\b/)
      .and.to.match(/\bprofiles\b/);
    expect(status).to.equal(0);
  });

  it('without arguments explains itself on stderr', () => {
    expect(cli([])).to.include({ stdout: '', status: 2 });
    expect(cli([]).stderr).to.match(/Usage/);
  });

  it('profiles names the default', () => {
    expect(cli(['profiles']).stdout).to.match(/^relibc-2019-08-04 .*\(default\)$/m);
  });
});

describe('--scheduler random', () => {
  const hash = (...options: string[]): string => {
    const run = cli(['run', '--stats=json', ...options, 'examples/first-light.elf']);
    expect(run.status).to.equal(0);
    return (JSON.parse(run.stderr.trimEnd().split('\n').at(-1) ?? '') as { traceHash: string })
      .traceHash;
  };

  it('gives the same run for the same --seed, whatever the engine, and another for another', () => {
    const random = ['--scheduler', 'random', '--seed'];
    const first = hash(...random, '5');
    expect(hash(...random, '5', '--engine', 'interp')).to.equal(first);
    expect(hash(...random, '6')).to.not.equal(first);
    expect(hash()).to.not.equal(first);
  });
});

describe('--cpus', () => {
  it('is refused by a kernel that knows one CPU only', () => {
    for (const [kernel, cpus, reason] of [
      ['P7', '2', /^relibc-ptrace: the kernel P7 knows one CPU only\n$/],
      ['P9', '0', /^relibc-ptrace: .*1 to 16 CPUs, not 0\n$/],
    ] as const) {
      const run = cli(['run', '--kernel', kernel, '--cpus', cpus, TOOL]);
      expect(run).to.include({ stdout: '', status: 2 });
      expect(run.stderr).to.match(reason);
    }
  });

  it('changes who runs when, not what a program does', () => {
    const on = (cpus: string) =>
      cli(['run', '--stats=json', '--kernel', 'P9', '--cpus', cpus, TOOL, 'exit', '3']);
    expect([on('1').status, on('2').status]).to.deep.equal([3, 3]);
    const hash = ({ stderr }: { stderr: string }) => /"traceHash":"(\w+)"/.exec(stderr)?.[1];
    expect(hash(on('2'))).to.not.equal(hash(on('1')));
  });
});
