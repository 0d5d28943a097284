// The table of expectations, checked: each clause at each kernel that has what it is about.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { kernelProfile } from '../../kernel-sim/index.js';
import { PROBLEMS } from '../../lib/problems/table.js';
import { repository } from '../lib/support.js';
import { type Clause, expectationOf, KERNELS, type KernelName, SECTIONS } from './expectations.js';
import { type Circumstances, HOLDS, type Verdict, verdicts } from './observe.js';

/** Enough to meet what a lucky order hides; `npm run conformance -- --seeds 200` takes its time. */
const SEEDS = [1, 2];

function title({ name, says, ...clause }: Clause, kernel: KernelName): string {
  const expected = expectationOf({ name, says, ...clause }, kernel);
  if (expected.kind !== 'differs') return `${name}: ${says}`;
  return `${name}: not so: ${expected.deviation?.saw} (${expected.deviation?.see})`;
}

function unexpected(kernel: KernelName, how: Circumstances): string[] {
  return SECTIONS.flatMap((section) =>
    [...verdicts(section, kernel, how)]
      .filter(([, { kind }]) => kind === 'unexpected')
      .map(([name, { saw }]) => `${name}: ${saw}`),
  );
}

for (const kernel of KERNELS) {
  describe(`conformance of ${kernel}`, () => {
    for (const section of SECTIONS) {
      let seen: ReadonlyMap<string, Verdict>;
      before(() => {
        seen = verdicts(section, kernel);
      });

      for (const clause of section.clauses) {
        const expected = expectationOf(clause, kernel);
        if (expected.kind === 'n/a') continue;
        it(title(clause, kernel), () => {
          const differs = expected.kind === 'differs' ? expected.deviation?.saw : HOLDS;
          expect(seen.get(clause.name)?.saw).to.equal(differs);
        });
      }
    }

    for (const seed of SEEDS) {
      it(`is the same whoever runs next: seed ${seed}`, () => {
        expect(unexpected(kernel, { seed })).to.deep.equal([]);
      });
    }

    if (kernelProfile(kernel).multiCore) {
      it('is the same on two processors', () => {
        expect(unexpected(kernel, { cpus: 2 })).to.deep.equal([]);
      });
    }
  });
}

describe('the table of expectations', () => {
  const clauses = SECTIONS.flatMap((section) => section.clauses);

  it('has every clause that the programs check, once', () => {
    for (const { program, clauses: own } of SECTIONS) {
      const source = readFileSync(`${repository}test/conformance/${program}.c`, 'utf8');
      const table = source.slice(source.indexOf('const struct clause clauses[]'));
      const names = [...table.matchAll(/\{"([\w.-]+)", \w+\}/g)].map(([, name]) => name);
      expect(own.map(({ name }) => name)).to.deep.equal(names);
    }
    expect(new Set(clauses.map(({ name }) => name)).size).to.equal(clauses.length);
  });

  it('names known problems and commits only', () => {
    const known = new Set(PROBLEMS.map(({ id }) => id));
    for (const { see } of clauses.flatMap(({ deviations }) => deviations)) {
      expect(known.has(see) || /^[0-9a-f]{8}$/.test(see), see).to.equal(true);
    }
  });
});
