// The table of expectations, checked: each clause at each kernel that has what it is about.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { kernelProfile } from '../../kernel-sim/index.js';
import { PROBLEMS } from '../../lib/problems/table.js';
import { repository } from '../lib/support.js';
import {
  CHIEF,
  type Clause,
  expectationOf,
  KERNELS,
  type KernelName,
  SECTIONS,
} from './expectations.js';
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

    for (const seed of CHIEF.includes(kernel) ? SEEDS : []) {
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

/** A kernel, a fault of it, and what is not so for that fault. */
const SPARED = [
  ['P1', 'KP-47', 'trace.close-detaches'],
  ['P1', 'KP-48', 'stop.int3-default'],
  ['P2', 'KP-11', 'security.not-ancestor'],
  ['P5', 'KP-46', 'cont.operation-restarts'],
  ['P7', 'KP-30', 'stop.exit-inspect-fault'],
  ['P7', 'KP-45', 'trace.excl-kills-frozen'],
  ['P7', 'KP-52', 'stop.int3-not-ignored'],
  ['P9', 'KP-51', 'flag.ignore-alone'],
] as const;

describe('a kernel that is spared a fault', () => {
  for (const [kernel, fault, name] of SPARED) {
    it(`${kernel} without ${fault}: ${name} holds, which the table does not expect`, () => {
      const section = SECTIONS.find(({ clauses }) => clauses.some((one) => one.name === name));
      const only = section?.clauses.filter((one) => one.name === name) ?? [];
      if (section === undefined) throw new Error(`no section has ${name}`);
      const seen = verdicts({ ...section, clauses: only }, kernel, { faults: { [fault]: false } });
      expect(seen.get(name)).to.deep.equal({ kind: 'unexpected', saw: HOLDS });
    });
  }
});

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
