// Translating must pay: it costs as much as interpreting thousands of instructions.
import { expect } from 'chai';
import { Cpu } from '../../cpu/index.js';
import { CODE, EXECUTE, SYSCALL } from './machine.js';

const PAGE = 4096;
const LOOPS = 2000;
const ROUNDS = 2500;
// mov ecx, ROUNDS; loop: add rax, rcx; ror rax, 5; add rbx, rax; dec ecx; jnz loop
const LOOP = [
  ...[0xb9, ROUNDS & 0xff, ROUNDS >> 8, 0, 0],
  ...[0x48, 0x01, 0xc8, 0x48, 0xc1, 0xc8, 0x05, 0x48, 0x01, 0xc3, 0xff, 0xc9],
  ...[0x75, 0x100 - 14],
];

function programOf(loops: number, last: number): number[] {
  const code = Array.from({ length: loops }, () => LOOP).flat();
  const rounds = [last & 0xff, (last >> 8) & 0xff, last >> 16, 0];
  return [...code, 0xb9, ...rounds, ...LOOP.slice(5), ...SYSCALL];
}

function run(code: readonly number[]) {
  const cpu = new Cpu({ memory: 0x400_0000, engine: 'auto' });
  const space = cpu.createAddressSpace();
  for (let at = 0; at < code.length; at += PAGE) {
    const frame = cpu.memory.allocate();
    space.map(CODE + at, frame, EXECUTE);
    cpu.memory.write(cpu.memory.offset(frame), Uint8Array.from(code.slice(at, at + PAGE)));
  }
  cpu.activate(space);
  cpu.registers.reset();
  cpu.registers.rip = BigInt(CODE);
  let exit = cpu.run(100_000);
  while (exit.reason === 'budget') exit = cpu.run(100_000);
  expect(exit.reason).to.equal('syscall');
  return cpu.profile;
}

describe('a CPU that translates hot code', () => {
  it('leaves most of a program to the interpreter that runs much code, none of it for long', () => {
    const { translatedRegions } = run(programOf(LOOPS, ROUNDS));
    expect(translatedRegions).to.be.within(1, LOOPS / 2);
  });

  it('translates there, too, what runs for long', () => {
    const before = run(programOf(LOOPS, ROUNDS)).translatedRegions;
    expect(run(programOf(LOOPS, 100_000)).translatedRegions).to.be.greaterThan(before);
  });
});
