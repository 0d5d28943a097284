import { expect } from 'chai';
import { crc32 } from '../../../cpu/helpers/strings.js';

// RFC 3720, B.4
describe('CRC32', () => {
  const crcOf = (bytes: readonly number[], bits: 8 | 16 | 32): number => {
    let crc = -1;
    for (let at = 0; at < bytes.length; at += bits / 8) {
      let value = 0;
      for (let i = bits / 8 - 1; i >= 0; i--) value = (value << 8) | bytes[at + i];
      crc = crc32(crc, value, bits);
    }
    return ~crc >>> 0;
  };

  for (const bits of [8, 16, 32] as const) {
    it(`is the one of iSCSI, ${bits} bits at a time`, () => {
      expect(crcOf(new Array<number>(32).fill(0), bits)).to.equal(0x8a91_36aa);
      expect(crcOf(new Array<number>(32).fill(0xff), bits)).to.equal(0x62a8_ab43);
      const rising = Array.from({ length: 32 }, (_, i) => i);
      expect(crcOf(rising, bits)).to.equal(0x46dd_794e);
    });
  }
});
