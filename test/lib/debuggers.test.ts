// Debian's own gdb and strace on the machine. They start as they do on Linux, and come as far with a
// tracee as relibc let them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { expect } from 'chai';
import { compareProgram } from '../../lib/compare/comparison.js';
import { whyNotNative } from '../../lib/compare/native.js';
import { cli, isLinux, repository } from './support.js';

const TRACEE = '/bin/true';

/** The program's own file, if this host has it. */
function programOf(name: string): string | undefined {
  const path = `/usr/bin/${name}`;
  return isLinux && existsSync(path) ? realpathSync(path) : undefined;
}

/** What a tracer meets first of what the answers say, on a profile. */
function reasons(program: string, args: readonly string[], profile: string): string[] {
  const { runs } = compareProgram(program, args, { profiles: [profile], directory: '/' });
  return runs.flatMap(({ explanations }) =>
    explanations.flatMap((reason) => (reason ? [reason.problem ?? reason.title] : [])),
  );
}

describe('gdb', function () {
  this.timeout(120_000);
  const gdb = programOf('gdb') ?? '';
  before(function () {
    if (gdb === '') this.skip();
  });

  it('calculates, with its Python and its threads', () => {
    const { status, stdout } = cli(['run', gdb, '-nx', '-batch', '-ex', 'print 6 * 7']);
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: '$1 = 42\n' });
  });

  it('disassembles a program as it does on Linux', () => {
    const file = 'examples/first-light.elf';
    const entry = readFileSync(`${repository}${file}`).readBigUInt64LE(24);
    const args = ['-nx', '-batch', '-ex', `x/16i ${entry}`, '-ex', 'info files', file];
    const { stdout } = spawnSync(gdb, args, { cwd: repository, encoding: 'utf8' });
    expect(stdout).to.match(/\bcall\b.*Entry point: 0x/s);
    expect(cli(['run', gdb, ...args]).stdout).to.equal(stdout);
  });

  it('sleeps until a signal that no kernel sends, on relibc-2019-07-10', () => {
    const profile = ['--profile', 'relibc-2019-07-10'];
    const { status, stderr } = cli(['run', ...profile, gdb, '-nx', '-batch', '-ex', 'run', TRACEE]);
    expect(status).to.equal(125);
    expect(stderr).to.match(/pid \d+ \(gdb\) waits for a signal\n/);
  });

  it('waits with options that end it, which is KP-60', function () {
    if (whyNotNative() !== undefined) this.skip();
    const run = ['-nx', '-batch', '-ex', 'run', TRACEE];
    expect(reasons(gdb, run, 'relibc-2019-08-04')).to.include('KP-60');
  });
});

describe('strace', () => {
  const strace = programOf('strace') ?? '';
  before(function () {
    if (strace === '') this.skip();
  });

  it('says who it is as it does on Linux', () => {
    const { stdout } = spawnSync(strace, ['-V'], { encoding: 'utf8' });
    expect(cli(['run', strace, '-V'])).to.deep.include({ status: 0, stdout });
  });

  for (const [profile, request] of [
    ['relibc-2019-07-10', 'SEIZE'],
    ['relibc-2019-07-15', 'SETOPTIONS'],
  ] as const) {
    it(`ends at PTRACE_${request} on ${profile}`, () => {
      const { stderr } = cli(['run', '--profile', profile, strace, TRACEE]);
      expect(stderr).to.contain(
        `RELIBC PANIC: panicked at 'not yet implemented: PTRACE_${request} `,
      );
    });
  }

  it('has no SEIZE, and waits for a child that was faster: KP-54', function () {
    if (whyNotNative() !== undefined) this.skip();
    const found = reasons(strace, [TRACEE], 'relibc-2019-08-04');
    expect(found.some((reason) => /PTRACE_SEIZE is not implemented/.test(reason))).to.equal(true);
    expect(found).to.include('KP-54');
  });
});
