// `compare`: the example tracers beside Linux. Where each first meets what relibc of 2019-08-04 does
// otherwise follows from that revision: it has no PEEK, POKE, ATTACH or SETOPTIONS, asks for stops at
// system calls and steps only, and reports all of them as SIGSTOP.
import { expect } from 'chai';
import { exampleTracers } from '../../../lib/build/recordings.js';
import { align, isSame } from '../../../lib/compare/align.js';
import { type Comparison, compareProgram } from '../../../lib/compare/comparison.js';
import { committedRecording, recordNatively, whyNotNative } from '../../../lib/compare/native.js';
import { cli, repository } from '../support.js';

const PROFILE = 'relibc-2019-08-04';
const FIRST: Readonly<Record<string, string | RegExp>> = {
  attach: /PTRACE_ATTACH is not implemented/,
  breakpoints: /has no PTRACE_PEEKTEXT/,
  'exec-tracer': 'KP-29',
  'exit-interceptor': /has no PTRACE_SETOPTIONS/,
  'fault-catcher': /never asks the kernel for stops at signals/,
  'fork-follower': /has no PTRACE_SETOPTIONS/,
  'memory-patcher': 'KP-55',
  'memory-reader': /has no process_vm_readv\(\)/,
  'other-thread': /each of its threads may trace/,
  poller: 'KP-67',
  'register-dumper': 'KP-55',
  sandbox: 'KP-19',
  'signal-injector': /never asks the kernel for stops at signals/,
  'step-counter': 'KP-18',
  'syscall-logger': 'KP-19',
  'syscall-rewriter': 'KP-19',
  'two-tracees': 'KP-20',
  watchdog: /no SIGALRM comes/,
};
/** They wait for stops that nobody tells them of. */
const FOR_EVER = ['memory-patcher', 'register-dumper', 'two-tracees'];

const nameOf = (path: string): string => path.replace(/^.*\/|\.elf$/g, '');
const on = (path: string, profile = PROFILE): Comparison =>
  compareProgram(path, [], { profiles: [profile], directory: repository });

describe('comparing with Linux', () => {
  it('has an example for each thing that tracers do', () => {
    expect(exampleTracers().map(nameOf)).to.have.members(Object.keys(FIRST));
    expect(Object.keys(FIRST).length).to.be.at.least(12);
  });

  for (const path of exampleTracers()) {
    const name = nameOf(path);
    it(`shows where ${name} first meets relibc`, () => {
      const { linux, runs } = on(path);
      const [{ alignment, explanations, recording }] = runs;
      expect(linux.end).to.deep.equal({ kind: 'exited', status: 0 });
      const { problem, title } = explanations[alignment.first ?? -1] ?? {};
      const expected = FIRST[name];
      if (typeof expected === 'string') expect(problem).to.equal(expected);
      else expect(title).to.match(expected);
      expect(recording.end.kind === 'deadlock').to.equal(FOR_EVER.includes(name));
    });

    it(`has a recording of ${name} that is what Linux does`, function () {
      if (whyNotNative() !== undefined) this.skip();
      const committed = committedRecording(path);
      if (committed === undefined) expect.fail(`no recording of ${path}`);
      const { rows, end } = align(committed, recordNatively(path, [], repository));
      expect(end).to.deep.equal([]);
      for (const row of rows.filter((each) => !isSame(each))) {
        // a word that the child is counting in
        expect(row.differences.map(({ what }) => what)).to.deep.equal(['word']);
        expect(name).to.equal('attach');
      }
    });
  }

  it('can do with the recording alone', () => {
    const recording = committedRecording('examples/tracers/two-tracees.elf');
    expect(recording?.on).to.equal('linux');
    expect(recording?.seen.length).to.be.greaterThan(10);
  });

  it('finds KP-58 in a relibc whose threads have sessions of their own', () => {
    const { runs } = on('examples/tracers/other-thread.elf', 'relibc-2021-12-01');
    const problems = runs[0]?.explanations.map((found) => found?.problem);
    expect(problems).to.include('KP-58');
  });

  it('finds KP-02 in the first relibc, which knows nothing of TRACEME', () => {
    const { runs } = on('examples/tracers/syscall-logger.elf', 'relibc-2019-07-10');
    const [{ alignment, explanations }] = runs;
    expect(explanations[alignment.first ?? -1]?.problem).to.equal('KP-02');
  });
});

describe('relibc-ptrace compare', () => {
  const args = ['compare', '--profiles', PROFILE, 'examples/tracers/two-tracees.elf'];

  it('prints both runs, the first difference marked, and why', () => {
    const { stdout, status } = cli(args);
    expect(status).to.equal(0);
    expect(stdout).to.match(
      /^waitpid any → p1 stopped by SIGTRAP +▶ waitpid any → never returns$/m,
    );
    expect(stdout).to.match(/^ {2}KP-20: Waiting for any child does not see stops \(1 line\)$/m);
    expect(stdout).to.match(/^ {2}p2 waits for SIGCONT, as SIGSTOP stopped it$/m);
  });

  it('takes a program by an absolute path', function () {
    if (whyNotNative() !== undefined) this.skip();
    const path = `${repository}${args[3]}`;
    const { stdout, status } = cli([...args.slice(0, 3), path]);
    expect(status).to.equal(0);
    expect(stdout).to.contain(`${path} on Linux`);
    expect(stdout).to.contain('KP-20: ');
  });

  it('prints JSON', () => {
    const { stdout } = cli([...args.slice(0, 1), '--json', ...args.slice(1)]);
    const comparison = JSON.parse(stdout) as Comparison;
    expect(comparison.linux.on).to.equal('linux');
    expect(comparison.runs.map(({ recording }) => recording.on)).to.deep.equal([PROFILE]);
  });

  it('says in one line what it cannot do', () => {
    for (const [wrong, reason, status] of [
      [['compare', 'nothing.elf'], /nothing\.elf does not exist/, 127],
      [['compare', 'README.md'], /README\.md cannot be run: it is not an ELF file/, 126],
      [['compare', '--profiles', 'plan9', args[3]], /plan9.*relibc-2019-07-10/, 2],
      [['compare', '--kernel', 'P99', args[3]], /P99.*P1/, 2],
    ] as [string[], RegExp, number][]) {
      const run = cli(wrong);
      expect(run.stderr)
        .to.match(reason)
        .and.match(/^relibc-ptrace: .*\n$/);
      expect(run.status).to.equal(status);
    }
  });
});
