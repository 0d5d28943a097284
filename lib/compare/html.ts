// A comparison as one page that needs nothing else: no other file, no network, and no script but
// for comfort. The same comparison gives the same page, byte for byte.
import type { ComparedRun, Comparison } from './comparison.js';
import { html, Markup } from './html-markup.js';
import { rowsOf } from './html-rows.js';
import { SCRIPT, STYLE } from './html-style.js';
import { legend, timeline } from './html-timeline.js';
import { CALLS_MAX, endText, type Recording } from './recording.js';

/** The whole page, a document of HTML. */
export function renderHtml(comparison: Comparison): string {
  const { linux, recorded, runs } = comparison;
  const title = [linux.program, ...linux.args].join(' ');
  const source =
    recorded === undefined
      ? html`Linux's run is native: it was made on this host.`
      : html`Linux's run is a committed recording, for this host cannot make one: ${recorded}.`;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: Linux and Redox</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1><code>${title}</code> on Linux and on Redox</h1>
<p>${source}</p>
${summary(linux, runs)}
<nav aria-label="profiles">${runs.map(({ recording }, index) => html`<a href="#run-${index + 1}">${recording.on}</a>`)}</nav>
<main>
${runs.map((run, index) => section(run, linux, `run-${index + 1}`))}</main>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

function summary(linux: Recording, runs: readonly ComparedRun[]): Markup {
  const lines = runs.map((run, index) => {
    const { recording } = run;
    return html`<tr><td><a href="#run-${index + 1}">${recording.on}</a></td><td>${recording.kernel ?? ''}</td><td>${divergence(run, `run-${index + 1}`)}</td><td>${endText(recording.end)}</td></tr>
`;
  });
  return html`<table>
<thead><tr><th>profile</th><th>kernel</th><th>first divergence</th><th>the tracer</th></tr></thead>
<tbody>
<tr><td>linux</td><td></td><td></td><td>${endText(linux.end)}</td></tr>
${lines}</tbody>
</table>`;
}

/** Where a run leaves Linux's, as a link to it. */
function divergence({ alignment, explanations }: ComparedRun, prefix: string): Markup {
  const { first, end, rows } = alignment;
  if (first === undefined && end.length === 0) {
    return html`none: all ${rows.length} rows are the same`;
  }
  const where = first === undefined ? 'the end' : `row ${first + 1} of ${rows.length}`;
  const explanation = first === undefined ? undefined : explanations[first];
  const { problem, title } = explanation ?? {};
  const why = title === undefined ? '' : `, ${problem === undefined ? '' : `${problem}: `}${title}`;
  return html`<a href="#${prefix}-first">${where}</a>${why}`;
}

function section(run: ComparedRun, linux: Recording, prefix: string): Markup {
  const { recording, alignment } = run;
  const kernel = recording.kernel === undefined ? '' : ` on kernel ${recording.kernel}`;
  const port =
    recording.program === linux.program
      ? undefined
      : html`<p>What ran here is its port, <code>${recording.program}</code>.</p>`;
  return html`<section class="run" id="${prefix}">
<h2>${recording.on}${kernel}</h2>
${port}<p>First divergence: ${divergence(run, prefix)}.</p>
<h3>Timeline</h3>
${legend()}${timeline(alignment, linux, recording, prefix)}
<h3>What the tracer saw</h3>
${rowsOf(run, prefix)}${ends(run, linux, prefix)}</section>
`;
}

function ends({ recording, alignment }: ComparedRun, linux: Recording, prefix: string): Markup {
  const first = alignment.first === undefined && alignment.end.length > 0;
  const mark = first
    ? html`<p id="${prefix}-first"><strong>First divergence</strong>: ${alignment.end.map(({ what }) => what).join(', ')}</p>`
    : undefined;
  return html`<h3>How it ended</h3>
${mark}<div class="pair"><div>${endOf(linux)}${output(linux)}</div><div>${endOf(recording)}${output(recording)}</div></div>
`;
}

function endOf({ on, end, cut }: Recording): Markup {
  const waiting = end.kind === 'deadlock' ? end.waiting : [];
  const list =
    waiting.length === 0
      ? undefined
      : html`<ul class="waiting">${waiting.map(({ process, what }) => html`<li>${process} waits: ${what}</li>`)}</ul>`;
  const rest = cut
    ? html`<p class="faint">only its first ${CALLS_MAX} calls are shown</p>`
    : undefined;
  return html`<p>${on}: the tracer ${endText(end)}</p>${rest}${list}`;
}

/** A line feed right after `<pre>` is none of its text. */
function output({ stdout, stderr }: Recording): Markup {
  const of = (name: string, text: string): Markup =>
    text === ''
      ? html`<p class="faint">nothing on ${name}</p>`
      : html`<p class="faint">${name}</p><pre>\n${text}</pre>`;
  return html`${of('stdout', stdout)}${of('stderr', stderr)}`;
}
