// Every x87 instruction form as machine code beside the operation and selector that stand for it.

import * as control from '../../../cpu/x87/control.js';
import * as environment from '../../../cpu/x87/environment.js';
import type { Operation } from '../../../cpu/x87/operations.js';
import * as basic from '../../../cpu/x87/operations.js';
import * as scaling from '../../../cpu/x87/scaling.js';
import * as transcendental from '../../../cpu/x87/transcendental.js';
import {
  BCD,
  F32,
  F64,
  F80,
  I16,
  I32,
  I64,
  MEMORY,
  POP,
  POP_TWICE,
  TO_REGISTER,
} from '../../../cpu/x87/words.js';

export interface Instruction {
  readonly name: string;
  readonly bytes: readonly number[];
  readonly operation: Operation;
  readonly selector: number;
  /** Memory operand: its format and direction. */
  readonly load?: number;
  readonly store?: number;
  /** Leaves ZF, PF and CF in the scratch area. */
  readonly flags?: boolean;
  /** What an engine calls after the store. */
  readonly after?: Operation;
}

export const WIDTHS: readonly number[] = [4, 8, 10, 2, 4, 8, 10];

/** ModRM for [rsi] with a register field. */
const at = (field: number) => 0x06 | (field << 3);

const REGISTERS = [0, 1, 2, 3, 7];
const table: Instruction[] = [];

function define(instruction: Instruction): void {
  table.push(instruction);
}

/** The opcodes whose other operand is memory, by its format. */
const MEMORY_FORMS: readonly [opcode: number, format: number, text: string][] = [
  [0xd8, F32, 'm32fp'],
  [0xdc, F64, 'm64fp'],
  [0xda, I32, 'm32int'],
  [0xde, I16, 'm16int'],
];

function forms(name: string, operation: Operation, field: number): void {
  for (const [opcode, format, text] of MEMORY_FORMS) {
    define({
      name: `${name} ${text}`,
      bytes: [opcode, at(field)],
      operation,
      selector: MEMORY | format,
      load: format,
    });
  }
  // The register forms that write ST(i) have the two directions exchanged in their encodings.
  const swapped = field >= 4 ? field ^ 1 : field;
  for (const i of REGISTERS) {
    define({
      name: `${name} st,st(${i})`,
      bytes: [0xd8, 0xc0 | (field << 3) | i],
      operation,
      selector: i,
    });
    define({
      name: `${name} st(${i}),st`,
      bytes: [0xdc, 0xc0 | (swapped << 3) | i],
      operation,
      selector: i | TO_REGISTER,
    });
    define({
      name: `${name}p st(${i}),st`,
      bytes: [0xde, 0xc0 | (swapped << 3) | i],
      operation,
      selector: i | TO_REGISTER | POP,
    });
  }
}

forms('fadd', basic.fadd, 0);
forms('fmul', basic.fmul, 1);
forms('fsub', basic.fsub, 4);
forms('fsubr', basic.fsubr, 5);
forms('fdiv', basic.fdiv, 6);
forms('fdivr', basic.fdivr, 7);

function compares(name: string, field: number, pop: number): void {
  for (const [opcode, format, text] of MEMORY_FORMS) {
    define({
      name: `${name} ${text}`,
      bytes: [opcode, at(field)],
      operation: basic.fcom,
      selector: MEMORY | format | pop,
      load: format,
    });
  }
}
compares('fcom', 2, 0);
compares('fcomp', 3, POP);

type Register = [string, number, number, Operation, number, boolean?];
const registerForms: Register[] = [
  ['fcom', 0xd8, 0xd0, basic.fcom, 0],
  ['fcomp', 0xd8, 0xd8, basic.fcom, POP],
  ['fucom', 0xdd, 0xe0, basic.fucom, 0],
  ['fucomp', 0xdd, 0xe8, basic.fucom, POP],
  ['fcomi', 0xdb, 0xf0, basic.fcomi, 0, true],
  ['fcomip', 0xdf, 0xf0, basic.fcomi, POP, true],
  ['fucomi', 0xdb, 0xe8, basic.fucomi, 0, true],
  ['fucomip', 0xdf, 0xe8, basic.fucomi, POP, true],
  ['fld', 0xd9, 0xc0, basic.fld, 0],
  ['fst', 0xdd, 0xd0, basic.fst, 0],
  ['fstp', 0xdd, 0xd8, basic.fst, POP],
  ['fxch', 0xd9, 0xc8, basic.fxch, 0],
  ['ffree', 0xdd, 0xc0, control.ffree, 0],
  ['ffreep', 0xdf, 0xc0, control.ffreep, 0],
  // encodings that the manual leaves out
  ['fxch4', 0xdd, 0xc8, basic.fxch, 0],
  ['fxch7', 0xdf, 0xc8, basic.fxch, 0],
  ['fcom2', 0xdc, 0xd0, basic.fcom, 0],
  ['fcomp3', 0xdc, 0xd8, basic.fcom, POP],
  ['fcomp5', 0xde, 0xd0, basic.fcom, POP],
  ['fstpnce', 0xd9, 0xd8, basic.fstpnce, 0],
  ['fstp8', 0xdf, 0xd0, basic.fst, POP],
  ['fstp9', 0xdf, 0xd8, basic.fst, POP],
  ['fcmove', 0xda, 0xc8, basic.fcmov, 0], // the oracle runs with ZF clear, CF set
  ['fcmovb', 0xda, 0xc0, basic.fcmov, basic.TAKEN],
];
for (const [name, opcode, base, operation, bits, flags = false] of registerForms) {
  for (const i of REGISTERS) {
    define({
      name: `${name} st(${i})`,
      bytes: [opcode, base | i],
      operation,
      selector: i | bits,
      flags,
    });
  }
}
define({ name: 'fcompp', bytes: [0xde, 0xd9], operation: basic.fcom, selector: 1 | POP_TWICE });
define({ name: 'fucompp', bytes: [0xda, 0xe9], operation: basic.fucom, selector: 1 | POP_TWICE });

const loads: [string, number, number, number][] = [
  ['fld m32fp', 0xd9, 0, F32],
  ['fld m64fp', 0xdd, 0, F64],
  ['fld m80fp', 0xdb, 5, F80],
  ['fild m16', 0xdf, 0, I16],
  ['fild m32', 0xdb, 0, I32],
  ['fild m64', 0xdf, 5, I64],
  ['fbld', 0xdf, 4, BCD],
];
for (const [name, opcode, field, format] of loads) {
  define({
    name,
    bytes: [opcode, at(field)],
    operation: basic.fld,
    selector: MEMORY | format,
    load: format,
  });
}

const stores: [string, number, number, number, number, Operation][] = [
  ['fst m32fp', 0xd9, 2, F32, 0, basic.fst],
  ['fstp m32fp', 0xd9, 3, F32, POP, basic.fst],
  ['fst m64fp', 0xdd, 2, F64, 0, basic.fst],
  ['fstp m64fp', 0xdd, 3, F64, POP, basic.fst],
  ['fstp m80fp', 0xdb, 7, F80, POP, basic.fst],
  ['fist m16', 0xdf, 2, I16, 0, basic.fst],
  ['fistp m16', 0xdf, 3, I16, POP, basic.fst],
  ['fist m32', 0xdb, 2, I32, 0, basic.fst],
  ['fistp m32', 0xdb, 3, I32, POP, basic.fst],
  ['fistp m64', 0xdf, 7, I64, POP, basic.fst],
  ['fbstp', 0xdf, 6, BCD, POP, basic.fst],
  ['fisttp m16', 0xdf, 1, I16, 0, basic.fisttp],
  ['fisttp m32', 0xdb, 1, I32, 0, basic.fisttp],
  ['fisttp m64', 0xdd, 1, I64, 0, basic.fisttp],
];
for (const [name, opcode, field, format, bits, operation] of stores) {
  const bytes = [opcode, at(field)];
  define({ name, bytes, operation, selector: MEMORY | format | bits, store: WIDTHS[format] });
}

const plain: [string, number, number, Operation][] = [
  ['fsqrt', 0xd9, 0xfa, basic.fsqrt],
  ['frndint', 0xd9, 0xfc, scaling.frndint],
  ['fscale', 0xd9, 0xfd, scaling.fscale],
  ['fxtract', 0xd9, 0xf4, scaling.fxtract],
  ['fprem', 0xd9, 0xf8, scaling.fprem],
  ['fprem1', 0xd9, 0xf5, scaling.fprem1],
  ['fchs', 0xd9, 0xe0, control.fchs],
  ['fabs', 0xd9, 0xe1, control.fabs],
  ['ftst', 0xd9, 0xe4, control.ftst],
  ['fxam', 0xd9, 0xe5, control.fxam],
  ['fld1', 0xd9, 0xe8, control.fld1],
  ['fldl2t', 0xd9, 0xe9, control.fldl2t],
  ['fldl2e', 0xd9, 0xea, control.fldl2e],
  ['fldpi', 0xd9, 0xeb, control.fldpi],
  ['fldlg2', 0xd9, 0xec, control.fldlg2],
  ['fldln2', 0xd9, 0xed, control.fldln2],
  ['fldz', 0xd9, 0xee, control.fldz],
  ['fincstp', 0xd9, 0xf7, control.fincstp],
  ['fdecstp', 0xd9, 0xf6, control.fdecstp],
  ['fnop', 0xd9, 0xd0, control.fwait],
  ['fninit', 0xdb, 0xe3, control.fninit],
  ['fnclex', 0xdb, 0xe2, control.fnclex],
];
for (const [name, first, second, operation] of plain) {
  define({ name, bytes: [first, second], operation, selector: 0 });
}
define({ name: 'fwait', bytes: [0x9b], operation: control.fwait, selector: 0 });

define({ name: 'fldcw', bytes: [0xd9, at(5)], operation: control.fldcw, selector: 0, load: I16 });
define({ name: 'fnstcw', bytes: [0xd9, at(7)], operation: control.fnstcw, selector: 0, store: 2 });
define({ name: 'fnstsw', bytes: [0xdd, at(7)], operation: control.fnstsw, selector: 0, store: 2 });
// The operand-size prefix chooses the layouts of 16-bit code.
for (const [selector, suffix, prefix] of [
  [0, '', []],
  [environment.SHORT, ' 16', [0x66]],
] as const) {
  const short = selector === environment.SHORT;
  const environmentSize = short ? environment.SHORT_ENVIRONMENT_SIZE : environment.ENVIRONMENT_SIZE;
  define({
    name: `fnstenv${suffix}`,
    bytes: [...prefix, 0xd9, at(6)],
    operation: environment.fnstenv,
    selector,
    store: environmentSize,
    after: environment.maskAll,
  });
  define({
    name: `fnsave${suffix}`,
    bytes: [...prefix, 0xdd, at(6)],
    operation: environment.fnsave,
    selector,
    store: environmentSize + environment.REGISTERS_SIZE,
    after: control.fninit,
  });
  define({
    name: `fldenv${suffix}`,
    bytes: [...prefix, 0xd9, at(4)],
    operation: environment.fldenv,
    selector,
    load: 7,
  });
  define({
    name: `frstor${suffix}`,
    bytes: [...prefix, 0xdd, at(4)],
    operation: environment.frstor,
    selector,
    load: 7,
  });
}

/** These differ from silicon by a unit in the last place now and then. */
const approximate: [string, number, Operation][] = [
  ['f2xm1', 0xf0, transcendental.f2xm1],
  ['fyl2x', 0xf1, transcendental.fyl2x],
  ['fptan', 0xf2, transcendental.fptan],
  ['fpatan', 0xf3, transcendental.fpatan],
  ['fyl2xp1', 0xf9, transcendental.fyl2xp1],
  ['fsincos', 0xfb, transcendental.fsincos],
  ['fsin', 0xfe, transcendental.fsin],
  ['fcos', 0xff, transcendental.fcos],
];

export const transcendentals: readonly Instruction[] = approximate.map(
  ([name, second, operation]) => ({ name, bytes: [0xd9, second], operation, selector: 0 }),
);

export const instructions: readonly Instruction[] = table;
