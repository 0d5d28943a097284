// Dynamically linked programs: the kernel runs their loader, which maps them and their libraries.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compareProgram } from '../../lib/compare/comparison.js';
import { whyNotNative } from '../../lib/compare/native.js';
import type { Seen } from '../../lib/compare/recording.js';
import { loaderOf } from '../../lib/image.js';
import { cli, isLinux, repository } from './support.js';

const LINKED: Readonly<Record<string, readonly string[]>> = {
  'glibc, position-independent': ['gcc', '-fPIE', '-pie'],
  'glibc, code first': ['gcc', '-fPIE', '-pie', '-Wl,-z,noseparate-code'],
  'glibc, holes between segments': ['gcc', '-fPIE', '-pie', '-Wl,-z,max-page-size=65536'],
  'musl, position-independent': ['musl-gcc', '-fPIE', '-pie'],
  'glibc, static and position-independent': ['gcc', '-fPIE', '-static-pie'],
};

describe('dynamically linked programs', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-dynamic-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  function build([compiler = '', ...flags]: readonly string[], source: string): string | undefined {
    const program = join(directory, 'program');
    const args = ['-O2', ...flags, repository + source, '-lm', '-o', program];
    return isLinux && spawnSync(compiler, args).status === 0 ? program : undefined;
  }

  for (const [what, compiler] of Object.entries(LINKED)) {
    it(`print what they print natively: ${what}`, function () {
      const program = build(compiler, 'test/programs/workout.c');
      if (program === undefined) this.skip();
      const { stdout } = spawnSync(program, { encoding: 'utf8' });
      const run = cli(['run', program]);
      expect(run.stderr).to.equal('');
      expect({ status: run.status, stdout: run.stdout }).to.deep.equal({ status: 0, stdout });
    });

    it(`trace: ${what}`, function () {
      const program = build([...compiler, '-D__redox__'], 'examples/first-light.c');
      if (program === undefined) this.skip();
      const { status, stdout } = cli(['run', 'examples/first-light.elf']);
      expect(cli(['run', program])).to.deep.equal({ status, stdout, stderr: '' });
    });

    it(`are compared by where their own file lies: ${what}`, function () {
      const program = build(compiler, 'examples/tracers/breakpoints.c');
      if (program === undefined || whyNotNative() !== undefined) this.skip();
      const { linux, runs } = compareProgram(program, [], { profiles: ['relibc-2019-08-04'] });
      const peeked = (seen: readonly Seen[] = []) =>
        seen.map((one) => (one.call === 'ptrace' ? one.address : undefined)).find(Boolean);
      expect(peeked(linux.seen)).to.match(/^entry\+0x[0-9a-f]+$/);
      expect(peeked(runs[0]?.recording.seen)).to.equal(peeked(linux.seen));
    });
  }

  it('are found where the names of directories are not ASCII', function () {
    const program = build(['gcc', '-fPIE', '-pie'], 'test/programs/tool.c');
    if (program === undefined) this.skip();
    const abroad = join(directory, 'dé');
    mkdirSync(abroad);
    const copy = join(abroad, 'prögram');
    copyFileSync(program, copy);
    chmodSync(copy, 0o755);
    expect(cli(['run', copy, 'args'])).to.deep.include({ status: 0, stderr: '' });
  });

  it('are refused when they do not move', function () {
    const program = build(['gcc', '-no-pie'], 'examples/first-light.c');
    if (program === undefined) this.skip();
    const { status, stderr } = cli(['run', program]);
    expect(status).to.equal(126);
    expect(stderr).to.match(
      /^relibc-ptrace: .* cannot be run: .*; link it with -pie or -static\n$/,
    );
  });

  it('are refused when their loader is not there', function () {
    const program = build(['gcc', '-pie'], 'examples/first-light.c');
    if (program === undefined) this.skip();
    const root = join(directory, 'root');
    mkdirSync(root);
    const bytes = readFileSync(program);
    writeFileSync(join(root, 'program'), bytes, { mode: 0o755 });
    expect(cli(['run', '--root', root, '/program'])).to.deep.equal({
      status: 126,
      stdout: '',
      stderr: `relibc-ptrace: /program cannot be run: its dynamic loader ${loaderOf(bytes)} does not exist\n`,
    });
  });
});
