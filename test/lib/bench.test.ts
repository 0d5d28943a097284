// The bench: its programs do the same work everywhere, and its tables say what was measured.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { format } from '../../lib/bench/section.js';
import { NATIVE, SUITE } from '../../lib/bench/suite.js';
import { toolchain } from '../../lib/build/examples.js';
import { cli, isLinux, repository } from './support.js';

const KERNELS = 'lib/bench/programs/kernels.elf';
const BENCH = fileURLToPath(new URL('../../lib/bench/main.js', import.meta.url));
const STOPS = 'lib/bench/programs/stops.elf';

describe('bench programs', () => {
  const runs: readonly string[][] = [
    [KERNELS, 'registers', '1000'],
    [KERNELS, 'memory', '1000'],
    [KERNELS, 'sort', '500'],
    [KERNELS, 'sieve', '5000'],
    [KERNELS, 'matrix', '20'],
    [KERNELS, 'text', '50'],
    [KERNELS, 'forks', '5'],
    [KERNELS, 'nothing', '0'],
    [STOPS, 'step', '100'],
    [STOPS, 'syscall', '100'],
  ];
  for (const [program = '', ...args] of runs) {
    it(`${args[0]}: the work natively and on the machine is the same`, function () {
      if (!isLinux) this.skip();
      const native = spawnSync(repository + program, args, { encoding: 'utf8' });
      expect(native.status).to.equal(0);
      const { stdout, stderr, status } = cli(['run', program, ...args]);
      expect({ stdout, stderr, status }).to.deep.equal({
        stdout: native.stdout,
        stderr: '',
        status: 0,
      });
    });
  }

  it('counts instructions exactly: six in each round on registers', () => {
    const instructions = (rounds: number): number => {
      const run = cli(['run', '--stats=json', KERNELS, 'registers', String(rounds)]);
      return (JSON.parse(run.stderr) as { instructions: number }).instructions;
    };
    // numbers of as many digits, whose sums have, too: the rest of the program does the same
    const difference = instructions(3000) - instructions(2000);
    expect(difference).to.be.within(6000 - 200, 6000 + 200);
  });
});

describe('npm run bench -- cpu --quick', () => {
  it('finds that every program does the same work everywhere', function () {
    if (!isLinux || toolchain(NATIVE) === undefined) this.skip();
    this.timeout(600_000);
    const run = spawnSync(process.execPath, [BENCH, 'cpu', '--quick'], { encoding: 'utf8' });
    expect(run).to.include({ stderr: '', status: 0 });
    const { cpu } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as {
      cpu: { program: string; autoSeconds: number }[];
    };
    expect(cpu.map(({ program }) => program)).to.deep.equal(SUITE.map(({ name }) => name));
    for (const { autoSeconds } of cpu) expect(autoSeconds).to.be.within(0.01, 600);
  });

  it('names the programs there are when asked for another', () => {
    const run = spawnSync(process.execPath, [BENCH, 'cpu', 'sorting'], { encoding: 'utf8' });
    expect(run.status).to.equal(1);
    expect(run.stderr).to.match(/^bench: no program sorting; there are registers, memory, .*\n$/);
  });
});

describe('bench tables', () => {
  it('put a dash where there is nothing to compare with', () => {
    const rows = [{ kernel: 'sort', millionsPerSecond: 80.1234, timesQemu: undefined }];
    const text = format({ title: 'CPU', rows, notes: ['a note'] });
    expect(text).to.match(/^CPU\n/);
    expect(text).to.match(/kernel.*millions per second.*times qemu/);
    expect(text).to.match(/sort.*80\.1.*-/);
    expect(text).to.match(/a note\n$/);
  });
});
