// Whole programs on the machine print what they print on Linux, and end as they do there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli, isLinux, repository } from './support.js';

interface Golden {
  readonly recorded: string;
  readonly runs: Readonly<
    Record<string, { status: number | null; signal: NodeJS.Signals | null; stdout: string[] }>
  >;
}

const golden = JSON.parse(readFileSync(`${repository}test/golden/programs.json`, 'utf8')) as Golden;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** A golden run's name is its command line; only the first argument of `args` holds spaces. */
function commandOf(name: string): string[] {
  const [program = '', ...args] = name.split(' ');
  const file = program === 'first-light' ? 'examples' : 'test/programs';
  const words = name.startsWith('tool args') ? ['args', 'one', '', 'two words'] : args;
  return [`${file}/${program}.elf`, ...words];
}

describe('programs on the machine', () => {
  for (const [name, { status, signal, stdout }] of Object.entries(golden.runs)) {
    const [file = '', ...args] = commandOf(name);

    it(`${name}: prints and ends as on Linux`, () => {
      const run = cli(['run', file, ...args]);
      expect(run.stdout.split('\n')).to.deep.equal(stdout);
      expect(run.stderr).to.equal('');
      expect(run.status).to.equal(signal === null ? status : 128 + (SIGNAL_NUMBERS[signal] ?? 0));
    });

    if (name !== 'first-light') {
      it(`${name}: this host's Linux agrees with what was recorded`, function () {
        if (!isLinux) this.skip();
        const run = spawnSync(repository + file, args, { encoding: 'utf8' });
        expect(run.stdout.split('\n')).to.deep.equal(stdout);
        expect(run.status).to.equal(status);
        expect(run.signal).to.equal(signal);
      });
    }
  }
});

describe('programs compiled here', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-run-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  function compile(compiler: string, source: string, ...defines: string[]): string | undefined {
    const output = join(directory, `${compiler}.elf`);
    const args = ['-O2', '-static', ...defines, repository + source, '-lm', '-o', output];
    return spawnSync(compiler, args).status === 0 ? output : undefined;
  }

  for (const compiler of ['gcc', 'musl-gcc']) {
    it(`${compiler}'s workout prints what it prints natively`, function () {
      const program = isLinux ? compile(compiler, 'test/programs/workout.c') : undefined;
      if (program === undefined) this.skip();
      const native = spawnSync(program, { encoding: 'utf8' });
      expect(native.stdout.split('\n')).to.deep.equal(golden.runs.workout?.stdout);
      const machine = cli(['run', program]);
      expect(machine.stdout).to.equal(native.stdout);
      expect(machine.stderr).to.equal('');
      expect(machine.status).to.equal(0);
    });

    it(`${compiler}'s first-light prints what the build for Linux prints natively`, function () {
      const source = 'examples/first-light.c';
      const native = isLinux ? compile(compiler, source) : undefined;
      if (native === undefined) this.skip();
      const expected = spawnSync(native, { encoding: 'utf8' }).stdout;
      const ported = compile(compiler, source, '-D__redox__');
      expect(cli(['run', ported ?? ''])).to.deep.equal({ stdout: expected, stderr: '', status: 0 });
    });
  }
});
