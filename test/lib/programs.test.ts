// The committed ELF files and the sources beside them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  compile,
  hashOfFile,
  MANIFEST,
  type Manifest,
  REPOSITORY,
  recipeOf,
  toolchain,
} from '../../lib/build/examples.js';
import { LINUX, PROGRAMS, REDOX } from '../../lib/build/programs.js';

describe('committed programs', () => {
  const manifest = JSON.parse(readFileSync(REPOSITORY + MANIFEST, 'utf8')) as Manifest;
  const here = new Map([LINUX, REDOX].map((recipe) => [recipe, toolchain(recipe)]));
  let directory = '';

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-programs-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('are those of the table', () => {
    expect(Object.keys(manifest.programs)).to.deep.equal(PROGRAMS.map(({ output }) => output));
  });

  for (const program of PROGRAMS) {
    it(`${program.output} was made from its source as it is now`, () => {
      expect(manifest.programs[program.output]).to.deep.equal({
        recipe: recipeOf(program),
        sha256: hashOfFile(REPOSITORY + program.output),
      });
    });

    it(`${program.output} is what the compiler makes of its source`, function () {
      const tools = here.get(program.recipe);
      if (tools === undefined) this.skip();
      const output = join(directory, 'program.elf');
      compile(program, output);
      // another compiler's bytes differ, but its build must still succeed
      if (tools === manifest.toolchains[program.recipe.compiler]) {
        expect(hashOfFile(output)).to.equal(manifest.programs[program.output]?.sha256);
      }
    });
  }
});
