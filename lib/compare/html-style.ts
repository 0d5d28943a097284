// What the page of a comparison looks like, and the little that it does by script: one profile at
// a time, and folded lines open where a link leads. Without script all profiles are shown.

export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1c2128; --faint: #66707b;
  --line: #d5dae0; --soft: #f3f5f7; --differs: #fff1d6; --first: #ffd9d3; --mark: #b3261e;
  --ptrace: #2563b0; --wait: #1d7f4e; --other: #7a4fb0; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --text: #dfe4ea;
  --faint: #93a0ad; --line: #343c45; --soft: #1d232a; --differs: #3b301a; --first: #4d231f;
  --mark: #ff8f83; --ptrace: #7db4f5; --wait: #6ccb98; --other: #c3a1ee; } }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; background: var(--ground);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
code, pre, .row > span, .row > a, .lane { font-family: ui-monospace, monospace; font-size: 13px; }
a { color: var(--ptrace); }
.faint { color: var(--faint); }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left;
  vertical-align: top; }
nav a { display: inline-block; border: 1px solid var(--line); border-radius: 4px;
  margin: .2rem .3rem .2rem 0; padding: .1rem .6rem; text-decoration: none; }
nav a[aria-current=true] { background: var(--soft); font-weight: 600; }
.row { display: grid; grid-template-columns: 3.5rem 1fr 1fr; column-gap: .8rem;
  border-bottom: 1px solid var(--line); }
.row > span { overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate; }
.row > a { color: var(--faint); text-align: right; text-decoration: none; }
.row.head { font-weight: 600; }
.row.differs { background: var(--differs); }
.row.first { background: var(--first); box-shadow: inset 4px 0 var(--mark); }
.row:target { outline: 2px solid var(--ptrace); }
.why { grid-column: 2 / 4; padding-bottom: .3rem; }
.why p, .why ul { margin: .2rem 0; }
.why strong { color: var(--mark); }
details.same > summary { color: var(--faint); cursor: pointer; padding-left: 1rem; }
pre { background: var(--soft); margin: 0; overflow-x: auto; padding: .5rem; white-space: pre-wrap;
  overflow-wrap: anywhere; unicode-bidi: isolate; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; }
.timeline { overflow-x: auto; border: 1px solid var(--line); }
svg text { fill: var(--text); }
svg .faint { fill: var(--faint); color: inherit; }
.life { stroke: var(--line); stroke-width: 2; }
.life.waits { stroke: var(--mark); stroke-dasharray: 4 4; }
.column { fill: var(--differs); } .column.first { fill: var(--first); }
.divide { stroke: var(--mark); stroke-width: 2; }
.ptrace { fill: var(--ptrace); } .wait { fill: var(--wait); }
.write, .fork, .kill, .exit { fill: var(--other); } .failed { fill: var(--mark); }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
@media (max-width: 50rem) { .row { grid-template-columns: 2.5rem 1fr; } .why { grid-column: 2; }
  .row > span + span { grid-column: 2; } .pair { grid-template-columns: 1fr; } }
[hidden] { display: none; }
`;

export const SCRIPT = `
(() => {
  const sections = [...document.querySelectorAll('section.run')];
  const tabs = [...document.querySelectorAll('nav a')];
  const show = () => {
    const target = document.getElementById(location.hash.slice(1));
    const chosen = target?.closest('section.run') ?? sections.find((one) => !one.hidden);
    sections.forEach((one, index) => {
      one.hidden = one !== chosen;
      tabs[index]?.setAttribute('aria-current', String(one === chosen));
    });
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    target?.scrollIntoView({ block: target.matches('section') ? 'start' : 'center' });
  };
  addEventListener('hashchange', show);
  show();
  document.documentElement.dataset.script = 'ran';
})();
`;
