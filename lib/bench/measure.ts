// How a piece of work is timed on each machine: this one, the host itself and qemu-x86_64.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunStatistics } from '../cli/statistics.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const command = fileURLToPath(new URL('../relibc-ptrace.cjs', import.meta.url));

export const KERNELS = 'lib/bench/programs/kernels.elf';
export const STOPS = 'lib/bench/programs/stops.elf';

export interface Run {
  readonly output: string;
  /** Of the whole process, start included. */
  readonly seconds: number;
}

function timed(file: string, args: readonly string[]): Run & { errors: string } {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: repository,
    encoding: 'utf8',
  });
  const seconds = (performance.now() - start) / 1000;
  if (error) throw error;
  if (status !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${status}: ${stderr}`);
  return { output: stdout, seconds, errors: stderr };
}

/** Runs a program on the machine. */
export function onMachine(
  program: string,
  args: readonly string[],
  options: readonly string[] = [],
): Run & { statistics: RunStatistics } {
  const line = [command, 'run', '--stats=json', ...options, program, ...args];
  const run = timed(process.execPath, line);
  const statistics = JSON.parse(run.errors.trimEnd().split('\n').at(-1) ?? '') as RunStatistics;
  return { ...run, statistics };
}

/** Runs a program on the host, or returns undefined where it cannot. */
export function natively(
  program: string,
  args: readonly string[],
  onOneProcessor = false,
): Run | undefined {
  const file = `${repository}${program}`;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  if (!onOneProcessor) return timed(file, args);
  return installed('taskset') ? timed('taskset', ['-c', '0', file, ...args]) : undefined;
}

/** Runs a program under qemu-user, or returns undefined where that is not installed. */
export function onQemu(program: string, args: readonly string[]): Run | undefined {
  return installed('qemu-x86_64') ? timed('qemu-x86_64', [program, ...args]) : undefined;
}

function installed(tool: string): boolean {
  return spawnSync(tool, ['--version']).status === 0;
}

/** Runs plain Node, for comparison of start-up times. */
export function plainNode(): Run {
  return timed(process.execPath, ['-e', '0']);
}

/** The fastest of several tries: everything else is noise of the host. */
export function fastest<T extends { seconds: number } | undefined>(tries: number, run: () => T): T {
  let best = run();
  for (let i = 1; i < tries; i++) {
    const next = run();
    if (best && next && next.seconds < best.seconds) best = next;
  }
  return best;
}
