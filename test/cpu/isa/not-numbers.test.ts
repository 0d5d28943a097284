// Packed arithmetic and comparisons of infinities, NaNs, denormals and numbers at the ends of the
// range, where translated code has ways of its own once MXCSR.PE is set. The interpreter, which has
// not, agrees with silicon (test/silicon).
import { expect } from 'chai';
import type { Engine } from '../../../cpu/index.js';
import { CODE, DATA, load, SYSCALL, TestMachine } from '../machine.js';

const [RDX, RBX, RSI, RDI] = [2, 3, 6, 7];
const SECOND = DATA + 16;
const RESULT = DATA + 32;
const CONTROL = DATA + 64;
/** All masked, and PE with IE, OE or both. */
const STATES = [0x1fa0, 0x1fa1, 0x1fa8, 0x1fa9];

const SPECIAL = {
  double: [
    ...[0x0000000000000000n, 0x8000000000000000n, 0x3ff0000000000000n, 0xbff8000000000000n],
    ...[0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000001234n, 0xfff8000000000000n],
    ...[0x7ff0000000000001n, 0x000fffffffffffffn, 0x0010000000000000n, 0xffefffffffffffffn],
  ],
  single: [
    ...[0x00000000n, 0x80000000n, 0x3f800000n, 0xbfc00000n, 0x7f800000n, 0xff800000n],
    ...[0x7fc01234n, 0xffc00000n, 0x7f800001n, 0x007fffffn, 0x00800000n, 0xff7fffffn],
  ],
};
type Format = keyof typeof SPECIAL;

/** Bytes of a vector whose lanes are special values one after the other, from a certain one on. */
function vector(format: Format, first: number, step: number): number[] {
  const values = SPECIAL[format];
  const size = format === 'double' ? 8 : 4;
  return Array.from({ length: 16 }, (_, i) => {
    const value = values[(first + Math.floor(i / size) * step) % values.length];
    return Number((value >> BigInt((i % size) * 8)) & 0xffn);
  });
}

/** ldmxcsr [rbx]; again: xmm0 = [rdi] op [rsi]; [rdx] = xmm0, MXCSR; dec rcx; jnz again; syscall. */
function program(operation: readonly number[]): number[] {
  const loop = [
    ...[0x0f, 0x10, 0x07, 0x0f, 0x10, 0x0e, ...operation],
    ...[0x0f, 0x11, 0x02, 0x0f, 0xae, 0x5a, 0x10, 0x48, 0xff, 0xc9],
  ];
  return [
    ...[...load(RDI, BigInt(DATA)), ...load(RSI, BigInt(SECOND)), ...load(RDX, BigInt(RESULT))],
    ...[...load(RBX, BigInt(CONTROL)), 0x0f, 0xae, 0x13],
    ...[...loop, 0x75, 0x100 - loop.length - 2, ...SYSCALL],
  ];
}

/** Results and MXCSR of all pairs of special values in the first lanes, from each state of MXCSR. */
function results(engine: Engine, format: Format, operation: readonly number[]): string[] {
  const machine = new TestMachine(program(operation), CODE, engine);
  const all: string[] = [];
  const count = SPECIAL[format].length;
  for (const state of STATES) {
    for (let i = 0; i < count * count; i++) {
      machine.poke(DATA, vector(format, i % count, 5));
      machine.poke(SECOND, vector(format, Math.floor(i / count), 7));
      machine.poke(CONTROL, [state & 0xff, state >> 8, 0, 0]);
      machine.registers.rip = BigInt(CODE);
      machine.registers.rcx = 2n;
      expect(machine.run()).to.deep.equal({ reason: 'syscall' });
      all.push(Buffer.from(machine.peek(RESULT, 20)).toString('hex'));
    }
  }
  return all;
}

const ARITHMETIC = { add: 0x58, sub: 0x5c, mul: 0x59, div: 0x5e };
const PREDICATES = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];

describe('translated vectors of special values give what interpreted ones give', () => {
  for (const [format, prefix, addsub] of [
    ['double', [0x66], [0x66]],
    ['single', [], [0xf2]],
  ] as const) {
    const operations = [
      ...Object.entries(ARITHMETIC).map(([name, code]) => [name, [...prefix, 0x0f, code, 0xc1]]),
      ['addsub', [...addsub, 0x0f, 0xd0, 0xc1]],
      ...PREDICATES.map((name, i) => [`cmp ${name}`, [...prefix, 0x0f, 0xc2, 0xc1, i]]),
    ] as [string, number[]][];
    for (const [name, operation] of operations) {
      it(`${name}, ${format}`, () => {
        expect(results('translate', format, operation)).to.deep.equal(
          results('interp', format, operation),
        );
      });
    }
  }
});
