// What MMX instructions have in common: their registers are the low halves of the x87 registers, and
// each of them makes the x87 stack look full. Intel SDM vol. 1, 9.5 and vol. 3A, 12.2-12.4. And how
// operations are defined on them, on XMM registers, or on both.
import { FSW, FTW } from '../layout.js';
import { instruction, type Meaning } from './registry.js';
import { ALIGNED, type Operand, type Semantics, type Vector } from './semantics.js';

const MF = 16;
const TOP = 0x3800n;
/** Bit 7 of FSW: an unmasked x87 exception waits. */
const SUMMARY = 7;

/** #MF when an x87 exception is pending. */
export function waitForX87(s: Semantics): void {
  s.raiseIf(s.bitAt(s.state(FSW, 16), SUMMARY), MF);
}

/** TOP is 0: processors clear it after loads and before stores, even when these fault. */
function clearTop(s: Semantics): void {
  s.setState(FSW, s.and(s.state(FSW, 16), s.constant(~TOP, 16)));
}

/** No register is empty. */
function fillTags(s: Semantics): void {
  s.setState(FTW, s.constant(0xffn, 8));
}

/**
 * What an instruction that may fault after its loads says once it has done them: the stack is full
 * even when that happens.
 */
export function enterMmx(s: Semantics): void {
  clearTop(s);
  fillTags(s);
}

/** An instruction on MMX registers. */
export function mmx(mnemonic: string, forms: string | readonly string[], meaning: Meaning): void {
  instruction(mnemonic, forms, (s, ...operands) => {
    waitForX87(s);
    const loads = operands.slice(1).some(({ kind }) => kind === 'memory');
    if (!loads) clearTop(s);
    meaning(s, ...operands);
    if (loads) clearTop(s);
    fillTags(s);
  });
}

instruction('emms', '', (s) => {
  waitForX87(s);
  clearTop(s);
  s.setState(FTW, s.constant(0n, 8));
});

export type Binary = (s: Semantics, a: Vector, b: Vector) => Vector;

const binary =
  (operation: Binary) =>
  (s: Semantics, to: Operand, from: Operand): void => {
    const b = s.readVector(from, ALIGNED);
    s.writeVector(to, operation(s, s.readVector(to), b));
  };

/** An operation of two XMM operands, the first of which is replaced. */
export function onXmm(mnemonic: string, operation: Binary): void {
  instruction(mnemonic, 'x,xm128', binary(operation));
}

/** The same of two MMX operands, in the low halves of vectors. */
export function onMmx(mnemonic: string, operation: Binary, form = 'mm,mmm64'): void {
  mmx(mnemonic, form, (s, to, from) => {
    const b = s.readVector(from);
    s.writeVector(to, operation(s, s.readVector(to), b));
  });
}

/** An operation that works alike on both. */
export function onBoth(mnemonic: string, operation: Binary): void {
  onXmm(mnemonic, operation);
  onMmx(mnemonic, operation);
}
