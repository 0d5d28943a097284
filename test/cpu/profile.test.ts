// What a Cpu says of itself, and that a clock changes nothing that it does.
import { expect } from 'chai';
import { Cpu, PAGE_NX, PAGE_USER, PAGE_WRITE } from '../../cpu/index.js';
import { CODE, DATA } from './machine.js';

const ROUNDS = 5000;
const INSTRUCTIONS = ROUNDS * 4 + 1;
// loop: mov [rdi], rcx; add rax, [rdi]; dec rcx; jnz loop; syscall
const LOOP = [0x48, 0x89, 0x0f, 0x48, 0x03, 0x07, 0x48, 0xff, 0xc9, 0x75, 0xf5, 0x0f, 0x05];

/** Runs the loop; the clock goes on by one whenever it is read. */
function ran(withClock: boolean): Cpu {
  let ticks = 0;
  const cpu = new Cpu({ memory: 0x400_0000, ...(withClock && { now: () => ticks++ }) });
  const space = cpu.createAddressSpace();
  const code = cpu.memory.allocate();
  space.map(CODE, code, PAGE_USER);
  space.map(DATA, cpu.memory.allocate(), PAGE_USER | PAGE_WRITE | PAGE_NX);
  cpu.memory.write(cpu.memory.offset(code), Uint8Array.from(LOOP));
  cpu.activate(space);
  cpu.registers.rip = BigInt(CODE);
  cpu.registers.rdi = BigInt(DATA);
  cpu.registers.rcx = BigInt(ROUNDS);
  for (let left = INSTRUCTIONS; left > 0; left -= 1000) cpu.run(1000);
  return cpu;
}

describe('the profile of a Cpu', () => {
  const plain = ran(false);
  const timed = ran(true);

  it('says why the engine was left, and how often', () => {
    const { exits, translatedRegions, decodedInstructions } = plain.profile;
    expect(exits).to.include({ budget: (INSTRUCTIONS - 1) / 1000, syscall: 1, hot: 1 });
    expect(translatedRegions).to.equal(1);
    expect(decodedInstructions).to.be.within(5, 1000);
  });

  it('measures no time without a clock', () => {
    expect(plain.profile.timed).to.equal(undefined);
  });

  it('counts the same with a clock, by which nothing else changes', () => {
    const { timed: _, ...counts } = timed.profile;
    expect(counts).to.deep.equal(plain.profile);
    expect(timed.retired).to.equal(plain.retired);
    expect(timed.registers.rax).to.equal(plain.registers.rax);
  });

  it('tells instructions retired in translated code from those interpreted', () => {
    const { translatedInstructions = 0 } = timed.profile.timed ?? {};
    // hot after some hundred rounds; at the end of each budget a few instructions are interpreted
    expect(translatedInstructions).to.be.within(INSTRUCTIONS / 2, INSTRUCTIONS - 400 * 4);
  });

  it('counts the entries of regions, and why each came back', () => {
    const { regionEntries = 0, regionExits = {} } = timed.profile.timed ?? {};
    expect(regionEntries).to.be.within(15, INSTRUCTIONS / 10);
    const sum = Object.values(regionExits).reduce((total, count) => total + count, 0);
    expect(sum).to.equal(regionEntries);
  });

  it('divides the time of the clock', () => {
    const { times } = timed.profile.timed ?? {};
    expect(times).to.have.all.keys(
      ...['interpreted', 'translated', 'translating', 'decoding', 'memory', 'helpers'],
    );
    for (const time of Object.values(times ?? {})) expect(time).to.be.at.least(0);
  });
});
