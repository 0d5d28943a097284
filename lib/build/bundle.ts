// Bundles the command line into one CommonJS file: loading the two hundred modules one by one, and
// iced-x86 as a CommonJS module imported from ESM, takes Node longer than most programs run.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../../', import.meta.url));

await build({
  entryPoints: [`${dist}lib/cli/main.js`],
  // as deep as lib/machine.js, so that URLs relative to a module mean the same file
  outfile: `${dist}lib/relibc-ptrace.cjs`,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['iced-x86'], // finds its own WebAssembly module beside itself
  sourcemap: true,
  sourcesContent: false,
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
});
