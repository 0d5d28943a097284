import { expect } from 'chai';
import { cli } from '../support.js';

// What the command prints and how it exits; what is shown is the reproductions' own test.

interface Shown {
  id: string;
  asDocumented: boolean;
  runs: { revision: string; faulty: boolean; observed: { what: string; value: string }[] }[];
  onLinux: Record<string, string>;
}

describe('relibc-ptrace problems', () => {
  it('lists every problem with where it is documented and what it affects', () => {
    const { status, stdout } = cli(['problems']);
    expect(status).to.equal(0);
    expect(stdout.match(/KP-\d\d/g)).to.have.length(69);
    for (const text of ['blog part 2, issue 3', 'derived from the code', 'dcad3bbe']) {
      expect(stdout).to.contain(text);
    }
  });

  it('lists them as JSON', () => {
    const list = JSON.parse(cli(['problems', '--json']).stdout);
    expect(list).to.have.length(69);
    expect(list[16]).to.include({ id: 'KP-17', kind: 'documented' });
  });

  it('shows what happens on revisions with the problem, without it, and on Linux', () => {
    const { status, stdout } = cli(['problems', 'KP-17']);
    expect(status).to.equal(0);
    expect(stdout).to.contain('RIP lies after the int3');
    expect(stdout).to.match(/rip, where .*\n +✗ P7 +\+2\n +✓ P10 +\+1\n +Linux +\+2\n/);
  });

  it('names who waits for whom', () => {
    const { stdout } = cli(['problems', '22']);
    expect(stdout).to.match(/pid \d+ \(child\) waits for SIGCONT, as SIGSTOP stopped it/);
  });

  it('shows the registers that a missing | leads to: rax is 0xffffffff at the fault (KP-06)', () => {
    const { stdout } = cli(['problems', '6']);
    expect(stdout).to.contain('page fault: the instruction at 0x400022 reads from 0xffffffff');
    expect(stdout).to.match(/step 3: rip 0x40001d \(mov eax, -1\), rax 0x1, rflags 0x2\n/);
  });

  it('takes several, and gives JSON of what was seen', () => {
    const { status, stdout } = cli(['problems', 'kp-2', '68', '--json']);
    expect(status).to.equal(0);
    const [first, second]: Shown[] = JSON.parse(stdout);
    expect(first?.id).to.equal('KP-02');
    expect(second?.id).to.equal('KP-68');
    expect(second?.onLinux['read at 2^48 + address']).to.equal('EIO');
    expect(first?.runs.map(({ faulty }) => faulty)).to.deep.equal([true, false]);
    expect(first?.asDocumented).to.equal(true);
  });

  it('refuses what is no problem with one line and status 2', () => {
    const { status, stdout, stderr } = cli(['problems', 'KP-70']);
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
    expect(stderr).to.equal(
      'relibc-ptrace: no problem is called KP-70; see: relibc-ptrace problems\n',
    );
  });
});
