import { expect } from 'chai';
import { CODE, DATA, READ_WRITE, SYSCALL, TestMachine } from './machine.js';

const REP_STOSQ = [0xf3, 0x48, 0xab];
const REP_MOVSB = [0xf3, 0xa4];
const REP_MOVSD = [0xf3, 0xa5];
const STD = [0xfd];

function machineFor(code: readonly number[], registers: Record<string, bigint>): TestMachine {
  const machine = new TestMachine([...code, ...SYSCALL]);
  for (let page = 1; page < 4; page++) machine.page(DATA + page * 4096, READ_WRITE);
  Object.assign(machine.registers, registers);
  return machine;
}

describe('REP', () => {
  it('counts every iteration, however the budget is cut', () => {
    for (const budget of [1, 2, 3, 7, 64, 1000, 100_000]) {
      const rdi = BigInt(DATA + 24);
      const machine = machineFor(REP_STOSQ, { rdi, rcx: 1200n, rax: 0x1122_3344_5566_7788n });
      const before = machine.cpu.retired;
      let exits = 0;
      while (machine.run(budget).reason === 'budget') exits++;
      // 1200 iterations and the system call
      expect(machine.cpu.retired - before, `budget ${budget}`).to.equal(1201);
      expect(exits).to.equal(Math.floor(1200 / budget));
      expect(machine.registers.rdi).to.equal(rdi + 9600n);
      expect(machine.peek(DATA + 16, 16)).to.deep.equal([
        0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
      ]);
      expect(machine.peek(DATA + 24 + 9592, 9).at(7)).to.equal(0x11);
      expect(machine.peek(DATA + 24 + 9600, 1)).to.deep.equal([0]);
    }
  });

  it('repeats the first byte when a move overlaps itself by one', () => {
    const machine = machineFor(REP_MOVSB, {
      rsi: BigInt(DATA + 100),
      rdi: BigInt(DATA + 101),
      rcx: 8000n,
    });
    machine.poke(DATA + 100, [0x5a]);
    machine.run(100_000);
    expect(new Set(machine.peek(DATA + 100, 8001))).to.deep.equal(new Set([0x5a]));
    expect(machine.peek(DATA + 8101, 1)).to.deep.equal([0]);
  });

  it('moves downwards when DF is set', () => {
    const machine = machineFor([...STD, ...REP_MOVSD], {
      rsi: BigInt(DATA + 8),
      rdi: BigInt(DATA + 4104),
      rcx: 3n,
    });
    machine.poke(DATA, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    machine.run();
    expect(machine.peek(DATA + 4096, 12)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(machine.registers.rdi).to.equal(BigInt(DATA + 4092));
  });

  it('stops with its registers at the element that faults', () => {
    const machine = machineFor(REP_STOSQ, { rdi: BigInt(DATA + 3 * 4096), rcx: 1000n, rax: 1n });
    expect(machine.run(10_000)).to.include({ reason: 'exception', vector: 14 });
    expect(machine.registers.rdi).to.equal(BigInt(DATA + 4 * 4096));
    expect(machine.registers.rcx).to.equal(1000n - 512n);
    expect(machine.registers.rip).to.equal(BigInt(CODE));
  });
});
