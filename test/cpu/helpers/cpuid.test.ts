import { expect } from 'chai';
import { cpuid } from '../../../cpu/helpers/cpuid.js';

/** EAX, EBX, ECX and EDX for a leaf. */
function leaf(number: number): { eax: number; ebx: number; ecx: number; edx: number } {
  const view = new DataView(new ArrayBuffer(128));
  view.setUint32(0, number, true);
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
    // PCLMULQDQ MONITOR FMA MOVBE AES OSXSAVE AVX F16C RDRAND
    expect(leaf(1).ecx & bits(1, 3, 12, 22, 25, 27, 28, 29, 30)).to.equal(0);
    expect(leaf(7)).to.deep.equal({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
  });
});
