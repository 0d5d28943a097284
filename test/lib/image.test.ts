// Files that are no programs for this machine are refused in words that say what they are.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { whyNotProgram } from '../../lib/image.js';
import { repository } from './support.js';

const program = readFileSync(`${repository}test/programs/tool.elf`);

/** The program with some bytes of its headers replaced. */
function changed(changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = Uint8Array.from(program);
  for (const [offset, byte] of Object.entries(changes)) bytes[Number(offset)] = byte;
  return bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('whyNotProgram', () => {
  it('accepts a static x86_64 program', () => {
    expect(whyNotProgram(program)).to.equal(undefined);
  });

  it('accepts a static position-independent program', () => {
    expect(whyNotProgram(changed({ 16: 3 }))).to.equal(undefined);
  });

  const cases: readonly [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(), /empty/],
    ['a script', text('#!/bin/sh -e\necho hello\n'), /script for \/bin\/sh -e,/],
    ['a text', text('once upon a time'), /not an ELF file/],
    ['half a header', program.subarray(0, 20), /cut short/],
    ['half a program', program.subarray(0, program.length / 2), /cut short/],
    ['a 64-bit ARM program', changed({ 18: 183 }), /64-bit ARM/],
    ['a RISC-V program', changed({ 18: 243 }), /RISC-V/],
    ['a 32-bit x86 program', changed({ 4: 1, 18: 3 }), /32-bit x86/],
    ['an x32 program', changed({ 4: 1 }), /32-bit addresses/],
    ['a big-endian program', changed({ 5: 2, 18: 0, 19: 21 }), /64-bit PowerPC/],
    ['an object file', changed({ 16: 1 }), /object file/],
    ['a shared library', changed({ 16: 3, 24: 0, 25: 0, 26: 0, 27: 0 }), /shared library/],
    ['a core dump', changed({ 16: 4 }), /core dump/],
  ];
  for (const [what, bytes, reason] of cases) {
    it(`refuses ${what}`, () => expect(whyNotProgram(bytes)).to.match(reason));
  }

  it('refuses a dynamically linked program that does not move', () => {
    const headers = new DataView(program.buffer, program.byteOffset).getUint32(32, true);
    expect(whyNotProgram(changed({ [headers]: 3 }))).to.match(/-pie/);
    expect(whyNotProgram(changed({ [headers]: 3, 16: 3 }))).to.equal(undefined);
  });

  it('says something of any bytes and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, elf) => {
        const file = elf ? Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, ...bytes]) : bytes;
        expect(whyNotProgram(file) ?? 'it runs').to.match(/^its? \w+/);
      }),
    );
  });
});
