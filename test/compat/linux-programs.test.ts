import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { WEXITSTATUS } from '../../compat/index.js';
import { Machine } from '../../lib/machine.js';

// C programs for Linux, run by this host's kernel and by the machine: both print the same.

const SOURCES = fileURLToPath(new URL('../../../test/compat/programs/', import.meta.url));
const VARIABLE = 'VARIABLE=value';

const BARE = ['-nostdlib', '-ffreestanding', '-mgeneral-regs-only', '-fno-stack-protector'];
const PROGRAMS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['without a C library', 'gcc', 'raw.c', ['-O1', '-fno-pie', '-no-pie', ...BARE]],
  ['with musl', 'musl-gcc', 'libc.c', ['-O2']],
  ['with glibc', 'gcc', 'libc.c', ['-O2', '-pthread']],
  ['with threads of musl', 'musl-gcc', 'ends.c', ['-O2']],
  ['with threads of glibc', 'gcc', 'ends.c', ['-O2', '-pthread']],
];

function natively(program: string) {
  const { stdout, status } = spawnSync(program, {
    input: '',
    encoding: 'latin1',
    env: { VARIABLE: 'value' },
  });
  return { stdout, status };
}

function onMachine(program: string) {
  const unsupported: string[] = [];
  let stdout = '';
  const machine = new Machine({
    unsupported: (name) => unsupported.push(name),
    host: {
      write: (stream, bytes) => {
        if (stream === 'stdout') stdout += Buffer.from(bytes).toString('latin1');
      },
      read: () => null,
      realtime: () => 1_565_827_200,
    },
  });
  const status = WEXITSTATUS(machine.run(machine.start(program, { env: [VARIABLE] })));
  return { stdout, status, unsupported };
}

describe('a program for Linux', () => {
  let directory = '';

  before(function () {
    const linux = process.platform === 'linux' && process.arch === 'x64';
    if (!linux || spawnSync('gcc', ['--version']).error !== undefined) this.skip();
    directory = mkdtempSync(join(tmpdir(), 'linux-programs-'));
  });

  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true });
  });

  for (const [name, compiler, source, flags] of PROGRAMS) {
    it(`${name} does on relibc what it does on Linux`, function () {
      if (spawnSync(compiler, ['--version']).error !== undefined) this.skip();
      const program = join(directory, name.replaceAll(' ', '-'));
      execFileSync(compiler, ['-static', ...flags, '-w', join(SOURCES, source), '-o', program]);
      const expected = natively(program);
      const { unsupported, ...found } = onMachine(program);
      expect(found).to.deep.equal(expected);
      expect(unsupported).to.deep.equal(source === 'raw.c' ? ['9999'] : []);
    });
  }
});
