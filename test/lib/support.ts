// Runs the command line as a user does.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** The bundle; but the modules it is made of while coverage is counted, for it would not be right. */
export const command = fileURLToPath(
  new URL(
    process.env.NODE_V8_COVERAGE ? '../../lib/cli/main.js' : '../../lib/relibc-ptrace.cjs',
    import.meta.url,
  ),
);

/** The environment for a process whose coverage is not to be counted. */
export const uncounted: NodeJS.ProcessEnv = { ...process.env, NODE_V8_COVERAGE: '' };

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `relibc-ptrace ARGS`, in the repository's directory. */
export function cli(args: readonly string[], input: string | Uint8Array = ''): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: repository,
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
}

/** Whether this host runs the guest's programs by itself, so that the two can be compared. */
export const isLinux = process.platform === 'linux' && process.arch === 'x64';
