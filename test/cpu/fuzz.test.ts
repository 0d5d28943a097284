import { expect } from 'chai';
import fc from 'fast-check';
import { CODE, DATA, EXECUTE, STACK_TOP, TestMachine } from './machine.js';

const REASONS = ['budget', 'syscall', 'interrupt', 'exception', 'unimplemented'];

/** Runs bytes until something other than a system call stops them, or for a thousand steps. */
function survive(bytes: Uint8Array, seed: number, at: number): void {
  const machine = new TestMachine([...bytes].slice(0, CODE + 4096 - at), at);
  machine.space.protect(CODE, EXECUTE | 2);
  for (let i = 0; i < 16; i++) {
    const value = [DATA, STACK_TOP - 64, CODE, seed, -1, 0, 1, seed * 0x1_0000_0001][
      (seed + i) % 8
    ];
    machine.registers.set(i, BigInt(value));
  }
  machine.registers.rsp = BigInt(STACK_TOP - 256);
  let left = 1000;
  while (left > 0) {
    const before = machine.cpu.retired;
    const exit = machine.run(left);
    expect(REASONS).to.include(exit.reason);
    const retired = machine.cpu.retired - before;
    expect(retired).to.be.within(0, left);
    left -= retired;
    if (exit.reason !== 'syscall' && exit.reason !== 'interrupt') break;
  }
  machine.discard();
}

describe('random bytes', () => {
  it('run without harm to the host', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(1e6), (bytes, seed) => {
        survive(bytes, seed, CODE);
      }),
      { numRuns: 1500, seed: 20190802 },
    );
  });

  it('run without harm at the end of a page', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 14 }), fc.nat(1e6), (bytes, seed) => {
        survive(bytes, seed, CODE + 4096 - bytes.length);
      }),
      { numRuns: 1500, seed: 20190815 },
    );
  });
});
