// `npm start`: the tracer of examples/first-light.c, then the same without its child's sleep, which
// waits for ever on relibc. Ends well when both did what is documented of them.
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { colors } from './colors.js';
import { STATUS_MACHINE } from './refusal.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const command = fileURLToPath(new URL('../relibc-ptrace.cjs', import.meta.url));

/** Runs an example as a user would, and says with what status it ended. */
function show(program: string): number {
  writeSync(1, `${colors.bold(`$ relibc-ptrace run ${program}`)}\n`);
  const { status } = spawnSync(process.execPath, [command, 'run', program], {
    cwd: repository,
    stdio: 'inherit',
  });
  return status ?? STATUS_MACHINE;
}

const finished = show('examples/first-light.elf');
writeSync(
  1,
  `\n${colors.dim('# The same without the child’s sleep: relibc knows no way out of this.')}\n`,
);
const stuck = show('examples/first-light-hasty.elf');
writeSync(1, `${colors.dim(`# status ${stuck}`)}\n`);
process.exitCode = finished === 0 && stuck === STATUS_MACHINE ? 0 : 1;
