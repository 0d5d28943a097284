// How a piece of work is timed on each machine: this one, the host itself and other emulators.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunStatistics } from '../cli/statistics.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const command = fileURLToPath(new URL('../relibc-ptrace.cjs', import.meta.url));

export const KERNELS = 'lib/bench/programs/kernels.elf';
export const STOPS = 'lib/bench/programs/stops.elf';
export const PROCESSES = 'lib/bench/programs/processes.elf';

export interface Run {
  readonly output: string;
  /** Of the whole process, start included. */
  readonly seconds: number;
}

/** Measuring itself takes a while: `seconds` are somewhat more than without. */
export interface ProfiledRun extends Run {
  readonly statistics: RunStatistics;
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
export function onMachine(program: string, args: readonly string[]): Run {
  return timed(process.execPath, [command, 'run', program, ...args]);
}

/** The same, and what the machine says of itself. */
export function profiledOnMachine(
  program: string,
  args: readonly string[],
  options: readonly string[] = [],
): ProfiledRun {
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
  const file = resolve(repository, program);
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  if (!onOneProcessor) return timed(file, args);
  return installed('taskset') ? timed('taskset', ['-c', '0', file, ...args]) : undefined;
}

/** Runs a program under another emulator, or returns undefined where that is not installed. */
export function under(emulator: string, program: string, args: readonly string[]): Run | undefined {
  return installed(emulator) ? timed(emulator, [program, ...args]) : undefined;
}

export function onQemu(program: string, args: readonly string[]): Run | undefined {
  return under('qemu-x86_64', program, args);
}

const found = new Map<string, boolean>();

export function installed(tool: string): boolean {
  const known = found.get(tool) ?? spawnSync(tool, ['--version']).error === undefined;
  found.set(tool, known);
  return known;
}

/** Runs plain Node, for comparison of start-up times. */
export function plainNode(): Run {
  return timed(process.execPath, ['-e', '0']);
}

/** The fastest of several tries: everything else is noise of the host. */
export function fastest<T extends { seconds: number } | undefined>(tries: number, run: () => T): T {
  let best = run();
  for (let i = 1; i < tries; i++) best = quicker(best, run());
  return best;
}

export function quicker<T extends { seconds: number } | undefined>(one: T, other: T): T {
  return one && other && other.seconds < one.seconds ? other : one;
}
