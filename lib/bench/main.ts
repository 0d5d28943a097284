// `npm run bench [-- SECTION...]`: tables for people, then one line of JSON for programs.
import { arch, cpus, platform } from 'node:os';
import { format, type Section } from './section.js';

const SECTIONS: Readonly<Record<string, () => Promise<Section>>> = {
  cpu: async () => (await import('./cpu.js')).cpuSection(),
  ptrace: async () => (await import('./ptrace.js')).ptraceSection(),
  start: async () => (await import('./start.js')).startSection(),
  memory: async () => (await import('./start.js')).memorySection(),
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SECTIONS);
const unknown = wanted.find((name) => SECTIONS[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`bench: no section ${unknown}; there are ${Object.keys(SECTIONS)}\n`);
  process.exit(2);
}

const host = `${cpus().length} x ${cpus()[0]?.model}, ${platform()} ${arch()}, Node ${process.version}`;
process.stdout.write(`${host}\n\n`);
const results: Record<string, Section['rows']> = {};
for (const name of wanted) {
  const section = await SECTIONS[name]?.();
  if (section === undefined) continue;
  results[name] = section.rows;
  process.stdout.write(`${format(section)}\n`);
}
process.stdout.write(`${JSON.stringify({ host, ...results })}\n`);
