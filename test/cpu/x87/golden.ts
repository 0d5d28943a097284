// The recorded answers of a real FPU, for machines without one or without gcc: for every
// instruction form a few seeded records, each as the bytes that changed.
// `node dist/test/cpu/x87/golden.js` records them anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { delta, essence, makeRecords, SIGNAL } from './agreement.js';
import { instructions, transcendentals } from './instructions.js';
import { RECORD_SIZE, Silicon } from './silicon.js';

export const GOLDEN_SEED = 1987;
export const GOLDEN_COUNT = 10;
const FILE = fileURLToPath(new URL('../../../../test/golden/x87.txt', import.meta.url));

export interface Golden {
  readonly processor: string;
  readonly answers: ReadonlyMap<string, readonly string[]>;
}

export function readGolden(): Golden {
  const [heading, ...lines] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  const answers = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    if (line.startsWith('= ')) {
      current = [];
      answers.set(line.slice(2), current);
    } else {
      current.push(line);
    }
  }
  return { processor: heading.replace('# ', ''), answers };
}

/** Applies a recorded change to its record. */
export function applyDelta(before: Uint8Array, text: string): Uint8Array {
  const after = before.slice();
  if (text.startsWith('signal ')) {
    after[SIGNAL] = Number(text.slice(7));
    return after;
  }
  for (const run of text === '-' ? [] : text.split(' ')) {
    const [at, bytes] = run.split(':');
    after.set(Buffer.from(bytes, 'hex'), Number(at));
  }
  return after;
}

/** The changes that `answers` make to `records`. */
export function deltas(records: Uint8Array, answers: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < records.length; at += RECORD_SIZE) {
    const before = essence(records.subarray(at, at + RECORD_SIZE));
    texts.push(delta(before, essence(answers.subarray(at, at + RECORD_SIZE))));
  }
  return texts;
}

function record(silicon: Silicon): void {
  const lines = [`# ${silicon.processor}`];
  for (const instruction of [...instructions, ...transcendentals]) {
    const records = makeRecords(instruction, GOLDEN_COUNT, GOLDEN_SEED);
    lines.push(`= ${instruction.name}`, ...deltas(records, silicon.run(records)));
  }
  writeFileSync(FILE, `${lines.join('\n')}\n`);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const silicon = Silicon.find();
  if (silicon === undefined) throw new Error('recording needs x86-64 Linux and gcc');
  record(silicon);
  silicon.close();
}
