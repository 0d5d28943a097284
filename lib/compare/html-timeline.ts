// The timeline of a comparison: a lane for each process, Linux's above and the profile's below, and
// in each the tracer's calls in order. What stands in one column is one row of the alignment.
import { type Alignment, isSame } from './align.js';
import { html, type Markup } from './html-markup.js';
import { endText, type Recording, type Seen, seenText } from './recording.js';

const COLUMN = 16;
const LANE = 26;
const HEAD = 22;
const LABELS = 70;
const BAND_GAP = 18;
/** Rows shown at most; of more, those at the start, at the first divergence and at the end. */
const SHOWN_MAX = 600;
const SHOWN_BESIDE = 100;

/** A row of the alignment, or how many were left out. */
type Column = { readonly row: number } | { readonly left: number };

interface Band {
  readonly recording: Recording;
  readonly side: 'linux' | 'here';
  readonly lanes: readonly string[];
  readonly top: number;
}

/** An SVG; its marks lead to the rows `PREFIX-row-N`, counted from 1. */
export function timeline(
  alignment: Alignment,
  linux: Recording,
  here: Recording,
  prefix: string,
): Markup {
  const columns = columnsOf(alignment);
  const first: Band = { recording: linux, side: 'linux', lanes: lanesOf(linux), top: 0 };
  const top = heightOf(first) + BAND_GAP;
  const second: Band = { recording: here, side: 'here', lanes: lanesOf(here), top };
  const height = top + heightOf(second) + BAND_GAP / 2;
  const width = LABELS + (columns.length + 2) * COLUMN;
  return html`<div class="timeline"><svg role="img" aria-label="timeline of each process" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
${columns.flatMap((column, index) => shade(column, index, alignment, height))}${bandOf(first, columns, alignment, prefix)}${bandOf(second, columns, alignment, prefix)}</svg></div>`;
}

function columnsOf({ rows, first }: Alignment): Column[] {
  const columns: Column[] = [];
  const near = first ?? 0;
  let left = 0;
  for (let row = 0; row < rows.length; row++) {
    const shown =
      rows.length <= SHOWN_MAX ||
      row < SHOWN_BESIDE ||
      row >= rows.length - SHOWN_BESIDE ||
      Math.abs(row - near) <= SHOWN_BESIDE;
    if (!shown) {
      left++;
      continue;
    }
    if (left > 0) columns.push({ left });
    left = 0;
    columns.push({ row });
  }
  return columns;
}

function heightOf({ lanes }: Band): number {
  return HEAD + lanes.length * LANE;
}

/** The tracer, and all that it forked, asked for or heard of. */
function lanesOf({ seen, end }: Recording): string[] {
  const waiting = end.kind === 'deadlock' ? end.waiting.map(({ process }) => process) : [];
  const named = [...seen.flatMap((one) => [one.process, one.result]), ...waiting];
  const processes = new Set(named.filter((name) => /^p\d+$/.test(name)));
  const number = (name: string): number => Number(name.slice(1));
  return ['tracer', ...[...processes].sort((a, b) => number(a) - number(b))];
}

/** Whom a call is about: a wait for any child is about the one it found. */
function laneOf(seen: Seen, lanes: readonly string[]): number {
  const process = seen.call === 'wait' && lanes.includes(seen.result) ? seen.result : seen.process;
  return Math.max(0, lanes.indexOf(process));
}

function centre(index: number): number {
  return LABELS + index * COLUMN + COLUMN / 2;
}

function shade(column: Column, index: number, alignment: Alignment, height: number): Markup[] {
  const x = LABELS + index * COLUMN;
  if ('left' in column) {
    return [
      html`<text class="faint" x="${x + 2}" y="14">…<title>${column.left} rows left out</title></text>`,
    ];
  }
  const row = alignment.rows[column.row];
  if (row === undefined || isSame(row)) return [];
  const first = column.row === alignment.first;
  const line = first
    ? html`<line class="divide" x1="${x}" y1="0" x2="${x}" y2="${height}"><title>first divergence</title></line>`
    : undefined;
  return [
    html`<rect class="column${first ? ' first' : ''}" x="${x}" y="0" width="${COLUMN}" height="${height}"/>${line}\n`,
  ];
}

function bandOf(
  band: Band,
  columns: readonly Column[],
  alignment: Alignment,
  prefix: string,
): Markup {
  const { recording, lanes, top, side } = band;
  const kernel = recording.kernel === undefined ? '' : `, kernel ${recording.kernel}`;
  const marks = columns.flatMap((column, index) => {
    const seen = 'row' in column ? alignment.rows[column.row]?.[side] : undefined;
    if (seen === undefined || !('row' in column)) return [];
    const y = top + HEAD + laneOf(seen, lanes) * LANE + LANE / 2;
    return [html`<a href="#${prefix}-row-${column.row + 1}">${mark(seen, centre(index), y)}</a>\n`];
  });
  const lives = lanes.map((name, lane) => life(name, lane, band, columns, alignment));
  return html`<g class="band"><text x="4" y="${top + 15}">${recording.on}${kernel}: ${endText(recording.end)}</text>
${lives}${marks}</g>
`;
}

/** From the call that told of a process to its end; a process that waits for ever stays dashed. */
function life(
  name: string,
  lane: number,
  { recording, lanes, top, side }: Band,
  columns: readonly Column[],
  alignment: Alignment,
): Markup {
  const seenAt = columns.map((one) => ('row' in one ? alignment.rows[one.row]?.[side] : undefined));
  const about = (seen: Seen | undefined): boolean =>
    seen !== undefined && (laneOf(seen, lanes) === lane || seen.result === name);
  const start = lane === 0 ? 0 : Math.max(0, seenAt.findIndex(about));
  const gone = seenAt.reduce(
    (last, seen, index) => (seen !== undefined && about(seen) && ends(seen) ? index : last),
    -1,
  );
  const waiting =
    recording.end.kind === 'deadlock' && recording.end.waiting.find((one) => one.process === name);
  const waits = waiting ? ' waits' : '';
  const y = top + HEAD + lane * LANE + LANE / 2;
  const x2 = gone === -1 || waiting ? centre(columns.length) : centre(gone);
  const title = waiting ? html`<title>${name} waits: ${waiting.what}</title>` : undefined;
  return html`<text class="lane" x="4" y="${y + 4}">${name}</text><line class="life${waits}" x1="${centre(start)}" y1="${y}" x2="${x2}" y2="${y}">${title}</line>
`;
}

function ends(seen: Seen): boolean {
  if (seen.call === 'exit') return true;
  return seen.call === 'wait' && /^(?:exited|killed)/.test(seen.status ?? '');
}

function mark(seen: Seen, x: number, y: number): Markup {
  const failed = /^(?:E[A-Z]|never)/.test(seen.result) && seen.call !== 'exit' ? ' failed' : '';
  return html`<path class="${seen.call}${failed}" d="${shapeOf(seen)}" transform="translate(${x} ${y})"><title>${seenText(seen)}</title></path>`;
}

const SHAPES = {
  ptrace: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z',
  wait: 'M-5 -5h10v10h-10z',
  fork: 'M0 -6l6 6l-6 6l-6 -6z',
  kill: 'M-6 -6l6 4l6 -4l-4 6l4 6l-6 -4l-6 4l4 -6z',
  write: 'M-5 5l5 -10l5 10z',
  other: 'M-5 -2h10v4h-10z',
  exit: 'M-2 -9h4v18h-4z',
} as const satisfies Record<Seen['call'], string>;

/** A wait that told of an end is the bar of an exit. */
function shapeOf(seen: Seen): string {
  return ends(seen) ? SHAPES.exit : SHAPES[seen.call];
}

/** What the marks mean. */
export function legend(): Markup {
  const words: Record<Seen['call'], string> = {
    ptrace: 'request',
    wait: 'wait status',
    fork: 'fork',
    kill: 'kill',
    write: 'write',
    other: 'another call',
    exit: 'exit, or the status of one',
  };
  const entries = Object.entries(SHAPES).map(([call, shape]) => {
    const meaning = words[call as Seen['call']];
    return html`<span><svg width="14" height="18" viewBox="-7 -9 14 18" aria-hidden="true"><path class="${call}" d="${shape}"/></svg> ${meaning}</span>`;
  });
  return html`<p class="legend faint">${entries}</p>`;
}
