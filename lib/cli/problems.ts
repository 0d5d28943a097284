// `relibc-ptrace problems`: the list of known problems, and what their reproductions show.
import Table from 'cli-table3';
import {
  type Observation,
  type Reproduction,
  type Run,
  reproduce,
} from '../problems/reproduction.js';
import { reproductionOf } from '../problems/reproductions/index.js';
import { PROBLEMS, type Problem, problemNamed } from '../problems/table.js';
import { colors } from './colors.js';
import { put } from './output.js';
import { Refusal, STATUS_USAGE } from './refusal.js';

/** Columns of the terminal that texts fill. */
const WIDTH = 100;
const ON_LINUX = 'Linux';
const LEGEND = colors.dim('✗: the revision has the problem; ✓: it has not\n');

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
  else put('stdout', `${LEGEND}${summary(shown)}`);
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
  const facts: [string, string | undefined][] = [
    ['documented', documented],
    ['affected', affected],
    ['fixed', fixed],
    ['Linux', linux],
    ['finding', finding],
  ];
  const lines = facts.flatMap(([name, text]) =>
    text === undefined ? [] : wrapped(text, `  ${name.padEnd(12)}`),
  );
  return [colors.bold(`${id}  ${title}`), ...wrapped(explanation, ''), ...lines, ''].join('\n');
}

/** Lines of a text, the first after `start`, the others below its end. */
function wrapped(text: string, start: string): string[] {
  const lines: string[] = [];
  let line = start;
  for (const word of text.split(' ')) {
    if (line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = ' '.repeat(start.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** What was looked at, and below it what that is on each revision and on Linux. */
function outcome({ sights }: Reproduction, runs: readonly Run[]): string {
  const names = [...runs.map(({ revision }) => revision), ON_LINUX];
  const width = Math.max(...names.map(({ length }) => length)) + 2;
  const rows = new Set(runs.flatMap(({ observed }) => observed.map(({ what }) => what)));
  const lines: string[] = [];
  for (const what of rows) {
    lines.push(`  ${what}`);
    for (const run of runs) {
      const mark = run.faulty ? colors.red('✗') : colors.green('✓');
      lines.push(`    ${mark} ${run.revision.padEnd(width)}${cell(run, what)}`);
    }
    const linux = sights.find((sight) => sight.what === what)?.linux;
    if (linux !== undefined) lines.push(`      ${ON_LINUX.padEnd(width)}${linux}`);
  }
  for (const { revision, notes } of runs) {
    if (notes.length > 0) lines.push(`  on ${revision}:`, ...notes.map((line) => `    ${line}`));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function cell({ observed }: Run, what: string): string {
  const found = observed.find((observation) => observation.what === what);
  if (found === undefined) return '';
  return found.value === found.expected ? found.value : surprise(found);
}

function surprise({ value, expected }: Observation): string {
  return colors.yellow(`${value} (documented: ${expected ?? 'nothing of the kind'})`);
}

function summary(shown: readonly Shown[]): string {
  const strange = shown.filter(({ asDocumented }) => !asDocumented).map(({ id }) => id);
  const same = shown.length - strange.length;
  const rest = strange.length === 0 ? '' : `; otherwise: ${strange.join(', ')}`;
  return `${same} of ${shown.length} as documented${rest}\n`;
}
