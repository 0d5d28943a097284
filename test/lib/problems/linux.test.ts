// What the reproductions say of Linux is what Linux did: a recorded run of linux.c, repeated here
// where there are a compiler and ptrace.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { REPRODUCTIONS } from '../../../lib/problems/reproductions/index.js';
import { build, whyUnavailable } from '../../silicon/helper.js';
import { repository } from '../support.js';

const recorded = linesOf(readFileSync(`${repository}test/golden/problems-linux.txt`, 'utf8'));

/** Lines of problem, what is looked at, and what it is; in no order. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();
}

describe('Linux, where Redox has a known problem', () => {
  it('does what the reproductions say', () => {
    const said = REPRODUCTIONS.flatMap(({ id, sights }) =>
      sights.flatMap(({ what, linux }) =>
        linux === undefined ? [] : [`${id}\t${what}\t${linux}`],
      ),
    );
    expect(said.sort()).to.deep.equal(recorded);
  });

  it('does so on this host', function () {
    this.retries(2); // it sleeps for tenths of seconds, which a busy host may take longer for
    const reason = whyUnavailable();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    let program = '';
    try {
      program = build('../lib/problems/linux.c', 'gcc', ['-O1', '-static', '-pthread']);
    } catch {
      console.log('      skipped: linux.c wants glibc 2.32, and libc.a');
      this.skip();
    }
    const { stdout, status } = spawnSync(program, { encoding: 'utf8', timeout: 30_000 });
    expect(status).to.equal(0);
    // other users' processes can be had by root only
    const root = process.getuid?.() === 0;
    const expected = recorded.filter((line) => root || !line.startsWith('KP-11'));
    expect(linesOf(stdout)).to.deep.equal(expected);
  });
});
