// Records the example tracers on the host's Linux, for hosts that cannot run them: see
// lib/compare/native.ts. Called as `npm run examples:record`.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { committedPath, recordNatively, whyNotNative } from '../compare/native.js';
import { PACKAGE } from '../package-files.js';

const FOLDER = 'examples/tracers';

/** The example tracers, by the paths that they are recorded by. */
export function exampleTracers(): string[] {
  return readdirSync(`${PACKAGE}${FOLDER}`)
    .filter((name) => name.endsWith('.elf') && !name.endsWith('-redox.elf'))
    .map((name) => `${FOLDER}/${name}`);
}

/** A recording as its committed file has it: a line for each call. */
export function recordingText(path: string): string {
  const { seen, ...rest } = recordNatively(path, [], PACKAGE);
  const calls = seen.map((call) => JSON.stringify(call)).join(',\n');
  return `${JSON.stringify(rest).slice(0, -1)},"seen":[\n${calls}\n]}\n`;
}

if (process.argv[1]?.endsWith('recordings.js')) {
  const why = whyNotNative();
  if (why !== undefined) {
    console.error(`nothing can be recorded here: ${why}`);
    process.exitCode = 1;
  } else {
    for (const path of exampleTracers()) {
      const file = `${PACKAGE}${committedPath(path)}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, recordingText(path));
    }
  }
}
