// examples/both.ts: what one tracer sees of first-light's child on Linux and on the machine.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { whyNotLinux } from '../../lib/index.js';
import { repository, uncounted } from '../lib/support.js';

/** A start of Node as on another system. */
const ELSEWHERE = [
  '--import',
  "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})",
];

function both(...flags: string[]) {
  const { stdout, status } = spawnSync(process.execPath, [...flags, 'dist/examples/both.js'], {
    cwd: repository,
    encoding: 'utf8',
    env: uncounted,
  });
  const lines = stdout.trimEnd().split('\n');
  const table = lines.slice(lines.indexOf('') + 2);
  const columns = table.map((line) => [line.slice(0, 48).trim(), line.slice(48).trim()]);
  return {
    stdout,
    status,
    linux: columns.map(([left = '']) => left).filter(Boolean),
    machine: columns.map(([, right = '']) => right).filter(Boolean),
  };
}

/** The child's calls after its stop: raise() puts the mask back, five lines, one more to stderr. */
const RESULTS = ['0', '22', '68', '25', '11', '18', '11'];

const resultsOf = (column: readonly string[]) =>
  column.map((line) => /^stopped by \w+ +(?:= )(\d+)$/.exec(line)?.[1]).filter(Boolean);
const signalsOf = (column: readonly string[]) =>
  new Set(column.map((line) => /^stopped by (\w+)/.exec(line)?.[1]).filter(Boolean));

/** The table of examples/README.md that shows the first lines. */
const rowsOf = (page: string) =>
  [...page.matchAll(/^\| `(stopped by .*)` \| `(stopped by .*)` \|$/gm)].map(([, ...row]) => row);

describe('examples/both.ts', () => {
  it('sees the same results on Linux and the machine, by stops that look otherwise', function () {
    const why = whyNotLinux();
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    const { stdout, linux, machine, status } = both();
    expect(status).to.equal(0);
    expect(resultsOf(linux)).to.deep.equal(RESULTS);
    expect(resultsOf(machine)).to.deep.equal(RESULTS);
    expect(linux.filter((line) => /writev?\(0x1, /.test(line))).to.have.length(5);
    expect(machine.filter((line) => /write\(0x1, /.test(line))).to.have.length(5);
    expect(stdout.match(/^Hello, this is a test$/gm), 'of both children').to.have.length(2);
    // ptrace(2); relibc says SIGSTOP of every stop (KP-19)
    expect(signalsOf(linux)).to.have.keys('SIGSTOP', 'SIGTRAP');
    expect(signalsOf(machine)).to.have.keys('SIGSTOP');
    expect(rowsOf(readFileSync(`${repository}examples/README.md`, 'utf8'))).to.deep.equal(
      linux.slice(0, 4).map((line, i) => [line, machine[i]]),
    );
    expect([linux.at(-1), machine.at(-1)]).to.deep.equal(['exited 0', 'exited 0']);
  });

  it('says in a line where there is no Linux, and traces on the machine', () => {
    const { stdout, status, linux, machine } = both(...ELSEWHERE);
    expect(status).to.equal(0);
    expect(stdout).to.match(/^There is no Linux to trace on: this is darwin on .*\.$/m);
    expect(linux).to.deep.equal([]);
    expect(resultsOf(machine)).to.deep.equal(RESULTS);
  });
});
