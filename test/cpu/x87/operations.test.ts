// What an engine may rely on besides the results: statuses, and what a store leaves untouched.

import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { bindOperations, OPERATIONS } from '../../../cpu/x87/index.js';
import { X87State } from '../../../cpu/x87/state.js';
import {
  BCD,
  DONE,
  F32,
  F64,
  F80,
  FAULT,
  I16,
  I32,
  I64,
  MEMORY,
  POP,
  WITHHELD,
} from '../../../cpu/x87/words.js';

const OFFSET = 0x40;
const SCRATCH = 0x100;
/** Control word, status word and tags, within the state. */
const WORDS = 128;

function machine() {
  const view = new DataView(new ArrayBuffer(SCRATCH + 128));
  const fpu = bindOperations(view, OFFSET, SCRATCH);
  fpu.fninit(0);
  const setControlWord = (value: number) => view.setUint16(OFFSET + WORDS, value, true);
  const statusWord = () => view.getUint16(OFFSET + WORDS + 2, true);
  const load = (value: number) => {
    view.setFloat64(SCRATCH, value, true);
    fpu.fld(MEMORY | F64);
  };
  return { view, fpu, load, setControlWord, statusWord };
}

const NON_WAITING = ['fninit', 'fnclex', 'fnstcw', 'fnstsw', 'fnstenv', 'fnsave', 'maskAll'];

describe('x87 operations', () => {
  for (const name of Object.keys(OPERATIONS)) {
    const waiting = !NON_WAITING.includes(name);
    it(`${name} ${waiting ? 'faults on' : 'ignores'} a pending exception`, () => {
      const { view, fpu, load, setControlWord } = machine();
      load(1);
      load(0);
      setControlWord(0x37b); // ZE unmasked
      fpu.fdivr(1);
      const before = new Uint8Array(view.buffer.slice(OFFSET, OFFSET + X87State.SIZE));
      expect(fpu[name](0)).to.equal(waiting ? FAULT : DONE);
      const after = new Uint8Array(view.buffer.slice(OFFSET, OFFSET + X87State.SIZE));
      if (waiting) expect(after).to.deep.equal(before);
    });
  }

  it('withhold a store whose exception is not masked', () => {
    const { fpu, load, setControlWord, statusWord } = machine();
    load(1e300);
    setControlWord(0x377); // OE unmasked
    expect(fpu.fst(MEMORY | F32 | POP)).to.equal(WITHHELD);
    expect(statusWord()).to.equal(0xb888);
  });

  it('leave the result of an unmasked overflow in its register with the exponent wrapped', () => {
    const { view, fpu, load, setControlWord } = machine();
    load(1);
    load(2 ** 1000);
    for (let doublings = 0; doublings < 4; doublings++) fpu.fmul(0);
    setControlWord(0x377);
    expect(fpu.fmul(0)).to.equal(DONE); // 2^16000 squared is 2^32000
    fpu.fnsave(0);
    expect(view.getUint16(SCRATCH + 28 + 8, true)).to.equal(0x3fff + 32000 - 24576);
  });

  it('store without changing more than the eight bytes of control word, status and tags', () => {
    const formats = [F32, F64, F80, I16, I32, I64, BCD];
    const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const word = fc.integer({ min: 0, max: 0xffff });
    const format = fc.constantFrom(...formats);
    fc.assert(
      fc.property(bits, word, word, format, (significand, signExponent, control, selected) => {
        const { view, fpu, load, setControlWord } = machine();
        load(1);
        view.setBigUint64(SCRATCH, significand, true);
        view.setUint16(SCRATCH + 8, signExponent, true);
        fpu.fld(MEMORY | F80);
        setControlWord((control & 0xf3f) | 0x40);
        const before = new Uint8Array(view.buffer.slice(OFFSET, OFFSET + X87State.SIZE));
        fpu.fst(MEMORY | selected | POP);
        const after = new Uint8Array(view.buffer.slice(OFFSET, OFFSET + X87State.SIZE));
        after.set(before.subarray(WORDS, WORDS + 8), WORDS);
        expect(after).to.deep.equal(before);
      }),
    );
  });
});
