import { expect } from 'chai';
import { ENGINES, type Engine, FLAG_TF } from '../../cpu/index.js';
import { CODE, DATA, EXECUTE, load, quad, SYSCALL, TestMachine } from './machine.js';

const RDI = 7;
/** Runs this often before anything is changed: far beyond what makes code hot. */
const ROUNDS = 5000n;

// loop: add rax, rcx; xor rax, 0x1234567; mov [rdi], rax; add rbx, [rdi]; rol rax, 7; sub rcx, 1; jnz loop
const LOOP = [
  ...[0x48, 0x01, 0xc8],
  ...[0x48, 0x35, 0x67, 0x45, 0x23, 0x01],
  ...[0x48, 0x89, 0x07],
  ...[0x48, 0x03, 0x1f],
  ...[0x48, 0xc1, 0xc0, 0x07],
  ...[0x48, 0x83, 0xe9, 0x01],
];
const LOOP_LENGTH = LOOP.length + 2;
const LOOP_INSTRUCTIONS = 7;
const MIXING = [...LOOP, 0x75, 0x100 - LOOP_LENGTH, ...SYSCALL];

function mixing(engine: Engine): TestMachine {
  const machine = new TestMachine(MIXING, CODE, engine);
  machine.registers.rcx = ROUNDS;
  machine.registers.rdi = BigInt(DATA);
  return machine;
}

/** The same in BigInt. */
function mixed(rounds: bigint): { rax: bigint; rbx: bigint } {
  const word = (value: bigint) => BigInt.asUintN(64, value);
  let rax = 0n;
  let rbx = 0n;
  for (let rcx = rounds; rcx > 0n; rcx--) {
    rax = word(rax + rcx) ^ 0x1234567n;
    rbx = word(rbx + rax);
    rax = word(rax << 7n) | (rax >> 57n);
  }
  return { rax, rbx };
}

for (const engine of ENGINES) {
  describe(`the engine ${engine}`, () => {
    it('computes a hot loop and counts its instructions', () => {
      const machine = mixing(engine);
      const before = machine.cpu.retired;
      expect(machine.run(1_000_000)).to.deep.equal({ reason: 'syscall' });
      expect(machine.cpu.retired - before).to.equal(Number(ROUNDS) * LOOP_INSTRUCTIONS + 1);
      expect(machine.registers).to.include(mixed(ROUNDS));
      expect(machine.registers.r11 & 0x8d5n).to.equal(0x44n); // ZF PF
    });

    it('stops exactly where the budget ends, however it is cut', () => {
      for (const budget of [1, 3, 10, 97, 1001]) {
        const machine = mixing(engine);
        const before = machine.cpu.retired;
        let runs = 1;
        for (; machine.run(budget).reason === 'budget'; runs++) {
          expect(machine.cpu.retired - before).to.equal(runs * budget);
        }
        expect(machine.registers).to.include(mixed(ROUNDS));
      }
    });

    it('meets a breakpoint written into a hot loop, and goes on without it', () => {
      const machine = mixing(engine);
      machine.run(20_000);
      const at = CODE + 9;
      const [original] = machine.peek(at, 1);
      machine.poke(at, [0xcc]);
      expect(machine.run(1_000_000)).to.include({ reason: 'exception', vector: 3 });
      expect(machine.registers.rip).to.equal(BigInt(at + 1));
      machine.poke(at, [original]);
      machine.registers.rip = BigInt(at);
      expect(machine.run(1_000_000)).to.deep.equal({ reason: 'syscall' });
      expect(machine.registers).to.include(mixed(ROUNDS));
    });

    it('steps out of hot code and back into it', () => {
      const machine = mixing(engine);
      machine.run(20_000);
      for (let i = 0; i < 50; i++) {
        machine.registers.rflags |= BigInt(FLAG_TF);
        const rip = machine.registers.rip;
        expect(machine.run()).to.include({ reason: 'exception', vector: 1 });
        expect(machine.registers.rip).to.not.equal(rip);
        machine.registers.rflags &= ~BigInt(FLAG_TF);
        machine.run(101);
      }
      machine.run(1_000_000);
      expect(machine.registers).to.include(mixed(ROUNDS));
    });

    it('faults in a hot loop with everything as before the instruction', () => {
      // loop: add rax, [rdi]; adc rbx, 0; add rdi, 8; sub rcx, 1; jmp loop
      const code = [
        ...[0x48, 0x03, 0x07, 0x48, 0x83, 0xd3, 0x00, 0x48, 0x83, 0xc7, 0x08],
        ...[0x48, 0x83, 0xe9, 0x01, 0xeb, 0xef],
      ];
      const machine = new TestMachine(code, CODE, engine);
      machine.registers.rdi = BigInt(DATA);
      for (let i = 0; i < 512; i++) machine.poke(DATA + i * 8, quad(-1n));
      const before = machine.cpu.retired;
      const exit = machine.run(1_000_000);
      expect(exit).to.deep.include({ reason: 'exception', vector: 14, errorCode: 4 });
      expect(exit).to.have.property('address', BigInt(DATA + 4096));
      expect(machine.registers).to.include({ rip: BigInt(CODE), rbx: 511n, rax: 2n ** 64n - 512n });
      expect(machine.cpu.retired - before).to.equal(512 * 5);
      // of `sub rcx, 1`: CF AF SF, as rcx counted down from zero, and PF of the byte 0
      expect(machine.registers.rflags & 0x8d5n).to.equal(0x84n);
    });

    it('sees its own code change', () => {
      // loop: inc dword [rip + 1]: the immediate of the `add rax, imm32` that follows
      const code = [
        ...[0xff, 0x05, 0x02, 0, 0, 0],
        ...[0x48, 0x05, 0, 0, 0, 0],
        ...[0x48, 0x83, 0xe9, 0x01, 0x75, 0xee, ...SYSCALL],
      ];
      const machine = new TestMachine(code, CODE, engine);
      machine.space.protect(CODE, EXECUTE | 2);
      machine.registers.rcx = 1000n;
      const before = machine.cpu.retired;
      expect(machine.run(1_000_000)).to.deep.equal({ reason: 'syscall' });
      expect(machine.registers.rax).to.equal((1000n * 1001n) / 2n);
      expect(machine.cpu.retired - before).to.equal(4001);
    });

    it('runs an instruction across two pages, and sees its second half change', () => {
      // add rax, 1, of which the immediate lies on the second page; sub rcx, 1; jnz; syscall
      const code = [0x48, 0x05, 1, 0, 0, 0, 0x48, 0x83, 0xe9, 0x01, 0x75, 0xf4, ...SYSCALL];
      const second = CODE + 4096;
      const machine = new TestMachine([], CODE, engine);
      machine.page(second, EXECUTE);
      machine.poke(second - 2, code);
      for (const addend of [1n, 5n]) {
        machine.poke(second, [Number(addend)]);
        machine.registers.rip = BigInt(second - 2);
        machine.registers.rax = 0n;
        machine.registers.rcx = ROUNDS;
        const before = machine.cpu.retired;
        expect(machine.run(1_000_000)).to.deep.equal({ reason: 'syscall' });
        expect(machine.registers.rax).to.equal(ROUNDS * addend);
        expect(machine.cpu.retired - before).to.equal(Number(ROUNDS) * 3 + 1);
      }
      machine.space.unmap(second);
      machine.registers.rip = BigInt(second - 2);
      expect(machine.run()).to.deep.include({ vector: 14, address: BigInt(second) });
    });

    it('calls and returns, deeper than the host could', () => {
      // f: test rdi, rdi; je done; dec rdi; call f; add rax, 3; done: ret
      const f = [
        ...[0x48, 0x85, 0xff, 0x74, 0x0c, 0x48, 0xff, 0xcf, 0xe8, 0xf3, 0xff, 0xff, 0xff],
        ...[0x48, 0x83, 0xc0, 0x03, 0xc3],
      ];
      const start = CODE + f.length;
      const call = [0xe8, ...quad(BigInt(-(f.length + 5))).slice(0, 4), ...SYSCALL];
      const machine = new TestMachine([...f, ...call], CODE, engine);
      const depth = 20_000;
      for (let page = 0; page < 45; page++) machine.page(0x100_0000 + page * 4096, EXECUTE | 2);
      for (let round = 0; round < 3; round++) {
        machine.registers.rip = BigInt(start);
        machine.registers.rsp = BigInt(0x100_0000 + 45 * 4096);
        machine.registers.rdi = BigInt(depth);
        machine.registers.rax = 0n;
        const before = machine.cpu.retired;
        expect(machine.run(1_000_000)).to.deep.equal({ reason: 'syscall' });
        expect(machine.registers.rax).to.equal(BigInt(depth * 3));
        expect(machine.cpu.retired - before).to.equal(depth * 6 + 5);
      }
    });
  });
}

describe('translated code', () => {
  it('is what runs when a loop is hot', () => {
    const machine = mixing('auto');
    const before = machine.cpu.profile.translatedRegions;
    machine.run(1_000_000);
    expect(machine.cpu.profile.translatedRegions).to.be.greaterThan(before);
    const interpreted = mixing('interp');
    interpreted.run(1_000_000);
    expect(interpreted.cpu.profile.translatedRegions).to.equal(0);
  });

  it('is not confused by two programs at the same addresses', () => {
    const first = mixing('auto');
    first.run(20_000);
    const saved = first.registers.bytes.slice();
    const second = new TestMachine([...load(RDI, 7n), 0xeb, 0xfe], CODE, 'auto');
    second.run(20_000);
    expect(second.registers.rip).to.equal(BigInt(CODE + 10));
    first.registers.bytes.set(saved);
    first.run(1_000_000);
    expect(first.registers).to.include(mixed(ROUNDS));
  });
});
