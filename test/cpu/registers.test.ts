import { expect } from 'chai';
import { Registers } from '../../cpu/index.js';

/** An FXSAVE64 image with these control and status words. */
function image(controlWord: number, statusWord: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, controlWord, true);
  view.setUint16(2, statusWord, true);
  view.setUint32(24, 0x1f80, true);
  return bytes;
}

describe('Registers.fxrstor', () => {
  // what FXRSTOR64 and FXSAVE64 give on a processor of Intel's
  for (const [controlWord, statusWord, control, status] of [
    [0xffff, 0x0000, 0x1f7f, 0x0000],
    [0x0000, 0x0000, 0x0040, 0x0000],
    [0x037f, 0x8081, 0x037f, 0x0001],
    [0x037e, 0x0001, 0x037e, 0x8081],
    [0x0340, 0x3840, 0x0340, 0x3840],
  ] as const) {
    const [fcw, fsw] = [controlWord, statusWord].map((word) => `0x${word.toString(16)}`);
    it(`makes of FCW ${fcw} and FSW ${fsw} what FXRSTOR makes of them`, () => {
      const registers = new Registers();
      registers.fxrstor(image(controlWord, statusWord));
      const saved = new Uint8Array(512);
      registers.fxsave(saved);
      const view = new DataView(saved.buffer);
      expect(view.getUint16(0, true)).to.equal(control);
      expect(view.getUint16(2, true)).to.equal(status);
    });
  }
});
