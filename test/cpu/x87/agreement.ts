// Compares emulated and real records (oracle.c): what counts, and how a difference reads.

import { fillRecord, Random } from './cases.js';
import { emulate } from './emulated.js';
import type { Instruction } from './instructions.js';
import { RECORD_SIZE } from './silicon.js';

/**
 * FOP, FIP and FDP belong to the engine, MXCSR and RAX to nobody here; after a signal only its
 * number counts.
 */
const IGNORED: readonly (readonly [number, number])[] = [
  [6, 32],
  [288, 296],
];
export const SIGNAL = 304;

export function makeRecords(instruction: Instruction, count: number, seed: number): Uint8Array {
  const records = new Uint8Array(RECORD_SIZE * count);
  const random = new Random(seed);
  for (let index = 0; index < count; index++) {
    fillRecord(recordAt(records, index), instruction, random);
  }
  return records;
}

export function recordAt(records: Uint8Array, index: number): DataView {
  return new DataView(records.buffer, records.byteOffset + index * RECORD_SIZE, RECORD_SIZE);
}

/** What must agree of an answer, everything else zeroed. */
export function essence(record: Uint8Array): Uint8Array {
  const result = record.slice();
  for (const [start, end] of IGNORED) result.fill(0, start, end);
  if (result[SIGNAL] !== 0) result.fill(0, 0, SIGNAL);
  return result;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes.slice().reverse()).toString('hex');

/** The bytes that an answer changed of its question, as "offset:hex" runs. */
export function delta(before: Uint8Array, after: Uint8Array): string {
  if (after[SIGNAL] !== 0) return `signal ${after[SIGNAL]}`;
  const runs: string[] = [];
  for (let at = 0; at < RECORD_SIZE; at++) {
    if (before[at] === after[at]) continue;
    const start = at;
    while (at < RECORD_SIZE && before[at] !== after[at]) at++;
    runs.push(`${start}:${Buffer.from(after.subarray(start, at)).toString('hex')}`);
  }
  return runs.join(' ') || '-';
}

export function describeRecord(record: Uint8Array): string {
  const top = (record[3] >>> 3) & 7;
  const words = `fcw=${hex(record.subarray(0, 2))} fsw=${hex(record.subarray(2, 4))}`;
  const stack = [0, 1, 2, 3].map((index) => {
    const at = 32 + 16 * index;
    const empty = ((record[4] >>> ((top + index) & 7)) & 1) === 0 ? '~' : '';
    return `${empty}${hex(record.subarray(at + 8, at + 10))}:${hex(record.subarray(at, at + 8))}`;
  });
  const memory = hex(record.subarray(160, 170));
  return `${words} st=${stack.join(' ')} mem=${memory} signal=${record[SIGNAL]}`;
}

const EXPONENT = 0x7fff;
const FRACTION = (1n << 63n) - 1n;
const C1_BYTE = 3;
const C1 = 0x02;

/** Position of a register's value among all extended reals, so that neighbours differ by one. */
function ordinal(record: Uint8Array, at: number): bigint {
  const view = recordAt(record, 0);
  const signExponent = view.getUint16(at + 8, true);
  const significand = view.getBigUint64(at, true);
  const exponent = BigInt(signExponent & EXPONENT);
  const magnitude = (exponent << 63n) + (exponent === 0n ? significand : significand & FRACTION);
  return signExponent > EXPONENT ? -magnitude : magnitude;
}

/**
 * Units in the last place by which ST(0) and ST(1) of two answers differ, or -1 when something
 * else does. C1 says how the real result was rounded and so goes with it.
 */
export function ulpDistance(a: Uint8Array, b: Uint8Array): number {
  let distance = 0;
  const [first, second] = [essence(a), essence(b)];
  for (const at of [32, 48]) {
    const difference = Number(ordinal(first, at) - ordinal(second, at));
    distance = Math.max(distance, Math.abs(difference));
    first.fill(0, at, at + 10);
    second.fill(0, at, at + 10);
  }
  first[C1_BYTE] &= ~C1;
  second[C1_BYTE] &= ~C1;
  return Buffer.compare(first, second) === 0 ? distance : -1;
}

/** One text for each record on which emulation and `answers` differ. */
export function disagreements(
  instruction: Instruction,
  records: Uint8Array,
  answers: Uint8Array,
): string[] {
  const found: string[] = [];
  for (let index = 0; index * RECORD_SIZE < records.length; index++) {
    const range = [index * RECORD_SIZE, (index + 1) * RECORD_SIZE] as const;
    const real = essence(answers.subarray(...range));
    const ours = essence(emulate(instruction, recordAt(records, index)));
    if (Buffer.compare(real, ours) === 0) continue;
    const before = describeRecord(records.subarray(...range));
    found.push(
      `${instruction.name} #${index}\n  before   ${before}\n` +
        `  silicon  ${describeRecord(real)}\n  emulated ${describeRecord(ours)}`,
    );
  }
  return found;
}
