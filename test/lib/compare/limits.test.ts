// Recordings of runs that never end, natively and on the machine: they are cut off, and say so. What
// Linux does otherwise is ptrace(2), "PTRACE_TRACEME", and clone(2).
import { expect } from 'chai';
import { align } from '../../../lib/compare/align.js';
import { compareProgram } from '../../../lib/compare/comparison.js';
import { recordNatively, whyNotNative } from '../../../lib/compare/native.js';
import { CALLS_MAX, OUTPUT_LIMIT, type Recording } from '../../../lib/compare/recording.js';
import { recordOnMachine } from '../../../lib/compare/simulated.js';
import { renderText } from '../../../lib/compare/text.js';
import { repository } from '../support.js';

const PROGRAM = 'test/programs/limits.elf';
const PLACES = {
  natively: (what: string): Recording => recordNatively(PROGRAM, [what], repository),
  'on the machine': (what: string): Recording =>
    recordOnMachine(PROGRAM, [what], { directory: repository }),
} as const;

for (const [place, record] of Object.entries(PLACES)) {
  describe(`a recording ${place}`, function () {
    this.timeout(60_000);
    before(function () {
      if (place === 'natively' && whyNotNative() !== undefined) this.skip();
    });

    it('keeps the first calls of a tracer that never ends', () => {
      const { seen, cut, end } = record('trace');
      expect(end.kind).to.equal('endless');
      expect(cut).to.equal(true);
      expect(seen.length).to.be.within(CALLS_MAX - 2, CALLS_MAX);
      expect(seen.slice(0, 3).map(({ call }) => call)).to.deep.equal(['fork', 'wait', 'ptrace']);
    });

    it('ends with a program that prints too much', () => {
      const { stdout, end } = record('print');
      expect(end.kind).to.equal('endless');
      expect(stdout.length).to.equal(OUTPUT_LIMIT);
    });

    it('ends with its program, though a child runs on', () => {
      expect(record('leave').end).to.deep.equal({ kind: 'exited', status: 3 });
    });

    it('leaves a program stopped that stops itself', () => {
      expect(record('stop').stdout).to.equal('woken\n');
    });

    it('has the first TRACEME succeed, and a second fail', () => {
      const results = record('twice').seen.flatMap((seen) =>
        seen.call === 'ptrace' ? [seen.result] : [],
      );
      expect(results).to.deep.equal(['0', place === 'natively' ? 'EPERM' : 'EEXIST']);
    });

    it('has none of the calls of a child that posix_spawn made', () => {
      const { seen } = record('spawn');
      expect(seen.map(({ call }) => call)).to.deep.equal(['fork', 'wait', 'exit']);
    });

    it('has the calls of other threads', () => {
      const { seen } = record('thread');
      expect(seen.slice(0, 3)).to.deep.equal([
        { call: 'fork', process: 'thread', result: 't1' },
        { call: 'fork', process: 'tracer', result: 'p1' },
        { call: 'wait', process: 'p1', options: '0', result: 'p1', status: 'exited 7' },
      ]);
    });
  });
}

describe('comparing runs that never end', function () {
  this.timeout(60_000);
  before(function () {
    if (whyNotNative() !== undefined) this.skip();
  });

  it('does not count against one that the other got further', () => {
    const [linux, here] = [PLACES.natively('print'), PLACES['on the machine']('print')];
    const { first, end } = align(linux, here);
    expect(first).to.equal(undefined);
    expect(end).to.deep.equal([]);
  });

  it('says that lines were left out', () => {
    const comparison = compareProgram(PROGRAM, ['trace'], {
      profiles: ['relibc-2019-08-04'],
      directory: repository,
    });
    const text = renderText(comparison, { width: 100 });
    expect(text).to.match(/^ {2}only the first 20000 calls on linux are shown$/m);
    expect(text).to.match(/^ {2}only the first 20000 calls on relibc-2019-08-04 are shown$/m);
    expect(text).to.match(/runs on without end \(stopped after /);
  });
});
