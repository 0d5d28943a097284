// A comparison as text: Linux on the left, a profile on the right, what differs marked, and why.

import { type Alignment, isSame, type Row } from './align.js';
import type { ComparedRun, Comparison } from './comparison.js';
import type { Explanation } from './explain.js';
import { CALLS_MAX, type End, endText, type Recording, seenText } from './recording.js';

/** Like lines that are left out of the middle of a run of more. */
const SHOWN_ALIKE = 2;
/** Of lines without a reason of their own, as those that only one run has. */
const SHOWN_UNEXPLAINED = 6;
/** Characters of an output that differs. */
const OUTPUT_SHOWN = 200;
const MISSING = '';
const FIRST = '▶';
const OTHER = '≠';

interface Shown {
  readonly row: Row;
  readonly index: number;
}

export interface TextOptions {
  /** Columns. */
  readonly width: number;
}

export function renderText(comparison: Comparison, { width }: TextOptions): string {
  const { linux, recorded, runs } = comparison;
  const from = recorded === undefined ? '' : `: a committed recording, as ${recorded}`;
  const parts = [
    `${[linux.program, ...linux.args].join(' ')} on Linux${from}\n`,
    ...runs.map((run) => renderRun(comparison, run, width)),
    renderSummary(comparison),
  ];
  return parts.join('\n');
}

function renderRun({ linux }: Comparison, run: ComparedRun, width: number): string {
  const { recording, alignment, explanations } = run;
  const column = Math.floor((width - 3) / 2);
  const lines = [cells('Linux', nameOf(run), ' ', column), '─'.repeat(width)];
  for (const part of folded(run)) {
    if (typeof part === 'string') {
      lines.push(part);
      continue;
    }
    const mark = isSame(part.row) ? ' ' : part.index === alignment.first ? FIRST : OTHER;
    const { linux: left, here: right } = part.row;
    lines.push(cells(left ? seenText(left) : '', right ? seenText(right) : '', mark, column));
  }
  lines.push('─'.repeat(width), cells(endText(linux.end), endText(recording.end), ' ', column));
  lines.push(...cutOff(linux), ...cutOff(recording));
  lines.push(...waiting(recording.end), ...outputs(alignment), ...reasons(explanations));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function nameOf({ recording }: ComparedRun): string {
  return `${recording.on} on kernel ${recording.kernel ?? '?'}`;
}

/** Rows to show, and what lies between: alike, or different as rows that were shown. */
function folded({ alignment: { rows }, explanations }: ComparedRun): (string | Shown)[] {
  const told = new Map<string, number>();
  const isTold = rows.map((row, index) => {
    if (isSame(row)) return true;
    const explanation = explanations[index];
    const reason = explanation === undefined ? MISSING : titleOf(explanation);
    const times = told.get(reason) ?? 0;
    told.set(reason, times + 1);
    return times >= (explanation === undefined ? SHOWN_UNEXPLAINED : SHOWN_ALIKE);
  });
  const parts: (string | Shown)[] = [];
  for (let start = 0; start < rows.length; ) {
    let end = start;
    while (end < rows.length && isTold[end]) end++;
    const [from, to] = [start + SHOWN_ALIKE, end - SHOWN_ALIKE];
    const cut = to - from > 1;
    for (let index = start; index < end; index++) {
      if (!cut || index < from || index >= to) parts.push({ row: rows[index], index });
    }
    if (cut) {
      const differ = rows.slice(from, to).filter((row) => !isSame(row)).length;
      const others = differ === 0 ? ' alike' : `, ${differ} of them different as above`;
      parts.splice(parts.length - (end - to), 0, `  … ${to - from} lines${others}`);
    }
    if (end < rows.length) parts.push({ row: rows[end], index: end });
    start = end + 1;
  }
  return parts;
}

function cells(left: string, right: string, mark: string, column: number): string {
  return `${padded(left, column)} ${mark} ${padded(right, column)}`;
}

function padded(text: string, column: number): string {
  const characters = [...text];
  if (characters.length <= column) return text.padEnd(column);
  return `${characters.slice(0, column - 1).join('')}…`;
}

function waiting(end: End): string[] {
  if (end.kind !== 'deadlock') return [];
  return end.waiting.map(({ process, what }) => `  ${process} waits for ${what}`);
}

function outputs({ end }: Alignment): string[] {
  return end
    .filter(({ what }) => what !== 'end')
    .map(({ what, linux, here }) => {
      const from = linux.length + here.length > 2 * OUTPUT_SHOWN ? lineThatDiffers(linux, here) : 0;
      const [a, b] = [linux, here].map((text) => quoted(text.slice(from)));
      return `  ${what} differs${from === 0 ? '' : ` from character ${from} on`}: Linux ${a}, here ${b}`;
    });
}

/** Where the first line begins that is not the same. */
function lineThatDiffers(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a.lastIndexOf('\n', at - 1) + 1;
}

function quoted(text: string): string {
  if (text.length <= OUTPUT_SHOWN) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, OUTPUT_SHOWN))}…`;
}

/** Whether only the beginning of a run is here. */
function cutOff({ cut, on }: Recording): string[] {
  return cut ? [`  only the first ${CALLS_MAX} calls on ${on} are shown`] : [];
}

/** Each reason once, with how many lines it explains. */
function reasons(explanations: readonly (Explanation | undefined)[]): string[] {
  const counts = new Map<string, number>();
  for (const explanation of explanations) {
    if (explanation === undefined) continue;
    const text = titleOf(explanation);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(
    ([text, count]) => `  ${text} (${count} ${count === 1 ? 'line' : 'lines'})`,
  );
}

function titleOf({ problem, title }: Explanation): string {
  return problem === undefined ? title : `${problem}: ${title}`;
}

/** A line for each run: where it first is not Linux's, why, and how it ends. */
function renderSummary({ runs }: Comparison): string {
  const lines = runs.map((run) => {
    const { recording, alignment, explanations } = run;
    const { first, rows } = alignment;
    const why = first === undefined ? undefined : explanations[first];
    const same = alignment.end.length === 0 ? 'as on Linux' : outputsOf(alignment);
    const where =
      first === undefined
        ? same
        : `differs from line ${first + 1} of ${rows.length} on${why ? `: ${titleOf(why)}` : ''}`;
    return `${nameOf(run)}: ${where}; ${endText(recording.end)}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** Where all calls are alike: what is not, such as what the tracee printed. */
function outputsOf({ end }: Alignment): string {
  return `makes the same calls, but ${end.map(({ what }) => what).join(' and ')} differ`;
}
