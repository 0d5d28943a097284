// x87 instructions: which operation of cpu/x87 each mnemonic is, and the memory it reads or writes.
// Intel SDM vol. 1, 8.1.8 for the last instruction and data pointers; vol. 2A, "FADD" to "FYL2XP1".
import { FCW, FSW, SCRATCH, X87 } from '../layout.js';
import { SHORT } from '../x87/environment.js';
import {
  BCD,
  DONE,
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
} from '../x87/words.js';
import { waitForX87 } from './mmx.js';
import { instruction } from './registry.js';
import type { ConditionCode, Operand, Semantics, Value } from './semantics.js';

const LAST_OPCODE = X87 + 134;
const LAST_INSTRUCTION = X87 + 136;
const LAST_DATA = X87 + 144;
/** FSW bit 7: an unmasked exception is pending. */
const SUMMARY = 7;

function perform(s: Semantics, operation: string, selector: Value | number): Value {
  const value = typeof selector === 'number' ? s.constant(BigInt(selector), 32) : selector;
  return s.helper(`x87.${operation}`, value);
}

/**
 * Every instruction that computes leaves its address; one with an unmasked exception, which is now
 * pending, also its opcode and the address of its operand.
 */
function setPointers(s: Semantics, data?: Operand): void {
  s.setState(LAST_INSTRUCTION, s.instructionAddress());
  s.if(s.bitAt(s.state(FSW, 16), SUMMARY), () => {
    s.setState(LAST_OPCODE, s.escapeOpcode());
    if (data !== undefined) s.setState(LAST_DATA, s.offset(data));
  });
}

/** An instruction without operands in memory. */
function onStack(mnemonic: string, operation: string, selector: number): void {
  instruction(mnemonic, '', (s) => {
    waitForX87(s);
    perform(s, operation, selector);
    setPointers(s);
  });
}

function loading(mnemonic: string, bits: number, operation: string, selector: number): void {
  instruction(mnemonic, `m${bits}`, (s, source) => {
    waitForX87(s);
    const address = s.address(source);
    if (bits === 80) s.load(address, 64); // the significand is read first
    s.fromMemory(address, bits / 8);
    perform(s, operation, selector | MEMORY);
    setPointers(s, source);
  });
}

/**
 * The operation says whether there is anything to store, and has popped by then; so the words that
 * it changed, which are the control word's neighbours, are put back until the store has succeeded.
 */
function storing(mnemonic: string, bits: number, operation: string, selector: number): void {
  instruction(mnemonic, `m${bits}`, (s, target) => {
    waitForX87(s);
    const before = s.state(FCW, 64);
    const status = perform(s, operation, selector | MEMORY);
    s.if(s.compare('eq', status, s.constant(BigInt(DONE), 32)), () => {
      const after = s.state(FCW, 64);
      s.setState(FCW, before);
      const address = s.address(target);
      if (bits === 80) storeTenBytes(s, address);
      else s.toMemory(address, bits / 8);
      s.setState(FCW, after);
    });
    setPointers(s, target);
  });
}

/** Processors store the last two bytes apart: when only that faults, the eight before remain. */
function storeTenBytes(s: Semantics, address: Value): void {
  const last = s.state(SCRATCH + 8, 16);
  s.toMemory(address, 8);
  s.store(s.add(address, s.constant(8n, 64)), last);
}

const numbered = (s: Semantics, operand: Operand, bits: number): Value =>
  s.or(s.registerNumber(operand), s.constant(BigInt(bits), 32));

/** The second of two operands is the one that matters, since the first is ST(0). */
function withRegister(mnemonic: string, form: string, operation: string, selector: number): void {
  instruction(mnemonic, form, (s, ...operands) => {
    waitForX87(s);
    perform(s, operation, numbered(s, operands[operands.length - 1], selector));
    setPointers(s);
  });
}

// Arithmetic

for (const name of ['fadd', 'fsub', 'fsubr', 'fmul', 'fdiv', 'fdivr']) {
  loading(name, 32, name, F32);
  loading(name, 64, name, F64);
  loading(name.replace('f', 'fi'), 16, name, I16);
  loading(name.replace('f', 'fi'), 32, name, I32);
  // One of the two is ST(0); the result goes to the first.
  instruction(name, 'st,st', (s, destination, source) => {
    waitForX87(s);
    const number = s.registerNumber(destination);
    const direction = s.shiftLeft(s.fromBit(s.isNotZero(number), 32), s.constant(5n, 32));
    perform(s, name, s.or(s.or(number, s.registerNumber(source)), direction));
    setPointers(s);
  });
  instruction(`${name}p`, 'st,st', (s, destination) => {
    waitForX87(s);
    perform(s, name, numbered(s, destination, TO_REGISTER | POP));
    setPointers(s);
  });
}

for (const name of [
  'fsqrt',
  'frndint',
  'fscale',
  'fxtract',
  'fprem',
  'fprem1',
  'fchs',
  'fabs',
  'ftst',
  'fxam',
  'f2xm1',
  'fyl2x',
  'fyl2xp1',
  'fsin',
  'fcos',
  'fsincos',
  'fptan',
  'fpatan',
  'fld1',
  'fldz',
  'fldl2t',
  'fldl2e',
  'fldpi',
  'fldlg2',
  'fldln2',
  'fincstp',
  'fdecstp',
]) {
  onStack(name, name, 0);
}
instruction('fnop', '', (s) => {
  waitForX87(s);
  setPointers(s);
});

// Comparison

for (const [suffix, pop] of [
  ['', 0],
  ['p', POP],
] as const) {
  loading(`fcom${suffix}`, 32, 'fcom', F32 | pop);
  loading(`fcom${suffix}`, 64, 'fcom', F64 | pop);
  loading(`ficom${suffix}`, 16, 'fcom', I16 | pop);
  loading(`ficom${suffix}`, 32, 'fcom', I32 | pop);
  for (const name of ['fcom', 'fucom']) {
    withRegister(name + suffix, 'st,st', name, pop);
    instruction(`${name}i${suffix}`, 'st,st', (s, _, other) => {
      waitForX87(s);
      perform(s, `${name}i`, numbered(s, other, pop));
      setPointers(s);
      const flags = s.state(SCRATCH, 32);
      const [cf, pf, zf] = [0, 2, 6].map((position) => s.bitAt(flags, position));
      const no = s.bitConstant(false);
      s.setFlags({ cf, pf, zf, of: no, sf: no, af: no });
    });
  }
}
onStack('fcompp', 'fcom', 1 | POP_TWICE);
onStack('fucompp', 'fucom', 1 | POP_TWICE);

// Data transfer

for (const [mnemonic, bits, format] of [
  ['fld', 32, F32],
  ['fld', 64, F64],
  ['fld', 80, F80],
  ['fild', 16, I16],
  ['fild', 32, I32],
  ['fild', 64, I64],
  ['fbld', 80, BCD],
] as const) {
  loading(mnemonic, bits, 'fld', format);
}
for (const [mnemonic, bits, selector] of [
  ['fst', 32, F32],
  ['fst', 64, F64],
  ['fstp', 32, F32 | POP],
  ['fstp', 64, F64 | POP],
  ['fstp', 80, F80 | POP],
  ['fist', 16, I16],
  ['fist', 32, I32],
  ['fistp', 16, I16 | POP],
  ['fistp', 32, I32 | POP],
  ['fistp', 64, I64 | POP],
  ['fbstp', 80, BCD | POP],
] as const) {
  storing(mnemonic, bits, 'fst', selector);
}
storing('fisttp', 16, 'fisttp', I16);
storing('fisttp', 32, 'fisttp', I32);
storing('fisttp', 64, 'fisttp', I64);

withRegister('fld', 'st', 'fld', 0);
withRegister('fst', 'st', 'fst', 0);
withRegister('fstp', 'st', 'fst', POP);
withRegister('fstpnce', 'st', 'fstpnce', 0);
withRegister('ffree', 'st', 'ffree', 0);
withRegister('ffreep', 'st', 'ffreep', 0);
withRegister('fxch', 'st,st', 'fxch', 0);

/** FCMOVcc's conditions by their usual names. */
const CONDITIONS: Readonly<Record<string, ConditionCode>> = {
  b: 'b',
  e: 'e',
  be: 'be',
  u: 'p',
  nb: 'ae',
  ne: 'ne',
  nbe: 'a',
  nu: 'np',
};
for (const [suffix, condition] of Object.entries(CONDITIONS)) {
  instruction(`fcmov${suffix}`, 'st,st', (s, _, source) => {
    waitForX87(s);
    const taken = s.shiftLeft(s.fromBit(s.condition(condition), 32), s.constant(5n, 32));
    perform(s, 'fcmov', s.or(s.registerNumber(source), taken));
    setPointers(s);
  });
}

// Control: these leave the pointers alone, and those with an N do not wait

instruction('wait', '', waitForX87);
for (const name of ['fneni', 'fndisi', 'fnsetpm']) instruction(name, '', () => {});
for (const name of ['fninit', 'fnclex']) instruction(name, '', (s) => void perform(s, name, 0));

instruction('fldcw', 'm16', (s, source) => {
  waitForX87(s);
  s.fromMemory(s.address(source), 2);
  perform(s, 'fldcw', 0);
});
instruction('fnstcw', 'm16', (s, target) => s.write(target, s.state(FCW, 16)));
instruction('fnstsw', ['r16', 'm16'], (s, target) => s.write(target, s.state(FSW, 16)));

/** Processors try the control word and then the last byte of these images: a fault reports either. */
const lastByte = (s: Semantics, address: Value, bytes: number): Value =>
  s.add(address, s.constant(BigInt(bytes - 1), 64));

for (const [word, environment, whole, selector] of [
  [32, 28, 108, 0],
  [16, 14, 94, SHORT],
] as const) {
  for (const [mnemonic, bytes] of [
    ['fldenv', environment],
    ['frstor', whole],
  ] as const) {
    instruction(mnemonic, `m${bytes * 8}`, (s, source) => {
      waitForX87(s);
      const address = s.address(source);
      s.load(address, word);
      s.load(lastByte(s, address, bytes), 8);
      s.fromMemory(address, bytes);
      perform(s, mnemonic, selector);
    });
  }
  for (const [mnemonic, bytes, after] of [
    ['fnstenv', environment, 'maskAll'],
    ['fnsave', whole, 'fninit'],
  ] as const) {
    instruction(mnemonic, `m${bytes * 8}`, (s, target) => {
      const address = s.address(target);
      s.probeWrite(address, word / 8);
      s.probeWrite(lastByte(s, address, bytes), 1);
      s.probeWrite(address, bytes);
      perform(s, mnemonic, selector);
      s.toMemory(address, bytes);
      perform(s, after, 0);
    });
  }
}
