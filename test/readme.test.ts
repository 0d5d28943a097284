// What the README shows is what happens.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { whyNotNative } from '../lib/compare/native.js';
import { problemNamed } from '../lib/problems/table.js';
import { repository, uncounted } from './lib/support.js';

const readme = readFileSync(`${repository}README.md`, 'utf8');

const porting = readFileSync(`${repository}examples/README.md`, 'utf8');

function blocks(language: string, text = readme): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text = '']) => text);
}

/** Runs a line of a transcript as a shell would, with this Node. */
function shell(line: string): string {
  const [program = '', ...args] = line.split(' ');
  expect(program).to.equal('node');
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: repository,
    encoding: 'utf8',
    env: uncounted,
  });
  return stdout + stderr;
}

/** A test for each transcript of a page. */
function transcripts(page: string): void {
  for (const transcript of blocks('console', page)) {
    const [line = '', ...output] = transcript.split('\n');
    const typed = line.replace(/^\$ /, '');
    it(`shows what \`${typed}\` prints`, function () {
      // elsewhere a recording stands in, and it says so
      if (typed.includes(' compare ') && whyNotNative() !== undefined) this.skip();
      expect(line).to.match(/^\$ /);
      expect(shell(typed).split('\n')).to.deep.equal(output);
    });
  }
}

describe('README', () => {
  transcripts(readme);

  it('shows the tracer of examples/first-light.ts as it is', () => {
    const [example = ''] = blocks('ts');
    const source = readFileSync(`${repository}examples/first-light.ts`, 'utf8');
    expect(source.endsWith(example)).to.equal(true);
    expect(example.length).to.be.greaterThan(1000);
  });

  it('says truly that this tracer prints the same as the one in C', () => {
    const [transcript = ''] = blocks('console');
    expect(shell('node dist/examples/first-light.js')).to.equal(
      transcript.slice(transcript.indexOf('\n') + 1),
    );
  });

  it('names scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8')) as {
      scripts: Record<string, string>;
    };
    const text = readme + readFileSync(`${repository}CONTRIBUTING.md`, 'utf8');
    const named = [
      ...text.matchAll(/\bnpm (?:run )?(start|test|[\w:]*build|bench|lint|format)\b/g),
    ];
    for (const [, script = ''] of named) expect(scripts).to.have.property(script);
    expect(named.length).to.be.greaterThan(3);
  });

  it('fits on a page', () => {
    expect(readme.split('\n').length).to.be.at.most(170);
  });

  it('npm start ends well: both of its programs did what is documented of them', () => {
    const { stdout, stderr, status } = spawnSync('npm', ['start', '--silent'], {
      cwd: repository,
      encoding: 'utf8',
      env: uncounted,
    });
    expect(stdout).to.match(/^Child terminated with error code 123\.$/m);
    expect(stdout).to.not.match(/Please let me in|Well fsck/);
    expect(stderr).to.match(/deadlock/);
    expect(status).to.equal(0);
  });
});

describe('the page on porting', () => {
  transcripts(porting);

  it('names files and problems that exist', () => {
    for (const [, file = ''] of porting.matchAll(/\b((?:tracers|redox)\/[\w-]+\.\w+)\b/g)) {
      expect(existsSync(`${repository}examples/${file}`), file).to.equal(true);
    }
    const ids = [...porting.matchAll(/KP-\d\d/g)].map(([id]) => id);
    for (const id of ids) expect(problemNamed(id), id).to.not.equal(undefined);
    expect(ids.length).to.be.greaterThan(5);
  });
});
