// A tracer on the host's own Linux: lib/native/recorder.c writes down its calls. Where that cannot
// be done, the recordings of the examples that are committed stand in.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { WEXITSTATUS, WIFEXITED, WTERMSIG } from '../../compat/index.js';
import { signalName } from '../../kernel-sim/abi/index.js';
import { moves } from '../image.js';
import { PACKAGE } from '../package-files.js';
import { decode } from './decode.js';
import { Names } from './names.js';
import { parseRecorded } from './raw-call.js';
import { CALLS_LIMIT, CALLS_MAX, type End, OUTPUT_LIMIT, type Recording } from './recording.js';

const RECORDER = join(PACKAGE, 'lib/native/recorder.elf');

/** Seconds that a program may take before it counts as endless. */
export const TIME_LIMIT = 10;

/** Why the recorder ended a program, in its words and in ours. */
const LIMITS: Readonly<Record<string, string>> = {
  timeout: `${TIME_LIMIT} s`,
  calls: `${CALLS_LIMIT} calls`,
  output: `${OUTPUT_LIMIT} bytes of output`,
};

/** Why the host cannot record, or undefined when it can. */
export function whyNotNative(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `this is ${process.platform} on ${process.arch}, not Linux on x64`;
  }
  const { error, status, stderr } = spawnSync(RECORDER, ['5', RECORDER], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (error) return error.message;
  // without arguments the recorder, which is traced here, explains itself and ends
  return status === 0 ? undefined : stderr.trim() || 'ptrace is not allowed';
}

/** Runs a program under the recorder, in the directory and with no environment and no input. */
export function recordNatively(
  path: string,
  args: readonly string[],
  directory: string = process.cwd(),
): Recording {
  const [stdout = '', stderr = '', recorded = ''] = outputOf(path, args, directory);
  const lines = recorded.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  if (!last.startsWith('end ')) throw new Error(`recording ${path}: ${stderr.trim()}`);
  const { pid, entry, calls } = parseRecorded(lines);
  const image = readFileSync(resolve(directory, path));
  const names = new Names('linux', pid, moves(image) ? entry : undefined);
  const cut = calls.length >= CALLS_MAX ? ({ cut: true } as const) : {};
  const seen = decode(calls, names);
  return { on: 'linux', program: path, args, seen, ...cut, stdout, stderr, end: endOf(last) };
}

/** What came of descriptors 1, 2 and 3. They are files, whose sizes the recorder limits. */
function outputOf(path: string, args: readonly string[], directory: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'relibc-ptrace-'));
  const names = ['stdout', 'stderr', 'calls'].map((name) => join(folder, name));
  try {
    const files = names.map((name) => openSync(name, 'a'));
    const { error } = spawnSync(RECORDER, [String(TIME_LIMIT), path, ...args], {
      cwd: directory,
      stdio: ['ignore', ...files],
    });
    for (const file of files) closeSync(file);
    if (error) throw error;
    const [stdout = '', stderr = '', calls = ''] = names.map((name) => readFileSync(name, 'utf8'));
    return [stdout.slice(0, OUTPUT_LIMIT), stderr.slice(0, OUTPUT_LIMIT), calls];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function endOf(line: string): End {
  const [, word = ''] = line.split(' ');
  const after = LIMITS[word];
  if (after !== undefined) return { kind: 'endless', after };
  const status = Number.parseInt(word, 16);
  return WIFEXITED(status)
    ? { kind: 'exited', status: WEXITSTATUS(status) }
    : { kind: 'killed', signal: signalName(WTERMSIG(status)) };
}

/** Where a program's committed recording lies: `recordings/NAME.json` beside it. */
export function committedPath(path: string): string {
  return join(dirname(path), 'recordings', `${basename(path).replace(/\.elf$/, '')}.json`);
}

/** A program's native run as it was recorded elsewhere, if there is one. */
export function committedRecording(path: string): Recording | undefined {
  const file = committedPath(path);
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}
