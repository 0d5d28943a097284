// Asks examples/traceme.elf its questions: of the host, where that is Linux and lets one trace, and
// of the machine with each answer to TRACEME.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TracemeName } from '../../compat/index.js';
import { DeadlockError } from '../../kernel-sim/index.js';
import { RecordedStreams } from '../host/console.js';
import { Machine } from '../machine.js';
import { PACKAGE } from '../package-files.js';
import { QUESTIONS, type Question } from './questions.js';

const PROGRAM = 'examples/traceme.elf';
/** What Linux 6.1 said. */
const RECORDED = `${PACKAGE}examples/traceme.json`;

export const STRATEGIES: readonly TracemeName[] = ['nothing', 'marker', 'shared-memory', 'daemon'];

/** What the program printed, by question. */
export type Outputs = Readonly<Record<string, string>>;

export interface Cell {
  /** Whether it is what Linux does. */
  readonly same: boolean;
  /** What it is instead, in a few words. */
  readonly found: string;
  /** Why; empty where it is the same. */
  readonly reason: string;
}

export interface Row {
  readonly question: Question;
  readonly linux: string;
  readonly cells: Readonly<Record<TracemeName, Cell>>;
}

/** What the host says; undefined where it cannot be asked. */
export function askHost(): Outputs | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const outputs: Record<string, string> = {};
  for (const { name } of QUESTIONS) {
    const { status, stdout } = spawnSync(PROGRAM, [name], {
      cwd: PACKAGE,
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (status !== 0 || stdout.includes('Operation not permitted')) return undefined;
    outputs[name] = stdout;
  }
  return outputs;
}

export function recorded(): Outputs {
  return JSON.parse(readFileSync(RECORDED, 'utf8')) as Outputs;
}

interface Ran {
  readonly output: string;
  /** How it ended, if not as a program does. */
  readonly end: string;
}

/** One question to the machine. */
export function askMachine(name: string, traceme: TracemeName): Ran {
  const host = new RecordedStreams();
  const machine = new Machine({ host, directory: PACKAGE, traceme });
  let end = '';
  try {
    machine.run(machine.start(PROGRAM, { args: [name] }));
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    end = 'waits for ever';
  }
  return { output: host.stdout + host.stderr, end };
}

export function tracemeTable(linux: Outputs): Row[] {
  return QUESTIONS.map((question) => {
    const expected = linux[question.name] ?? '';
    const cells = STRATEGIES.map((strategy) => {
      return [strategy, cellOf(question, strategy, expected)] as const;
    });
    return {
      question,
      linux: expected,
      cells: Object.fromEntries(cells) as Record<TracemeName, Cell>,
    };
  });
}

function cellOf(question: Question, strategy: TracemeName, expected: string): Cell {
  const { output, end } = askMachine(question.name, strategy);
  if (output === expected && end === '') return { same: true, found: '', reason: '' };
  const reason = question.reasons[strategy] ?? '';
  return { same: false, found: difference(output, expected) || end, reason };
}

/** The first line that Linux does not print. */
function difference(output: string, expected: string): string {
  const theirs = expected.split('\n');
  const line = output.split('\n').find((text, index) => text !== theirs[index] && text !== '');
  return line ?? '';
}
