// Bundles the command line into one CommonJS file: loading the two hundred modules one by one, and
// iced-x86 as a CommonJS module imported from ESM, takes Node longer than most programs run. Then
// makes V8's code cache of it, which lib/relibc-ptrace.cts starts from.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const library = fileURLToPath(new URL('../', import.meta.url));

await build({
  entryPoints: [`${library}cli/main.js`],
  // as deep as lib/machine.js, so that URLs relative to a module mean the same file
  outfile: `${library}bundle.cjs`,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
});

// iced-x86 looks for its WebAssembly module beside itself: beside the bundle
const iced = createRequire(import.meta.url).resolve('iced-x86');
copyFileSync(`${dirname(iced)}/iced_x86_bg.wasm`, `${library}iced_x86_bg.wasm`);

rmSync(`${library}bundle.cache`, { force: true });
const { status, stderr } = spawnSync(
  process.execPath,
  [`${library}relibc-ptrace.cjs`, 'run', 'examples/first-light.elf'],
  { cwd: repository, encoding: 'utf8', env: { ...process.env, RELIBC_PTRACE_WRITE_CACHE: '1' } },
);
if (status !== 0) throw new Error(`making the code cache failed: ${stderr}`);
