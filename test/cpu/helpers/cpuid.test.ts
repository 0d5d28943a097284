import { expect } from 'chai';
import { cpuid } from '../../../cpu/helpers/cpuid.js';

interface Answer {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

const NOTHING: Answer = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** EAX, EBX, ECX and EDX for a leaf. */
function leaf(number: number, subleaf = 0): Answer {
  const view = new DataView(new ArrayBuffer(128));
  view.setUint32(0, number, true);
  view.setUint32(8, subleaf, true);
  cpuid(view);
  const [eax, ecx, edx, ebx] = [0, 8, 16, 24].map((at) => view.getUint32(at, true));
  return { eax, ebx, ecx, edx };
}

const bits = (...positions: number[]): number =>
  positions.reduce((mask, position) => mask + 2 ** position, 0);

// Intel SDM vol. 2A, tables 3-10 and 3-11; System V ABI, AMD64, table 3.1
describe('CPUID', () => {
  it('announces x86-64-v2', () => {
    const { ecx, edx } = leaf(1);
    const level1 = bits(0, 8, 15, 23, 24, 25, 26); // FPU CX8 CMOV MMX FXSR SSE SSE2
    expect(edx & level1).to.equal(level1);
    const level2 = bits(0, 9, 13, 19, 20, 23); // SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT
    expect(ecx & level2).to.equal(level2);
    expect(leaf(0x8000_0001).ecx & 1, 'LAHF').to.equal(1);
  });

  it('announces nothing that would be #UD', () => {
    // PCLMULQDQ MONITOR FMA MOVBE AES AVX F16C RDRAND
    expect(leaf(1).ecx & bits(1, 3, 12, 22, 25, 28, 29, 30)).to.equal(0);
    for (let number = 2; number < 0xd; number++) {
      expect(leaf(number), `leaf ${number}`).to.deep.equal(NOTHING);
    }
  });

  // Intel SDM vol. 1, 13.2
  it('announces XSAVE of x87 and SSE state, and no more', () => {
    expect(leaf(0).eax, 'the last leaf').to.equal(0xd);
    expect(leaf(1).ecx & bits(26, 27), 'XSAVE and OSXSAVE').to.equal(bits(26, 27));
    expect(leaf(0xd)).to.deep.equal({ eax: 3, ebx: 576, ecx: 576, edx: 0 });
    expect(leaf(0xd, 1), 'XSAVEOPT').to.deep.equal({ ...NOTHING, eax: 1 });
    expect(leaf(0xd, 2), 'no AVX state').to.deep.equal(NOTHING);
  });
});
