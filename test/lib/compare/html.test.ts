// The page of a comparison: it needs nothing else, says all that was compared, and lets no word of
// a traced program become markup.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { expect } from 'chai';
import { align } from '../../../lib/compare/align.js';
import type { Comparison } from '../../../lib/compare/comparison.js';
import { explain } from '../../../lib/compare/explain.js';
import { renderHtml } from '../../../lib/compare/html.js';
import type { End, Recording, Seen } from '../../../lib/compare/recording.js';
import { PROBLEMS } from '../../../lib/problems/table.js';

const HOSTILE = '</pre><script>alert("1 & 2")</script>\u001b[0m';
/** What keeps a browser from asking for more than the page: a profile, a sandbox, hosts of its maker. */
const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--no-first-run',
];
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'headless_shell'];
const VOID = new Set(['meta', '!DOCTYPE']);

const exited: End = { kind: 'exited', status: 0 };
const stuck: End = {
  kind: 'deadlock',
  waiting: [
    { process: 'tracer', what: 'the exit of p1' },
    { process: 'p1', what: 'SIGCONT' },
  ],
};

function wait(status: string | undefined): Seen {
  const base = { call: 'wait', process: 'p1', options: '0' } as const;
  return status === undefined ? { ...base, result: 'never' } : { ...base, result: 'p1', status };
}

const fork: Seen = { call: 'fork', process: 'tracer', result: 'p1' };
const peeks: Seen[] = Array.from({ length: 12 }, (_, index) => ({
  call: 'ptrace',
  request: 'PTRACE_PEEKDATA',
  process: 'p1',
  address: `0x40${index}0`,
  data: `0x${index}`,
  result: '0',
}));
const write: Seen = { call: 'write', process: 'tracer', fd: 1, text: HOSTILE, result: '0' };
const exit: Seen = { call: 'exit', process: 'tracer', status: 0, result: 'never' };
const whole = [fork, ...peeks, wait('stopped by SIGSTOP'), write, wait('exited 7'), exit];

function recording(on: string, seen: readonly Seen[], end: End, stdout: string): Recording {
  const machine = on === 'linux' ? {} : { kernel: 'P9', pids: { p1: 4 } };
  const program = 'a & b.elf';
  return { on, ...machine, program, args: ['<script>'], seen, stdout, stderr: '', end };
}

function compare(...runs: readonly Recording[]): Comparison {
  const linux = recording('linux', whole, exited, HOSTILE);
  return {
    linux,
    recorded: undefined,
    runs: runs.map((here) => {
      const alignment = align(linux, here);
      return { recording: here, alignment, explanations: explain(alignment, here) };
    }),
  };
}

const like = recording('relibc-like', whole, exited, HOSTILE);
const hanging = recording('relibc-hanging', [fork, ...peeks, wait(undefined)], stuck, '');
const silent = recording('relibc-silent', whole, exited, 'something else');
const page = renderHtml(compare(like, hanging, silent));

/** The part of the page about one run. */
function section(number: number): string {
  return page.split('<section ')[number]?.split('</section>')[0] ?? '';
}

function ids(text: string): string[] {
  return [...text.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);
}

describe('the page of a comparison', () => {
  it('loads nothing: links lead into the page, and styles name no other file', () => {
    const links = [...page.matchAll(/\s(?:href|src|action|srcset|data)="([^"]*)"/g)];
    expect(links).not.to.be.empty;
    for (const [, link] of links) expect(link).to.match(/^#/);
    expect(page).not.to.match(/https?:|url\(|@import|<link|<iframe|<img/);
  });

  it('closes each element that it opens, in order', () => {
    const markup = page.replace(/(<(style|script)>)[\s\S]*?(<\/\2>)/g, '$1$3');
    const open: string[] = [];
    for (const [, close, name = '', empty] of markup.matchAll(
      /<(\/?)([!\w]+)(?:\s(?:[^"<>]|"[^"<>]*")*?)?(\/?)>/g,
    )) {
      if (close) expect(open.pop()).to.equal(name);
      else if (!empty && !VOID.has(name)) open.push(name);
    }
    expect(open).to.deep.equal([]);
    expect(markup.match(/<body>/g)).to.have.length(1);
  });

  it('gives no two elements one id, and each link inside it leads somewhere', () => {
    const all = ids(page);
    expect(new Set(all).size).to.equal(all.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(all).to.include(target);
  });

  it('has a row for each that was aligned, and a fold around those that are the same', () => {
    for (const run of [1, 2, 3]) {
      const rows = ids(section(run)).filter((id) => id.includes('-row-'));
      expect(rows).to.deep.equal(whole.map((_, index) => `run-${run}-row-${index + 1}`));
    }
    const [, fold = ''] =
      /<details class="same"><summary>([\s\S]*?)<\/details>/.exec(section(2)) ?? [];
    expect(fold).to.match(/^11 the same/);
    expect(fold).to.include('PTRACE_PEEKDATA p1, 0x4000 → 0x0');
  });

  it('keeps what programs print and are given as text', () => {
    expect(page.match(/<script>/g)).to.have.length(1);
    expect(page).not.to.include('alert("1');
    expect(page).to.include(
      '&lt;/pre&gt;&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;␛[0m',
    );
    expect(page).to.include('<title>a &amp; b.elf &lt;script&gt;: Linux and Redox</title>');
  });

  it('marks the first divergence, links to it and names the known problem', () => {
    expect(page).to.include('<a href="#run-2-first">row 14 of 17</a>');
    const row = section(2).split('id="run-2-row-14"')[1]?.split('class="row')[0] ?? '';
    expect(row).to.include('id="run-2-first"');
    expect(row).to.include('waitpid p1 → never returns');
    const problem = PROBLEMS.find(({ id }) => id === 'KP-54');
    expect(problem).not.to.equal(undefined);
    expect(row).to.include(`<b>KP-54: ${problem?.title.replaceAll("'", '&#39;')}`);
  });

  it('finds the first divergence at the end, when only the output is not the same', () => {
    expect(page).to.include('<a href="#run-3-first">the end</a>');
    expect(section(3)).to.match(/id="run-3-first">.*: stdout</);
  });

  it('says so when nothing differs', () => {
    expect(section(1)).to.include('none: all 17 rows are the same');
    expect(section(1)).not.to.include('id="run-1-first"');
  });

  it('tells who waits for whom at a deadlock', () => {
    expect(section(2)).to.include('the tracer waits for ever');
    expect(section(2)).to.include('<li>tracer waits: the exit of p1</li>');
    expect(section(2)).to.include('<li>p1 waits: SIGCONT</li>');
  });

  it('draws a lane for each process, above Linux and below the profile', () => {
    const [linux = '', here = ''] = section(2).split('<g class="band">').slice(1);
    for (const band of [linux, here]) {
      const lanes = [...band.matchAll(/<text class="lane"[^>]*>([^<]*)</g)].map(([, name]) => name);
      expect(lanes).to.deep.equal(['tracer', 'p1']);
    }
    expect(linux.match(/<path /g)).to.have.length(whole.length);
    expect(here.match(/<path /g)).to.have.length(hanging.seen.length);
    expect(here).to.include('<title>p1 waits: SIGCONT</title>');
    expect(section(2).match(/class="divide"/g)).to.have.length(1);
  });

  it('leaves columns of a very long timeline out, never rows', () => {
    const long = Array.from({ length: 100 }, () => peeks).flat();
    const linux = recording('linux', long, exited, '');
    const here = recording('relibc', long, exited, '');
    const alignment = align(linux, here);
    const run = { recording: here, alignment, explanations: explain(alignment, here) };
    const text = renderHtml({ linux, recorded: 'no reason', runs: [run] });
    expect(ids(text).filter((id) => id.includes('-row-'))).to.have.length(1200);
    expect(text).to.match(/<title>\d+ rows left out<\/title>/);
    expect(text.match(/<path /g)?.length).to.be.below(600);
    expect(text).to.include('a committed recording, for this host cannot make one: no reason.');
  });

  it('is the same, byte for byte, for the same comparison', () => {
    expect(renderHtml(compare(like, hanging, silent))).to.equal(page);
  });

  it('has a script without mistakes of syntax', () => {
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
    expect(script).not.to.equal('');
    expect(() => new Script(script)).not.to.throw();
  });

  it('runs its script in a browser, which shows one profile (skipped where there is none)', function () {
    this.timeout(180_000);
    const browser = BROWSERS.find((name) => spawnSync(name, ['--version']).status === 0);
    if (browser === undefined) this.skip();
    const directory = mkdtempSync(join(tmpdir(), 'page-'));
    try {
      const file = join(directory, 'page.html');
      writeFileSync(file, page);
      const profile = `--user-data-dir=${join(directory, 'profile')}`;
      const address = `${pathToFileURL(file)}#run-2-first`;
      const { stdout } = spawnSync(browser, [...QUIET, profile, '--dump-dom', address], {
        encoding: 'utf8',
        timeout: 120_000,
      });
      expect(stdout).to.match(/<html[^>]* data-script="ran"/);
      expect(stdout).to.match(/id="run-1" hidden/);
      expect(stdout).not.to.match(/id="run-2" hidden/);
      expect(stdout.match(/<text class="lane"/g)).to.have.length(12);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
