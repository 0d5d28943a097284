// `npm run bench [-- SECTION...]` or `-- cpu [--quick] [PROGRAM...]`: tables for people, then one
// line of JSON for programs.
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { put } from '../cli/output.js';
import { endProgress } from './progress.js';
import { format, type Section } from './section.js';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
// programs follow the section that has them
const [sections, programs] =
  positionals[0] === 'cpu' ? [['cpu'], positionals.slice(1)] : [positionals, []];

const SECTIONS: Readonly<Record<string, () => Promise<Section>>> = {
  cpu: async () => (await import('./cpu.js')).cpuSection({ programs, quick: values.quick }),
  ptrace: async () => (await import('./ptrace.js')).ptraceSection(),
  kernel: async () => (await import('./kernel.js')).kernelSection(),
  start: async () => (await import('./start.js')).startSection(),
  memory: async () => (await import('./start.js')).memorySection(),
};

function fail(message: string, status: number): never {
  endProgress();
  put('stderr', `bench: ${message}\n`);
  process.exit(status);
}

const wanted = sections.length > 0 ? sections : Object.keys(SECTIONS);
const unknown = wanted.find((name) => SECTIONS[name] === undefined);
if (unknown !== undefined) {
  fail(`no section ${unknown}; there are ${Object.keys(SECTIONS).join(', ')}`, 2);
}

const host = `${cpus().length} x ${cpus()[0]?.model}, ${platform()} ${arch()}, Node ${process.version}`;
put('stdout', `${host}\n\n`);
const results: Record<string, Section['rows'] | Section['summary']> = {};
for (const name of wanted) {
  try {
    const section = await SECTIONS[name]?.();
    if (section === undefined) continue;
    results[name] = section.rows;
    if (section.summary !== undefined) results[`${name}Summary`] = section.summary;
    endProgress();
    put('stdout', `${format(section)}\n`);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error), 1);
  }
}
put('stdout', `${JSON.stringify({ host, ...results })}\n`);
