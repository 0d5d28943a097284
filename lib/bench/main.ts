// `npm run bench [-- SECTION...]`: tables for people, then one line of JSON for programs.
import { arch, cpus, platform } from 'node:os';
import { put } from '../cli/output.js';
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
  put('stderr', `bench: no section ${unknown}; there are ${Object.keys(SECTIONS)}\n`);
  process.exit(2);
}

const host = `${cpus().length} x ${cpus()[0]?.model}, ${platform()} ${arch()}, Node ${process.version}`;
put('stdout', `${host}\n\n`);
const results: Record<string, Section['rows']> = {};
for (const name of wanted) {
  const section = await SECTIONS[name]?.();
  if (section === undefined) continue;
  results[name] = section.rows;
  put('stdout', `${format(section)}\n`);
}
put('stdout', `${JSON.stringify({ host, ...results })}\n`);
