// `relibc-ptrace problems`: the list of known problems, and what their reproductions show.
import Table from 'cli-table3';
import pc from 'picocolors';
import {
  type Observation,
  type Reproduction,
  type Run,
  reproduce,
} from '../problems/reproduction.js';
import { reproductionOf } from '../problems/reproductions/index.js';
import { PROBLEMS, type Problem, problemNamed } from '../problems/table.js';
import { put } from './output.js';
import { Refusal, STATUS_USAGE } from './refusal.js';

export interface ProblemsOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Returns the status to exit with: 1 when something is not as it is documented. */
export function problems(names: readonly string[], { all, json }: ProblemsOptions): number {
  if (names.length === 0 && !all) {
    put('stdout', json ? `${JSON.stringify(PROBLEMS, null, 2)}\n` : list());
    return 0;
  }
  const chosen = all ? PROBLEMS.filter(({ id }) => reproductionOf(id)) : names.map(named);
  const shown = chosen.map((problem) => show(problem, json === true));
  if (json) put('stdout', `${JSON.stringify(shown, null, 2)}\n`);
  else if (shown.length > 1) put('stdout', summary(shown));
  return shown.every(({ asDocumented }) => asDocumented) ? 0 : 1;
}

function named(name: string): Problem {
  const problem = problemNamed(name);
  if (problem !== undefined) return problem;
  throw new Refusal(`no problem is called ${name}; see: relibc-ptrace problems`, STATUS_USAGE);
}

function list(): string {
  const table = new Table({
    head: ['id', 'problem', 'documented in', 'affected'],
    colWidths: [7, 42, 34, 34],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const { id, title, documented, affected } of PROBLEMS) {
    table.push([id, title, documented, affected]);
  }
  return `${table.toString()}\n`;
}

/** A problem and what was seen of it. */
interface Shown extends Problem {
  readonly runs: readonly Run[];
  readonly onLinux: Readonly<Record<string, string>>;
  readonly asDocumented: boolean;
}

function show(problem: Problem, silently: boolean): Shown {
  const reproduction = reproductionOf(problem.id);
  if (reproduction === undefined) {
    throw new Refusal(`${problem.id} has no reproduction yet`, STATUS_USAGE);
  }
  const runs = reproduce(reproduction);
  if (!silently) put('stdout', `${header(problem)}${outcome(reproduction, runs)}\n`);
  return {
    ...problem,
    runs,
    onLinux: Object.fromEntries(
      reproduction.sights.map(({ what, linux }) => [what, linux ?? 'n/a']),
    ),
    asDocumented: runs.every(({ asDocumented }) => asDocumented),
  };
}

function header(problem: Problem): string {
  const { id, title, explanation, documented, affected, fixed, linux, finding } = problem;
  const lines = [
    pc.bold(`${id}  ${title}`),
    explanation,
    `  documented  ${documented}`,
    `  affected    ${affected}`,
    `  fixed       ${fixed}`,
    `  Linux       ${linux}`,
  ];
  if (finding !== undefined) lines.push(`  finding     ${finding}`);
  return `${lines.join('\n')}\n`;
}

function outcome({ sights }: Reproduction, runs: readonly Run[]): string {
  const table = new Table({
    head: [
      '',
      ...runs.map(({ revision, faulty }) => `${revision}${faulty ? '' : ' (sound)'}`),
      'Linux',
    ],
    colWidths: [26, ...runs.map(() => 24), 22],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  const rows = new Set(runs.flatMap(({ observed }) => observed.map(({ what }) => what)));
  for (const what of rows) {
    const linux = sights.find((sight) => sight.what === what)?.linux ?? 'n/a';
    table.push([what, ...runs.map((run) => cell(run, what)), linux]);
  }
  const notes = runs.flatMap(({ revision, notes: lines }) =>
    lines.map((line) => pc.dim(`  ${revision}: ${line}\n`)),
  );
  return `${table.toString()}\n${notes.join('')}`;
}

function cell({ observed }: Run, what: string): string {
  const found = observed.find((observation) => observation.what === what);
  if (found === undefined) return '';
  return found.value === found.expected ? found.value : surprise(found);
}

function surprise({ value, expected }: Observation): string {
  return pc.red(`${value} (documented: ${expected ?? 'nothing of the kind'})`);
}

function summary(shown: readonly Shown[]): string {
  const strange = shown.filter(({ asDocumented }) => !asDocumented).map(({ id }) => id);
  const same = shown.length - strange.length;
  const rest = strange.length === 0 ? '' : `; otherwise: ${strange.join(', ')}`;
  return `${same} of ${shown.length} as documented${rest}\n`;
}
