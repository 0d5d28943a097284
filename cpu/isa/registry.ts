// The table of instructions: mnemonic, operand forms, meaning. The decoder's keys and both engines
// start from these entries.
import type { Operand, OperandKind, Semantics } from './semantics.js';

/** The meaning of an instruction, given its operands. */
export type Meaning = (s: Semantics, ...operands: Operand[]) => void;

export interface Definition {
  readonly mnemonic: string;
  /** Operand forms, each a list like 'rm32,r32'; '' for none. See {@link expandForm}. */
  readonly forms: readonly string[];
  readonly meaning: Meaning;
}

/** One operand form of an instruction: what one handler or one translation template serves. */
export interface Form {
  /** Mnemonic and operand kinds: 'add m64,r64'. */
  readonly key: string;
  readonly operands: readonly Operand[];
  readonly meaning: Meaning;
}

const definitions: Definition[] = [];
/** What {@link allForms} gave, until a definition is added. */
let known: readonly Form[] | undefined;

/** Adds an instruction to the table. */
export function instruction(
  mnemonic: string,
  forms: string | readonly string[],
  meaning: Meaning,
): void {
  known = undefined;
  definitions.push({ mnemonic, forms: typeof forms === 'string' ? [forms] : forms, meaning });
}

const KINDS: readonly (readonly [RegExp, OperandKind])[] = [
  [/^r(8|16|32|64)$/, 'gpr'],
  [/^m(\d+)$/, 'memory'],
  [/^i(8|16|32|64)$/, 'immediate'],
  [/^x()$/, 'xmm'],
  [/^mm()$/, 'mmx'],
  [/^st()$/, 'st'],
  [/^sreg()$/, 'segment'],
  [/^rel()$/, 'relative'],
  [/^[cd]r()$/, 'system'],
];

const REGISTER_BITS: Partial<Record<OperandKind, number>> = { xmm: 128, mmx: 64, st: 80 };

/** Operands by token and slot: there are few, and many forms share them. */
const operands = new Map<string, Operand>();

function operandOf(token: string, slot: number): Operand {
  const key = `${token} ${slot}`;
  let operand = operands.get(key);
  if (operand === undefined) {
    operand = newOperand(token, slot as 0 | 1 | 2);
    operands.set(key, operand);
  }
  return operand;
}

function newOperand(token: string, slot: 0 | 1 | 2): Operand {
  for (const [pattern, kind] of KINDS) {
    const match = pattern.exec(token);
    if (match === null) continue;
    const bits = match[1] === '' ? (REGISTER_BITS[kind] ?? 0) : Number(match[1]);
    return { kind, bits, slot };
  }
  throw new Error(`unknown operand form '${token}'`);
}

/** The places that one token stands for. */
function alternativesOf(token: string): readonly string[] {
  const [, place, bits] = /^(r|x|mm)m(\d+)$/.exec(token) ?? [];
  if (place === undefined) return [token];
  return [place === 'r' ? `r${bits}` : place, `m${bits}`];
}

/**
 * The plain forms that one form stands for. `rmN` is `rN` or `mN`; `xmN` is `x` or `mN`; `mmmN` is
 * `mm` or `mN`; a form with `*` stands for it at 16, 32 and 64 bits.
 */
export function expandForm(form: string): string[] {
  if (form.includes('*')) {
    return ['16', '32', '64'].flatMap((bits) => expandForm(form.replaceAll('*', bits)));
  }
  let forms: string[] = [''];
  for (const token of form === '' ? [] : form.split(',')) {
    const alternatives = alternativesOf(token);
    forms = forms.flatMap((prefix) =>
      alternatives.map((alternative) => (prefix === '' ? alternative : `${prefix},${alternative}`)),
    );
  }
  return forms;
}

/** Every form of every instruction defined so far, in order of definition. */
export function allForms(): readonly Form[] {
  if (known !== undefined) return known;
  const forms = new Map<string, Form>();
  for (const { mnemonic, forms: patterns, meaning } of definitions) {
    for (const pattern of patterns) {
      for (const form of expandForm(pattern)) {
        const key = form === '' ? mnemonic : `${mnemonic} ${form}`;
        if (forms.has(key)) throw new Error(`two definitions of '${key}'`);
        const places = form === '' ? [] : form.split(',').map(operandOf);
        forms.set(key, { key, operands: places, meaning });
      }
    }
  }
  known = [...forms.values()];
  return known;
}
