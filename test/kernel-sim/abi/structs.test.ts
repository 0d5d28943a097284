import { expect } from 'chai';
import fc from 'fast-check';
import {
  Event,
  FloatRegisters,
  IntRegisters,
  MapArguments,
  Packet,
  PtraceEvent,
  SigAction,
  Stat,
  StatVfs,
  TimeSpec,
} from '../../../kernel-sim/abi/index.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const usize = fc.maxSafeNat();
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const word = (names: readonly string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, u64])));

describe('structures of the system calls', () => {
  const sizes = [
    { name: 'TimeSpec', size: TimeSpec.size, expected: 16 },
    { name: 'Event', size: Event.size, expected: 24 },
    { name: 'Map', size: MapArguments.size, expected: 24 },
    { name: 'Stat', size: Stat.size, expected: 104 },
    { name: 'StatVfs', size: StatVfs.size, expected: 32 },
    { name: 'Packet', size: Packet.size, expected: 56 },
    { name: 'SigAction', size: SigAction.size, expected: 32 },
    { name: 'PtraceEvent', size: PtraceEvent.size, expected: 56 },
    { name: 'IntRegisters', size: IntRegisters.size, expected: 168 },
    { name: 'FloatRegisters', size: FloatRegisters.size, expected: 416 },
  ];
  for (const { name, size, expected } of sizes) {
    it(`${name} has ${expected} bytes`, () => {
      expect(size).to.equal(expected);
    });
  }

  it('Stat puts its fields where repr(C) does', () => {
    const bytes = Stat.encode({ st_mode: 0x8124, st_nlink: 3, st_size: 0x1_0000_0002 });
    expect([...bytes.subarray(16, 24)]).to.deep.equal([0x24, 0x81, 0, 0, 3, 0, 0, 0]);
    expect([...bytes.subarray(32, 40)]).to.deep.equal([2, 0, 0, 0, 1, 0, 0, 0]);
  });

  it('Packet survives the way to the daemon and back', () => {
    const values = fc.record({
      id: usize,
      pid: usize,
      uid: u32,
      gid: u32,
      a: fc.maxSafeInteger(),
      b: usize,
      c: usize,
      d: usize,
    });
    fc.assert(
      fc.property(values, (packet) => {
        expect(Packet.decode(Packet.encode(packet))).to.deep.equal(packet);
      }),
    );
  });

  it('IntRegisters keeps all 64 bits of every register', () => {
    const registers = word(Object.keys(IntRegisters.fields));
    fc.assert(
      fc.property(registers, (values) => {
        expect(IntRegisters.decode(IntRegisters.encode(values))).to.deep.equal(values);
      }),
    );
  });

  it('TimeSpec carries times before 1970', () => {
    const times = fc.record({ tv_sec: fc.maxSafeInteger(), tv_nsec: fc.nat(999_999_999) });
    fc.assert(
      fc.property(times, (time) => {
        expect(TimeSpec.decode(TimeSpec.encode(time))).to.deep.equal(time);
      }),
    );
  });

  it('decodes the second of two structures by its offset', () => {
    const pair = new Uint8Array(2 * Event.size);
    pair.set(Event.encode({ id: 4, flags: 1, data: 2n ** 63n }), Event.size);
    expect(Event.decode(pair, Event.size)).to.deep.equal({ id: 4, flags: 1, data: 2n ** 63n });
  });

  it('FloatRegisters has st at 32 and xmm at 160, as FXSAVE64', () => {
    const st_space = new Uint8Array(128).fill(7);
    const bytes = FloatRegisters.encode({ fcw: 0x37f, st_space, xmm_space: new Uint8Array(256) });
    expect([bytes[0], bytes[1], bytes[31], bytes[32], bytes[159], bytes[160]]).to.deep.equal([
      0x7f, 3, 0, 7, 7, 0,
    ]);
  });
});
