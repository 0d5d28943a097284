// The aligned rows of a run: Linux at the left, the profile at the right, and below a row that
// differs what differs and why. Rows that are the same are folded, but for those beside others.
import { type Difference, isSame, type Row } from './align.js';
import type { ComparedRun } from './comparison.js';
import type { Explanation } from './explain.js';
import { html, type Markup } from './html-markup.js';
import { type Seen, seenText } from './recording.js';

/** Rows of a fold that stay open beside a difference, and the fewest worth folding. */
const BESIDE = 2;
const FOLD_MIN = 3;
/** So short a run is not folded when nothing in it differs. */
const SHORT = 40;

/** All rows, as `PREFIX-row-1` and so on; the first divergence is in `PREFIX-first`. */
export function rowsOf(
  { alignment, explanations, recording }: ComparedRun,
  prefix: string,
): Markup {
  const { rows, first } = alignment;
  const told = new Set<string>();
  const parts: Markup[] = [];
  const show = (from: number, to: number): Markup[] =>
    rows.slice(from, to).map((row, i) => {
      const at = from + i;
      return rowOf(row, explanations[at], at, at === first, prefix, told);
    });
  for (let at = 0; at < rows.length; ) {
    const end = endOfRun(rows, at);
    const row = rows[at];
    const from = at === 0 ? 0 : Math.min(end, at + BESIDE);
    const to = end === rows.length ? end : Math.max(from, end - BESIDE);
    if (row && isSame(row) && to - from >= FOLD_MIN) {
      const open = first === undefined && rows.length <= SHORT ? html` open` : undefined;
      parts.push(...show(at, from));
      parts.push(html`<details class="same"${open}><summary>${to - from} the same</summary>
${show(from, to)}</details>
`);
      parts.push(...show(to, end));
    } else {
      parts.push(...show(at, end));
    }
    at = end;
  }
  return html`<div class="rows">
<div class="row head"><span></span><span>linux</span><span>${recording.on}</span></div>
${parts}</div>
`;
}

/** Where the rows end that are the same, or that differ, as the one at the start. */
function endOfRun(rows: readonly Row[], start: number): number {
  const sameAt = (index: number): boolean | undefined => {
    const row = rows[index];
    return row && isSame(row);
  };
  let end = start + 1;
  while (sameAt(end) === sameAt(start)) end++;
  return end;
}

function rowOf(
  row: Row,
  explanation: Explanation | undefined,
  index: number,
  first: boolean,
  prefix: string,
  told: Set<string>,
): Markup {
  const id = `${prefix}-row-${index + 1}`;
  const number = html`<a href="#${id}">${index + 1}</a>`;
  const cells = html`${cell(row.linux)}${cell(row.here)}`;
  if (isSame(row)) return html`<div class="row" id="${id}">${number}${cells}</div>\n`;
  const mark = first
    ? html`<p id="${prefix}-first"><strong>First divergence</strong></p>`
    : undefined;
  return html`<div class="row differs${first ? ' first' : ''}" id="${id}">${number}${cells}<div class="why">${mark}${differencesOf(row)}${explanationOf(explanation, told)}</div></div>\n`;
}

function cell(seen: Seen | undefined): Markup {
  return seen === undefined
    ? html`<span class="faint">—</span>`
    : html`<span>${seenText(seen)}</span>`;
}

function differencesOf({ linux, here, differences }: Row): Markup {
  if (linux === undefined) return html`<p class="faint">not on Linux</p>`;
  if (here === undefined) return html`<p class="faint">only on Linux</p>`;
  return html`<ul>${differences.map(differenceOf)}</ul>`;
}

function differenceOf({ what, linux, here }: Difference): Markup {
  return html`<li>${what}: <code>${linux}</code> on Linux, <code>${here}</code> here</li>`;
}

/** In full where it is told first; later only by its title. */
export function explanationOf(
  explanation: Explanation | undefined,
  told: Set<string> = new Set(),
): Markup | undefined {
  if (explanation === undefined) return undefined;
  const { problem, title, text, linux } = explanation;
  const name = problem === undefined ? title : `${problem}: ${title}`;
  if (told.has(name)) return html`<p>${name}</p>`;
  told.add(name);
  const more = text === undefined ? undefined : html`<p>${text}</p>`;
  const there = linux === undefined ? undefined : html`<p>On Linux: ${linux}</p>`;
  return html`<p><b>${name}</b></p>${more}${there}`;
}
