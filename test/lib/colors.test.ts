import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { wantsColors } from '../../lib/cli/colors.js';
import { command, repository, uncounted } from './support.js';

const piped = () => false;
const terminal = () => true;

describe('colours', () => {
  it('are for terminals, but not for dumb ones', () => {
    expect(wantsColors({ TERM: 'xterm' }, terminal)).to.equal(true);
    expect(wantsColors({ TERM: 'dumb' }, terminal)).to.equal(false);
    expect(wantsColors({ TERM: 'xterm' }, piped)).to.equal(false);
  });

  it('follow NO_COLOR and FORCE_COLOR, when these say anything', () => {
    expect(wantsColors({ NO_COLOR: '1', FORCE_COLOR: '1' }, terminal)).to.equal(false);
    expect(wantsColors({ FORCE_COLOR: '1', TERM: 'dumb' }, piped)).to.equal(true);
    expect(wantsColors({ FORCE_COLOR: '0' }, terminal)).to.equal(false);
    expect(wantsColors({ NO_COLOR: '', FORCE_COLOR: '' }, terminal)).to.equal(true);
  });

  it('stay out of a build server’s pipes', () => {
    const coloured = (env: NodeJS.ProcessEnv) => {
      const options = { cwd: repository, encoding: 'utf8', env: { ...uncounted, ...env } } as const;
      const run = spawnSync(process.execPath, [command, 'problems', 'KP-17'], options);
      expect(run.status).to.equal(0);
      return run.stdout.includes('\u001b');
    };
    expect(coloured({ CI: 'true' })).to.equal(false);
    expect(coloured({ NO_COLOR: undefined, FORCE_COLOR: '1' })).to.equal(true);
  });
});
