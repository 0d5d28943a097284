// A tracer on the host's own Linux: lib/native/recorder.c writes down its calls. Where that cannot
// be done, the recordings of the examples that are committed stand in.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WEXITSTATUS, WIFEXITED, WTERMSIG } from '../../compat/index.js';
import { signalName } from '../../kernel-sim/abi/index.js';
import { moves } from '../image.js';
import { PACKAGE } from '../package-files.js';
import { decode } from './decode.js';
import { Names } from './names.js';
import { parseRecorded } from './raw-call.js';
import type { End, Recording } from './recording.js';

const RECORDER = join(PACKAGE, 'lib/native/recorder.elf');
const OUTPUT_MAX = 256 * 1024 * 1024;

/** Seconds that a program may take before it counts as endless. */
export const TIME_LIMIT = 10;

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
  const { output, error } = spawnSync(RECORDER, [String(TIME_LIMIT), path, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: OUTPUT_MAX,
  });
  if (error) throw error;
  const [, stdout = '', stderr = '', recorded = ''] = output.map((text) => text ?? '');
  const lines = recorded.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  if (!last.startsWith('end ')) throw new Error(`recording ${path}: ${stderr.trim()}`);
  const { pid, entry, calls } = parseRecorded(lines);
  const image = readFileSync(join(directory, path));
  const names = new Names('linux', pid, moves(image) ? entry : undefined);
  const seen = decode(calls, names);
  return { on: 'linux', program: path, args, seen, stdout, stderr, end: endOf(last) };
}

function endOf(line: string): End {
  const [, word = ''] = line.split(' ');
  if (word === 'timeout') return { kind: 'timeout', seconds: TIME_LIMIT };
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
