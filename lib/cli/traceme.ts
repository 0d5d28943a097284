// `relibc-ptrace traceme`: what four answers to PTRACE_TRACEME give of what Linux promises.
import Table from 'cli-table3';
import { askHost, type Row, recorded, STRATEGIES, tracemeTable } from '../traceme/answers.js';

const WIDTHS = [30, 18, 18, 18, 18];

export interface TracemeOptions {
  readonly json?: boolean;
}

export function traceme({ json = false }: TracemeOptions): string {
  const host = askHost();
  const rows = tracemeTable(host ?? recorded());
  if (json) return `${JSON.stringify(rows)}\n`;
  const source = host === undefined ? 'a recorded Linux 6.1' : "this machine's Linux";
  return `${table(rows)}\nas Linux: the program printed what it prints on ${source}.\n\n${reasons(rows)}`;
}

function table(rows: readonly Row[]): string {
  const made = new Table({
    head: ['what Linux promises', ...STRATEGIES],
    colWidths: WIDTHS,
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { question, cells } of rows) {
    const found = STRATEGIES.map((strategy) => cells[strategy].found || 'as Linux');
    made.push([question.promise, ...found]);
  }
  return made.toString();
}

/** Each reason once, with the answers and questions that it is for. */
function reasons(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ question, cells }) => {
    const given = STRATEGIES.filter((strategy) => !cells[strategy].same);
    const different = [...new Set(given.map((strategy) => cells[strategy].reason))];
    return different.map((reason) => {
      const whose = given.filter((strategy) => cells[strategy].reason === reason).join(', ');
      return `${question.name} (${whose}): ${reason}\n`;
    });
  });
  return `why not:\n${lines.join('')}`;
}
