// Four answers to PTRACE_TRACEME beside Linux. What each does is found out by running it; what is
// expected here is what facts and Linux say of it.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  askHost,
  askMachine,
  type Outputs,
  type Row,
  recorded,
  STRATEGIES,
  tracemeTable,
} from '../../lib/traceme/answers.js';
import { QUESTIONS } from '../../lib/traceme/questions.js';
import { cli, repository } from './support.js';

describe('examples/traceme.c', () => {
  it('asks the questions that the table has, in their order', () => {
    const source = readFileSync(`${repository}examples/traceme.c`, 'utf8');
    const asked = [...source.matchAll(/\{"([a-z-]+)", \w+\}/g)].map(([, name]) => name);
    expect(asked).to.deep.equal(QUESTIONS.map(({ name }) => name));
  });

  it('prints on this Linux what was recorded of another', function () {
    const host: Outputs | undefined = askHost();
    if (host === undefined) this.skip();
    expect(host).to.deep.equal(recorded());
  });
});

describe('answers to TRACEME', () => {
  let rows: Row[] = [];
  before(() => {
    rows = tracemeTable(recorded());
  });

  /** Questions to which a strategy has another answer than Linux. */
  function differing(strategy: (typeof STRATEGIES)[number]): string[] {
    return rows.filter(({ cells }) => !cells[strategy].same).map(({ question }) => question.name);
  }

  it('give a reason wherever they are not what Linux does, and nowhere else', () => {
    for (const { question, cells } of rows) {
      for (const strategy of STRATEGIES) {
        const { same, reason } = cells[strategy];
        const needed = `${question.name}, ${strategy}: ${cells[strategy].found}`;
        expect(reason === '', needed).to.equal(same);
        expect(question.reasons[strategy] === undefined, needed).to.equal(same);
      }
    }
  });

  it('nothing: waits for ever for a child that marks itself, before or while it waits', () => {
    expect(differing('nothing')).to.include.members(['before', 'during', 'stranger', 'twice']);
    expect(askMachine('during', 'nothing').end).to.equal('waits for ever');
  });

  it('marker: is told of a mark while it waits, but not of one before (KP-54)', () => {
    expect(differing('marker')).to.include.members(['before', 'untraced', 'grandchild']);
    expect(differing('marker')).to.not.include('during');
    const { output } = askMachine('twice', 'marker');
    expect(output).to.equal('TRACEME: works\nTRACEME again: EEXIST\n');
  });

  it('shared memory: says by whom a process wants to be traced, which a marker does not', () => {
    const marker = new Set(differing('marker'));
    const gained = [...marker].filter((name) => !differing('shared-memory').includes(name));
    expect(gained).to.have.members(['untraced', 'twice', 'grandchild']);
  });

  it('daemon: gives all but what it is not told and what threads share', () => {
    expect(differing('daemon')).to.have.members(['tracer-exit', 'threads']);
  });
});

describe('relibc-ptrace', () => {
  it('traceme prints a table with a reason for each difference', () => {
    const { stdout, stderr, status } = cli(['traceme']);
    expect({ stderr, status }).to.deep.equal({ stderr: '', status: 0 });
    expect(stdout).to.match(/what Linux promises .* nothing .* marker .* shared-memory .* daemon/);
    expect(stdout).to.match(/^before \(marker, shared-memory\): .*KP-54/m);
    for (const line of stdout.split('\n').filter((text) => text.startsWith('│'))) {
      expect(line.length).to.be.at.most(110);
    }
  });

  it('run --traceme runs a program with another answer', () => {
    const run = (answer: string) =>
      cli(['run', '--traceme', answer, 'examples/traceme.elf', 'twice']).stdout;
    expect(run('nothing')).to.match(/again: works/);
    expect(run('daemon')).to.match(/again: EPERM/);
  });

  it('run --traceme knows four answers', () => {
    const { stderr, status } = cli(['run', '--traceme', 'psychic', 'examples/traceme.elf']);
    expect(status).to.equal(2);
    expect(stderr).to.match(
      /^relibc-ptrace: .*psychic.*nothing, marker, shared-memory, daemon.*\n$/,
    );
  });
});
