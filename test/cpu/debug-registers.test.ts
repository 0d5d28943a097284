import { expect } from 'chai';
import { type Engine, type Exit, FLAG_RF, FLAG_TF, RCX, Registers } from '../../cpu/index.js';
import { CODE, DATA, load, NOWHERE, TestMachine } from './machine.js';

const RDI = 7;
const DEBUG_EXCEPTION: Exit = { reason: 'exception', vector: 1, errorCode: 0, address: 0n };
const MOV_RDI_EAX = [0x89, 0x07];
const MOV_EAX_RDI = [0x8b, 0x07];
const NOP = 0x90;
const REP_STOSB = [0xf3, 0xaa];
/** Bits that always read as ones. */
const DR6 = 0xffff_0ff0n;
const DR7 = 0x400n;
const BS = 0x4000n;
const EXECUTE = 0;
const WRITE = 1;
const READ_OR_WRITE = 3;
const LENGTH = { 1: 0, 2: 1, 8: 2, 4: 3 } as const;

/** Enables breakpoint 0-3. */
function watch(
  { registers }: TestMachine,
  index: 0 | 1 | 2 | 3,
  address: number,
  kind: number,
  length: keyof typeof LENGTH = 1,
): void {
  registers.setDr(index, BigInt(address));
  const field = BigInt(kind | (LENGTH[length] << 2));
  const control = (1n << BigInt(index * 2)) | (field << BigInt(16 + index * 4));
  registers.setDr(7, registers.dr(7) | control);
}

// Intel SDM vol. 3B, 18.2
describe('Registers.dr', () => {
  it('reads DR6 and DR7 as after a reset', () => {
    const registers = new Registers();
    registers.reset();
    expect(registers.dr(6)).to.equal(0xffff_0ff0n);
    expect(registers.dr(7)).to.equal(0x400n);
  });

  it('keeps the bits of DR6 and DR7 that are fixed', () => {
    const registers = new Registers();
    for (const [value, dr6, dr7] of [
      [0n, 0xffff_0ff0n, 0x400n],
      [0xffff_ffff_ffff_ffffn, 0xffff_efffn, 0xffff_27ffn],
    ] as const) {
      registers.setDr(6, value);
      registers.setDr(7, value);
      expect(registers.dr(6)).to.equal(dr6);
      expect(registers.dr(7)).to.equal(dr7);
    }
  });

  it('holds 64 bits of each address, which a copy has too', () => {
    const registers = new Registers();
    const copy = new Registers();
    for (const index of [0, 1, 2, 3] as const) registers.setDr(index, -1n - BigInt(index));
    registers.copyTo(copy);
    expect(copy.dr(3)).to.equal(0xffff_ffff_ffff_fffcn);
  });
});

for (const engine of ['auto', 'interp', 'translate'] as const satisfies Engine[]) {
  describe(`debug registers (${engine})`, () => {
    const machineOf = (...code: number[]): TestMachine => new TestMachine(code, CODE, engine);
    const storing = (address: number): TestMachine => {
      const machine = machineOf(...MOV_RDI_EAX, NOP);
      machine.registers.rdi = BigInt(address);
      return machine;
    };

    it('trap a write after it, and DR6 tells which one', () => {
      const machine = storing(DATA);
      watch(machine, 2, DATA, WRITE, 4);
      expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
      expect(machine.registers.rip).to.equal(BigInt(CODE + 2));
      expect(machine.registers.dr(6)).to.equal(DR6 | 4n);
    });

    it('break on execution before it, until RF is set, for one instruction', () => {
      const machine = machineOf(NOP, NOP, 0xeb, 0xfc); // jmp to the first
      watch(machine, 0, CODE + 1, EXECUTE);
      for (const retired of [1, 3, 3]) {
        const before = machine.cpu.retired;
        expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
        expect(machine.registers.rip).to.equal(BigInt(CODE + 1));
        expect(machine.registers.dr(6)).to.equal(DR6 | 1n);
        expect(machine.registers.rflags & BigInt(FLAG_RF)).to.equal(0n);
        expect(machine.cpu.retired - before).to.equal(retired);
        machine.registers.rflags |= BigInt(FLAG_RF);
      }
    });

    it('round addresses down to their length', () => {
      const machine = storing(DATA);
      watch(machine, 0, DATA + 7, WRITE, 8);
      watch(machine, 1, DATA + 7, WRITE, 4);
      expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
      expect(machine.registers.dr(6)).to.equal(DR6 | 1n);
    });

    it('replace B0-B3 of DR6, and leave BS set', () => {
      const machine = storing(DATA);
      watch(machine, 0, DATA, WRITE, 4);
      machine.registers.setDr(6, BS | 8n);
      machine.run();
      expect(machine.registers.dr(6)).to.equal(DR6 | BS | 1n);
    });

    it('tell a single step and a watched write at once', () => {
      const machine = storing(DATA);
      watch(machine, 0, DATA, WRITE, 4);
      machine.registers.rflags |= BigInt(FLAG_TF);
      expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
      expect(machine.registers.dr(6)).to.equal(DR6 | BS | 1n);
      machine.registers.setDr(6, 0n);
      expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
      expect(machine.registers.dr(6)).to.equal(DR6 | BS);
    });

    it('let INT1 trap without a word in DR6', () => {
      const machine = machineOf(0xf1);
      expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
      expect(machine.registers.rip).to.equal(BigInt(CODE + 1));
      expect(machine.registers.dr(6)).to.equal(DR6);
    });

    it('trap nothing that faults', () => {
      const machine = machineOf(0xff, 0x37); // push [rdi]
      machine.registers.rdi = BigInt(DATA);
      machine.registers.rsp = BigInt(NOWHERE);
      watch(machine, 0, DATA, READ_OR_WRITE, 8);
      expect(machine.run()).to.include({ reason: 'exception', vector: 14 });
      expect(machine.registers.dr(6)).to.equal(DR6);
    });

    it('trap between the iterations of REP, which then saves RF', () => {
      const machine = machineOf(...REP_STOSB, NOP);
      machine.registers.rdi = BigInt(DATA);
      machine.registers.rcx = 5n;
      watch(machine, 0, DATA + 1, WRITE);
      watch(machine, 1, DATA + 4, WRITE);
      for (const [left, rip, flag] of [
        [3n, CODE, BigInt(FLAG_RF)],
        [0n, CODE + 2, 0n],
      ] as const) {
        expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
        expect(machine.registers.get(RCX)).to.equal(left);
        expect(machine.registers.rip).to.equal(BigInt(rip));
        expect(machine.registers.rflags & BigInt(FLAG_RF)).to.equal(flag);
      }
    });

    it('see what a loop writes that has become hot', () => {
      // add rdi,4; mov [rdi],eax; dec ecx; jnz
      const loop = [0x48, 0x83, 0xc7, 0x04, ...MOV_RDI_EAX, 0xff, 0xc9, 0x75, 0xf6];
      const machine = machineOf(...load(RCX, 5000n), ...loop, ...load(RDI, 0n), 0xf4);
      for (let page = 1; page < 6; page++) machine.page(DATA + page * 4096, 7);
      machine.registers.rdi = BigInt(DATA);
      const start = machine.registers.rip;
      machine.cpu.run(8000);
      machine.registers.rip = start;
      machine.registers.rdi = BigInt(DATA);
      watch(machine, 3, DATA + 4096 * 3, WRITE, 4);
      const before = machine.cpu.retired;
      expect(machine.run(20_000)).to.deep.equal(DEBUG_EXCEPTION);
      expect(machine.registers.rdi).to.equal(BigInt(DATA + 4096 * 3));
      expect(machine.cpu.retired - before).to.equal(1 + 4 * 3072 - 2);
    });

    it('trap nothing once nothing is enabled, nor in another context', () => {
      const machine = storing(DATA);
      watch(machine, 0, DATA, WRITE, 4);
      watch(machine, 1, CODE, EXECUTE);
      machine.registers.setDr(7, machine.registers.dr(7) & ~0xffn);
      expect(machine.run(2)).to.deep.equal({ reason: 'budget' });
      expect(machine.registers.dr(7)).to.equal(DR7 | (0xdn << 16n));
    });

    it('are looked at beside alignment', () => {
      const machine = machineOf(...MOV_EAX_RDI, ...MOV_EAX_RDI);
      watch(machine, 0, DATA + 8, READ_OR_WRITE, 4);
      machine.registers.rflags |= 0x4_0000n;
      machine.registers.rdi = BigInt(DATA + 8);
      expect(machine.run()).to.deep.equal(DEBUG_EXCEPTION);
      machine.registers.rdi = BigInt(DATA + 9);
      expect(machine.run()).to.include({ reason: 'exception', vector: 17 });
    });
  });
}
