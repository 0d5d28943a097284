// Calls, returns and the stack in hot code: what regions take in, remember and enter at several
// places must not show. Every program runs long enough to be translated.
import { expect } from 'chai';
import { ENGINES, type Engine } from '../../cpu/index.js';
import {
  CODE,
  DATA,
  load,
  quad,
  READ_ONLY,
  READ_WRITE,
  STACK_TOP,
  SYSCALL,
  TestMachine,
} from './machine.js';

const ROUNDS = 5000;
const LOW_STACK = STACK_TOP - 8192;
const RSP = 4;
const R9 = 9;
const R10 = 10;

const rel32 = (distance: number): number[] => quad(BigInt(distance)).slice(0, 4);
/** mov r64, imm64 of one of the eight high registers. */
const loadHigh = (register: number, value: number): number[] => [
  ...[0x49, 0xb8 + register - 8],
  ...quad(BigInt(value)),
];
/** sub rcx, 1; jnz back to the beginning of `body`; syscall. */
function loop(body: readonly number[]): number[] {
  const code = [...body, 0x48, 0x83, 0xe9, 0x01];
  return [...code, 0x0f, 0x85, ...rel32(-(code.length + 6)), ...SYSCALL];
}

function machineOf(code: readonly number[], engine: Engine, rounds = ROUNDS): TestMachine {
  const machine = new TestMachine(code, CODE, engine);
  machine.page(LOW_STACK, READ_WRITE);
  machine.registers.rcx = BigInt(rounds);
  return machine;
}

/** Runs to the system call; gives how many instructions that took. */
function finish(machine: TestMachine): number {
  const before = machine.cpu.retired;
  expect(machine.run(10_000_000)).to.deep.equal({ reason: 'syscall' });
  return machine.cpu.retired - before;
}

for (const engine of ENGINES) {
  describe(`calls on the engine ${engine}`, () => {
    it('return where the stack says, also when a function has changed that', () => {
      // mov rdi, rcx; call g; add rbx, 1: which g skips whenever rdi is a multiple of 16
      const body = [0x48, 0x89, 0xcf, 0xe8, ...rel32(16), 0x48, 0x83, 0xc3, 0x01];
      // g: test dil, 15; jnz done; add qword [rsp], 4; done: inc rax; ret
      const g = [
        ...[0x40, 0xf6, 0xc7, 0x0f, 0x75, 0x05, 0x48, 0x83, 0x04, 0x24, 0x04],
        ...[0x48, 0xff, 0xc0, 0xc3],
      ];
      const machine = machineOf([...loop(body), ...g], engine);
      expect(finish(machine)).to.equal(ROUNDS * 9 + 1);
      const skipped = Math.floor(ROUNDS / 16);
      expect(machine.registers).to.include({
        ...{ rax: BigInt(ROUNDS), rbx: BigInt(ROUNDS - skipped), rsp: BigInt(STACK_TOP) },
      });
    });

    it('go where a register says, whatever it said before', () => {
      // mov r8, r9; test cl, 1; cmovz r8, r10; call r8
      const body = [0x4d, 0x89, 0xc8, 0xf6, 0xc1, 0x01, 0x4d, 0x0f, 0x44, 0xc2, 0x41, 0xff, 0xd0];
      const prefix = 20;
      const first = CODE + prefix + loop(body).length;
      const code = [
        ...[...loadHigh(R9, first), ...loadHigh(R10, first + 5), ...loop(body)],
        ...[0x48, 0x83, 0xc0, 0x01, 0xc3, 0x48, 0x83, 0xc0, 0x03, 0xc3], // add rax, 1 or 3; ret
      ];
      const machine = machineOf(code, engine);
      expect(finish(machine)).to.equal(2 + ROUNDS * 8 + 1);
      expect(machine.registers.rax).to.equal(BigInt(ROUNDS * 2));
    });

    it('of a function by itself come back in turn', () => {
      // f: cmp rdi, 2; jl base; push rdi; dec rdi; call f; pop rdi; push rax; sub rdi, 2; call f;
      // pop rdx; add rax, rdx; ret; base: mov rax, rdi; ret
      const f = [
        ...[0x48, 0x83, 0xff, 0x02, 0x7c, 0x19, 0x57, 0x48, 0xff, 0xcf],
        ...[0xe8, ...rel32(-15), 0x5f, 0x50, 0x48, 0x83, 0xef, 0x02],
        ...[0xe8, ...rel32(-26), 0x5a, 0x48, 0x01, 0xd0, 0xc3, 0x48, 0x89, 0xf8, 0xc3],
      ];
      const code = [...load(7, 20n), 0xe8, ...rel32(2), ...SYSCALL, ...f];
      const machine = machineOf(code, engine);
      const calls = 21_891; // of fib(20) by its definition
      const deep = (calls - 1) / 2;
      expect(finish(machine)).to.equal(deep * 12 + (calls - deep) * 4 + 3);
      expect(machine.registers.rax).to.equal(6765n);
    });
  });

  describe(`the stack on the engine ${engine}`, () => {
    it('may lie across two pages', () => {
      // push rcx; push rax; movups [rsp - 8], xmm0; movups xmm1, [rsp - 8]; add [rsp], rcx; pop rax; pop rdx
      const body = [
        ...[0x51, 0x50, 0x0f, 0x11, 0x44, 0x24, 0xf8, 0x0f, 0x10, 0x4c, 0x24, 0xf8],
        ...[0x48, 0x01, 0x0c, 0x24, 0x58, 0x5a],
      ];
      for (const offset of [0, 4, 8, 12, 16, 20, 24]) {
        const machine = machineOf(loop(body), engine);
        const rsp = BigInt(LOW_STACK + 4096 + offset);
        machine.registers.rsp = rsp;
        expect(finish(machine)).to.equal(ROUNDS * 9 + 1);
        // xmm0 is zero, and its upper half lay where rax was pushed
        expect(machine.registers).to.include({ rsp, rax: 1n, rdx: 1n });
      }
    });

    it('faults when its page has become read-only, or is gone', () => {
      const body = [0x50, 0x5a]; // push rax; pop rdx
      const machine = machineOf(loop(body), engine, 1 << 30);
      machine.registers.rsp = BigInt(LOW_STACK + 2048);
      machine.run(40_000);
      machine.space.protect(LOW_STACK, READ_ONLY);
      const address = BigInt(LOW_STACK + 2040);
      expect(machine.run(40_000)).to.deep.include({ vector: 14, errorCode: 7, address });
      machine.space.protect(LOW_STACK, READ_WRITE);
      expect(machine.run(40_000)).to.deep.equal({ reason: 'budget' });
      machine.space.unmap(LOW_STACK);
      expect(machine.run(40_000)).to.deep.include({ vector: 14 });
    });

    it('moves to where RSP is loaded from', () => {
      // mov rsp, [rdi]; push rcx; mov rsp, [rdi + 8]; push rcx; add rax, [rsp]
      const body = [
        ...[0x48, 0x8b, 0x27, 0x51, 0x48, 0x8b, 0x67, 0x08, 0x51, 0x48, 0x03, 0x04, 0x24],
      ];
      const machine = machineOf([...load(7, BigInt(DATA)), ...loop(body)].flat(), engine);
      machine.poke(DATA, quad(BigInt(LOW_STACK + 512)));
      machine.poke(DATA + 8, quad(BigInt(STACK_TOP - 512)));
      expect(finish(machine)).to.be.greaterThan(ROUNDS * 7);
      expect(machine.registers.rax).to.equal(BigInt((ROUNDS * (ROUNDS + 1)) / 2));
      expect(machine.peek(LOW_STACK + 504, 8)).to.deep.equal(quad(1n));
      expect(machine.registers.get(RSP)).to.equal(BigInt(STACK_TOP - 520));
    });
  });
}

describe('an indirect call in hot code', () => {
  it('takes in the function that it called last, wherever its address came from', () => {
    // test cl, 1; jz over; mov rax, [r12]; call rax; over:
    const body = [0xf6, 0xc1, 0x01, 0x74, 0x06, 0x49, 0x8b, 0x04, 0x24, 0xff, 0xd0];
    const code = loop(body);
    const machine = machineOf([...code, 0xb8, 1, 0, 0, 0, 0xc3], 'auto'); // mov eax, 1; ret
    machine.poke(DATA, quad(BigInt(CODE + code.length)));
    machine.registers.r12 = BigInt(DATA);
    const before = machine.cpu.profile.translatedRegions;
    expect(finish(machine)).to.equal(ROUNDS * 4 + (ROUNDS / 2) * 4 + 1);
    // once the loop is hot, rax says nothing of the function, which is called half as often
    expect(machine.cpu.profile.translatedRegions - before).to.equal(1);
  });
});
