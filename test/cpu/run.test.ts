import { expect } from 'chai';
import {
  FAULT_EXECUTE,
  FAULT_PRESENT,
  FAULT_USER,
  FAULT_WRITE,
  FLAG_RF,
  FLAG_TF,
  PAGE_ACCESSED,
  PAGE_DIRTY,
} from '../../cpu/index.js';
import {
  CODE,
  DATA,
  EXECUTE,
  load,
  NOWHERE,
  quad,
  READ_ONLY,
  READ_WRITE,
  STACK_TOP,
  SYSCALL,
  TestMachine,
} from './machine.js';

const RDI = 7;
const NOP = 0x90;
const INC_EAX = [0xff, 0xc0];
const ADD_RDI_EAX = [0x01, 0x07]; // add [rdi], eax
const MOV_EAX_RDI = [0x8b, 0x07]; // mov eax, [rdi]
const MOV_RDI_RAX = [0x48, 0x89, 0x07]; // mov [rdi], rax
const PUSH_RAX = 0x50;
const JUMP_SELF = [0xeb, 0xfe];

function pageFault(errorCode: number, address: number) {
  return { reason: 'exception', vector: 14, errorCode, address: BigInt(address) };
}

describe('Cpu.run', () => {
  it('retires exactly its budget and counts it', () => {
    const machine = new TestMachine(JUMP_SELF);
    const before = machine.cpu.retired;
    expect(machine.run(12_345)).to.deep.equal({ reason: 'budget' });
    expect(machine.cpu.retired - before).to.equal(12_345);
    expect(machine.registers.rip).to.equal(BigInt(CODE));
  });

  it('goes on where the budget ended', () => {
    const machine = new TestMachine([...INC_EAX, ...INC_EAX, ...INC_EAX, ...SYSCALL]);
    for (const [rip, eax] of [
      [2, 1n],
      [4, 2n],
      [6, 3n],
    ] as const) {
      machine.run(1);
      expect(machine.registers.rip).to.equal(BigInt(CODE + rip));
      expect(machine.registers.rax).to.equal(eax);
    }
    expect(machine.run(1)).to.deep.equal({ reason: 'syscall' });
  });

  it('leaves a system call with RCX = RIP and R11 = RFLAGS', () => {
    // xor eax, eax sets ZF and PF
    const machine = new TestMachine([0x31, 0xc0, ...SYSCALL]);
    const before = machine.cpu.retired;
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    expect(machine.registers.rcx).to.equal(BigInt(CODE + 4));
    expect(machine.registers.rip).to.equal(BigInt(CODE + 4));
    expect(machine.registers.r11).to.equal(0x246n);
    expect(machine.cpu.retired - before).to.equal(2);
  });

  it('names an instruction that it does not implement', () => {
    const machine = new TestMachine([NOP, 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1]); // vaddps zmm
    const before = machine.cpu.retired;
    const exit = machine.run();
    expect(exit).to.include({ reason: 'unimplemented', address: BigInt(CODE + 1) });
    expect(exit)
      .to.have.property('text')
      .that.matches(/^vaddps zmm0,zmm0,zmm1/);
    expect(exit).to.have.deep.property('bytes', Uint8Array.of(0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1));
    expect(machine.registers.rip).to.equal(BigInt(CODE + 1));
    expect(machine.cpu.retired - before).to.equal(1);
  });

  it('stops after an int3 and at an undefined instruction', () => {
    const machine = new TestMachine([0xcc, 0x0f, 0x0b]);
    expect(machine.run()).to.include({ reason: 'exception', vector: 3 });
    expect(machine.registers.rip).to.equal(BigInt(CODE + 1));
    expect(machine.run()).to.include({ reason: 'exception', vector: 6 });
    expect(machine.registers.rip).to.equal(BigInt(CODE + 1));
  });

  it('says which INT n it met', () => {
    const machine = new TestMachine([0xcd, 0x80]);
    const instruction = BigInt(CODE);
    expect(machine.run()).to.deep.equal({ reason: 'interrupt', vector: 0x80, instruction });
    expect(machine.registers.rip).to.equal(BigInt(CODE + 2));
  });

  it('refuses privileged instructions with #GP', () => {
    const machine = new TestMachine([0xf4]); // hlt
    expect(machine.run()).to.include({ reason: 'exception', vector: 13, errorCode: 0 });
    expect(machine.registers.rip).to.equal(BigInt(CODE));
  });
});

describe('a page fault', () => {
  it('tells a read, a write and a fetch apart', () => {
    const reading = new TestMachine([...load(RDI, BigInt(NOWHERE)), ...MOV_EAX_RDI]);
    expect(reading.run()).to.deep.equal(pageFault(FAULT_USER, NOWHERE));
    const writing = new TestMachine([...load(RDI, BigInt(NOWHERE)), ...MOV_RDI_RAX]);
    expect(writing.run()).to.deep.equal(pageFault(FAULT_USER | FAULT_WRITE, NOWHERE));
    const fetching = new TestMachine([...load(0, BigInt(NOWHERE)), 0xff, 0xe0]); // jmp rax
    expect(fetching.run()).to.deep.equal(pageFault(FAULT_USER | FAULT_EXECUTE, NOWHERE));
    expect(fetching.registers.rip).to.equal(BigInt(NOWHERE));
  });

  it('sets P where a page denies the access', () => {
    const writing = new TestMachine([...load(RDI, BigInt(NOWHERE)), ...MOV_RDI_RAX]);
    writing.page(NOWHERE, READ_ONLY);
    const denied = FAULT_PRESENT | FAULT_USER;
    expect(writing.run()).to.deep.equal(pageFault(denied | FAULT_WRITE, NOWHERE));
    const fetching = new TestMachine([...load(0, BigInt(DATA)), 0xff, 0xe0]);
    expect(fetching.run()).to.deep.equal(pageFault(denied | FAULT_EXECUTE, DATA));
    const supervisor = new TestMachine([...load(RDI, BigInt(NOWHERE)), ...MOV_EAX_RDI]);
    supervisor.page(NOWHERE, 0);
    expect(supervisor.run()).to.deep.equal(pageFault(denied, NOWHERE));
  });

  it('commits nothing of the instruction, which succeeds once the page is there', () => {
    const code = [...load(RDI, BigInt(NOWHERE)), 0xb8, 5, 0, 0, 0, ...ADD_RDI_EAX, ...SYSCALL];
    const machine = new TestMachine(code);
    machine.registers.rflags = 0x202n | 0x8d5n;
    machine.run();
    expect(machine.registers.rflags).to.equal(0x202n | 0x8d5n | BigInt(FLAG_RF));
    expect(machine.registers.rip).to.equal(BigInt(CODE + 15));
    machine.page(NOWHERE, READ_WRITE);
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    expect(machine.peek(NOWHERE, 4)).to.deep.equal([5, 0, 0, 0]);
    expect(machine.registers.r11).to.equal(0x206n);
  });

  it('leaves RSP where it was when a push has no stack', () => {
    const machine = new TestMachine([PUSH_RAX]);
    machine.registers.rsp = BigInt(STACK_TOP - 4096);
    const last = STACK_TOP - 4096 - 8;
    expect(machine.run()).to.deep.equal(pageFault(FAULT_USER | FAULT_WRITE, last));
    expect(machine.registers.rsp).to.equal(BigInt(STACK_TOP - 4096));
  });

  it('is a #GP at addresses that are not canonical', () => {
    const machine = new TestMachine([...load(RDI, 0x8000_0000_0000n), ...MOV_EAX_RDI]);
    expect(machine.run()).to.include({ reason: 'exception', vector: 13, errorCode: 0 });
    const kernels = new TestMachine([...load(RDI, 0xffff_8000_0000_0000n), ...MOV_EAX_RDI]);
    expect(kernels.run()).to.deep.equal({
      ...pageFault(FAULT_USER, 0),
      address: 0xffff_8000_0000_0000n,
    });
  });
});

describe('an access that crosses a page', () => {
  const code = [...load(RDI, BigInt(DATA + 4096 - 3)), ...MOV_RDI_RAX, ...SYSCALL];

  it('writes both pages', () => {
    const machine = new TestMachine(code);
    machine.page(DATA + 4096, READ_WRITE);
    machine.registers.rax = 0x0807_0605_0403_0201n;
    machine.run();
    expect(machine.peek(DATA + 4093, 8)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    const reading = [0x48, 0x8b, 0x1f, ...SYSCALL]; // mov rbx, [rdi]
    machine.poke(CODE, reading);
    machine.registers.rip = BigInt(CODE);
    machine.run();
    expect(machine.registers.rbx).to.equal(0x0807_0605_0403_0201n);
  });

  it('writes neither when the second is missing or read-only', () => {
    const missing = new TestMachine(code);
    missing.registers.rax = -1n;
    const fault = FAULT_USER | FAULT_WRITE;
    expect(missing.run()).to.deep.equal(pageFault(fault, DATA + 4096));
    expect(missing.peek(DATA + 4093, 3)).to.deep.equal([0, 0, 0]);
    const readOnly = new TestMachine(code);
    readOnly.page(DATA + 4096, READ_ONLY);
    readOnly.registers.rax = -1n;
    expect(readOnly.run()).to.deep.equal(pageFault(fault | FAULT_PRESENT, DATA + 4096));
    expect(readOnly.peek(DATA + 4093, 3)).to.deep.equal([0, 0, 0]);
  });
});

describe('ACCESSED and DIRTY', () => {
  it('are set by reading and by writing', () => {
    const machine = new TestMachine([...load(RDI, BigInt(DATA)), ...MOV_EAX_RDI, ...MOV_RDI_RAX]);
    const used = PAGE_ACCESSED | PAGE_DIRTY;
    machine.run(1);
    expect(machine.space.flagsAt(DATA) & used).to.equal(0);
    machine.run(1);
    expect(machine.space.flagsAt(DATA) & used).to.equal(PAGE_ACCESSED);
    machine.run(1);
    expect(machine.space.flagsAt(DATA) & used).to.equal(used);
  });
});

describe('code that changes', () => {
  it('takes effect on the next instruction', () => {
    // mov byte [rip + 1], 0x43 turns the `inc eax` after it into `inc ebx`... its ModRM is 0xc3
    const code = [0xc6, 0x05, 0x01, 0, 0, 0, 0xc3, ...INC_EAX, ...SYSCALL];
    const machine = new TestMachine(code);
    machine.space.protect(CODE, EXECUTE | 2);
    const before = machine.cpu.retired;
    // decoded as it was, first
    machine.registers.rip = BigInt(CODE + 7);
    machine.run();
    machine.registers.rip = BigInt(CODE);
    machine.registers.rax = 0n;
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    expect(machine.registers.rax).to.equal(0n);
    expect(machine.registers.rbx).to.equal(1n);
    expect(machine.cpu.retired - before).to.equal(5);
  });

  it('is seen when a debugger writes it, and again when it is put back', () => {
    const machine = new TestMachine([...INC_EAX, ...INC_EAX, ...SYSCALL]);
    machine.run();
    machine.poke(CODE + 2, [0xcc]);
    machine.registers.rip = BigInt(CODE);
    expect(machine.run()).to.include({ reason: 'exception', vector: 3 });
    machine.poke(CODE + 2, [INC_EAX[0]]);
    machine.registers.rip = BigInt(CODE + 2);
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    expect(machine.registers.rax).to.equal(4n);
  });

  it('is seen through another mapping of its frame', () => {
    const machine = new TestMachine([...INC_EAX, ...SYSCALL]);
    machine.run();
    const frame = machine.space.frameAt(CODE);
    machine.space.map(DATA, frame, READ_WRITE);
    const patch = [...load(RDI, BigInt(DATA + 1)), 0xc6, 0x07, 0xc3, ...SYSCALL];
    machine.page(NOWHERE, EXECUTE);
    machine.poke(NOWHERE, patch);
    machine.registers.rip = BigInt(NOWHERE);
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    machine.registers.rip = BigInt(CODE);
    machine.run();
    expect(machine.registers.rbx).to.equal(1n);
  });
});

describe('an instruction that crosses a page', () => {
  const start = CODE + 4096 - 4;
  const code = load(3, 0x1122_3344_5566_7788n); // mov rbx, imm64: four bytes on the first page

  function crossing(): TestMachine {
    const machine = new TestMachine([], start);
    machine.page(CODE + 4096, EXECUTE);
    machine.poke(start, [...code, ...SYSCALL]);
    return machine;
  }

  it('runs from both', () => {
    const machine = crossing();
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    expect(machine.registers.rbx).to.equal(0x1122_3344_5566_7788n);
  });

  it('faults at the second page when that is missing', () => {
    const machine = crossing();
    machine.space.unmap(CODE + 4096);
    const fault = pageFault(FAULT_USER | FAULT_EXECUTE, CODE + 4096);
    expect(machine.run()).to.deep.equal(fault);
    expect(machine.registers.rip).to.equal(BigInt(start));
  });

  it('is decoded anew when the second page changes or is replaced', () => {
    const machine = crossing();
    machine.run();
    machine.poke(CODE + 4096, [0xaa]);
    machine.registers.rip = BigInt(start);
    machine.run();
    expect(machine.registers.rbx).to.equal(0x1122_3344_55aa_7788n);
    machine.space.unmap(CODE + 4096);
    machine.page(CODE + 4096, EXECUTE);
    machine.poke(CODE + 4096, [...code.slice(4).map(() => 0), ...SYSCALL]);
    machine.registers.rip = BigInt(start);
    expect(machine.run()).to.deep.equal({ reason: 'syscall' });
    expect(machine.registers.rbx).to.equal(0x7788n);
  });
});

describe('TF', () => {
  it('traps after each instruction, with RIP at the next', () => {
    const machine = new TestMachine([NOP, ...INC_EAX, ...SYSCALL]);
    machine.registers.rflags |= BigInt(FLAG_TF);
    for (const rip of [1, 3]) {
      expect(machine.run()).to.include({ reason: 'exception', vector: 1 });
      expect(machine.registers.rip).to.equal(BigInt(CODE + rip));
    }
  });

  it('traps after every iteration of REP', () => {
    const machine = new TestMachine([0xf3, 0xaa, NOP]); // rep stosb
    machine.registers.rdi = BigInt(DATA);
    machine.registers.rcx = 3n;
    machine.registers.rax = 7n;
    machine.registers.rflags |= BigInt(FLAG_TF);
    const rips = [];
    for (let i = 0; i < 3; i++) {
      machine.run();
      rips.push(machine.registers.rip - BigInt(CODE));
    }
    expect(rips).to.deep.equal([0n, 0n, 2n]);
    expect(machine.peek(DATA, 4)).to.deep.equal([7, 7, 7, 0]);
  });

  it('takes effect one instruction after the POPF that sets it', () => {
    const code = [0x68, 0x02, 0x01, 0, 0, 0x9d, NOP, NOP]; // push 0x102; popfq
    const machine = new TestMachine(code);
    expect(machine.run()).to.include({ reason: 'exception', vector: 1 });
    expect(machine.registers.rip).to.equal(BigInt(CODE + 7));
  });
});

describe('address spaces', () => {
  it('keep their pages apart without a flush', () => {
    const reading = [...load(RDI, BigInt(DATA)), ...MOV_EAX_RDI, ...SYSCALL];
    const first = new TestMachine(reading);
    const second = new TestMachine(reading);
    first.poke(DATA, quad(111n));
    second.poke(DATA, quad(222n));
    for (let i = 0; i < 3; i++) {
      first.registers.rip = BigInt(CODE);
      first.run();
      expect(first.registers.rax).to.equal(111n);
      second.registers.rip = BigInt(CODE);
      second.run();
      expect(second.registers.rax).to.equal(222n);
    }
  });

  it('outnumber the TLB banks without being confused', () => {
    const reading = [...load(RDI, BigInt(DATA)), ...MOV_EAX_RDI, ...SYSCALL];
    const machines = Array.from({ length: 150 }, (_, i) => {
      const machine = new TestMachine(reading);
      machine.poke(DATA, quad(BigInt(i)));
      return machine;
    });
    for (let round = 0; round < 2; round++) {
      machines.forEach((machine, i) => {
        machine.registers.rip = BigInt(CODE);
        machine.run();
        expect(machine.registers.rax).to.equal(BigInt(i));
      });
    }
    const inUse = machines[0].cpu.memory.allocated;
    for (const machine of machines) machine.discard();
    expect(inUse - machines[0].cpu.memory.allocated).to.be.at.least(150 * 3);
  });

  it('give every frame back', () => {
    const before = new TestMachine([]).cpu.memory.allocated;
    const machine = new TestMachine([...SYSCALL]);
    machine.run();
    machine.discard();
    expect(machine.cpu.memory.allocated).to.equal(before);
  });
});
