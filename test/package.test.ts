// The package as npm would publish it: unpacked elsewhere, its command and its library work.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { repository, uncounted } from './lib/support.js';

describe('the package', () => {
  let directory = '';
  let unpacked = '';

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-package-'));
    unpacked = join(directory, 'package');
    // what npm run build made is packed as it is
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory];
    const { stdout } = spawnSync('npm', pack, { cwd: repository, encoding: 'utf8' });
    spawnSync('tar', ['xf', join(directory, stdout.trim()), '-C', directory]);
  });
  after(() => rmSync(directory, { recursive: true }));

  function node(...args: string[]) {
    const options = { cwd: unpacked, encoding: 'utf8', env: uncounted } as const;
    return spawnSync(process.execPath, args, options);
  }

  it('has all that package.json names, and nothing of the tests', () => {
    const { bin, exports } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
      exports: Record<string, Record<string, string>>;
    };
    const named = [...Object.values(bin), ...Object.values(exports).flatMap(Object.values)];
    expect(named.length).to.be.greaterThan(10);
    for (const path of named) expect(existsSync(join(unpacked, path)), path).to.equal(true);
    expect(existsSync(join(unpacked, 'dist/test'))).to.equal(false);
  });

  it('has a command that needs no other package', () => {
    const { stdout } = node('dist/lib/relibc-ptrace.cjs', 'run', 'examples/first-light.elf');
    expect(stdout).to.match(/\nChild terminated with error code 123\.\n$/);
  });

  it('has a library that finds its files', () => {
    symlinkSync(join(repository, 'node_modules'), join(unpacked, 'node_modules'));
    expect(node('dist/examples/first-light.js').stdout).to.match(/error code 123\.\n$/);
  });
});
