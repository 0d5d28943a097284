import { expect } from 'chai';
import { compare } from './compare.js';
import { baselineMemory, Generator } from './generator.js';
import { needSilicon } from './helper.js';
import { NativeProcessor } from './native.js';
import { CODE, DATA, MachineState, RFLAGS, RIP, type Step } from './state.js';

const RAX = 0;
const RBX = 3;
const SIGILL = 4;
const SIGSEGV = 11;
const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;

describe('the stepper', () => {
  let native: NativeProcessor;

  needSilicon();
  before(() => {
    native = new NativeProcessor();
    native.setBaseline(baselineMemory());
  });

  after(() => native?.close());

  const run = async (code: number[], prepare: (state: MachineState) => void = () => {}) => {
    const state = new MachineState();
    state.set(RIP, BigInt(CODE.address));
    state.set(RFLAGS, 0x202n);
    prepare(state);
    const testCase = { state, code: Uint8Array.from(code), patches: [], steps: 1 };
    const [[step]] = await native.run([testCase]);
    return step;
  };

  it('adds two registers as the processor does', async () => {
    const step = await run([0x48, 0x01, 0xd8], (state) => {
      state.set(RAX, 0x7fff_ffff_ffff_ffffn);
      state.set(RBX, 1n);
    });
    expect(step.signal).to.equal(0);
    expect(step.state.get(RAX)).to.equal(0x8000_0000_0000_0000n);
    expect(step.state.get(RFLAGS)).to.equal(0xa96n); // PF AF SF OF
    expect(step.state.get(RIP)).to.equal(BigInt(CODE.address + 3));
  });

  it('tells which bytes of memory a step changed', async () => {
    const step = await run([0xc7, 0x00, 1, 2, 3, 4], (state) => {
      state.set(RAX, BigInt(DATA.address + 0xffe));
    });
    const bytes = new Map<number, number>();
    for (const change of step.changes) {
      change.bytes.forEach((byte, i) => {
        bytes.set(change.address + i, byte);
      });
    }
    const expected = baselineMemory().find(({ address }) => address === DATA.address);
    [1, 2, 3, 4].forEach((value, i) => {
      const before = expected?.bytes[0xffe + i];
      const now = bytes.get(DATA.address + 0xffe + i) ?? before;
      expect(now).to.equal(value);
    });
  });

  it('tells the address and kind of a fault', async () => {
    const unmapped = await run([0x8a, 0x00], (state) => state.set(RAX, 0x1234n));
    expect(unmapped).to.include({ signal: SIGSEGV, code: SEGV_MAPERR, address: 0x1234n });
    const jump = await run([0xff, 0xe0], (state) => state.set(RAX, BigInt(DATA.address)));
    expect(jump.signal).to.equal(0);
    const data = await run([], (state) => state.set(RIP, BigInt(DATA.address)));
    expect(data).to.include({
      ...{ signal: SIGSEGV, code: SEGV_ACCERR, address: BigInt(DATA.address) },
    });
    const invalid = await run([0x0f, 0x0b]);
    expect(invalid.signal).to.equal(SIGILL);
  });

  it('gives the same results for the same cases', async () => {
    const generator = new Generator(7);
    const cases = Array.from({ length: 2000 }, (_, i) => generator.at(i));
    const [first, second] = await Promise.all([native.run(cases), native.run(cases)]);
    cases.forEach((testCase, i) => {
      expect(compare(testCase, first[i], second[i]), testCase.encoding.mnemonic).to.equal(
        undefined,
      );
    });
  });

  it('generates the same cases for the same seed, whatever came before', () => {
    const one = new Generator(3);
    const other = new Generator(3);
    for (let i = 0; i < 100; i++) one.at(i);
    expect(one.at(500).state.bytes).to.deep.equal(other.at(500).state.bytes);
    expect(one.at(500).code).to.deep.equal(other.at(500).code);
  });

  it('notices one wrong bit in a register, a flag, memory or a signal', async () => {
    const generator = new Generator(1, ['add']);
    const testCase = generator.at(0);
    const [steps] = await native.run([testCase]);
    const wrong = (change: (step: Step) => Step): readonly string[] => {
      const changed = steps.map((step) => change({ ...step, state: step.state.copy() }));
      const mismatch = compare(testCase, steps, changed);
      return mismatch?.differences.map(({ what }) => what) ?? [];
    };
    expect(
      wrong((step) => {
        step.state.set(RBX, step.state.get(RBX) ^ 1n);
        return step;
      }),
    ).to.deep.equal(['rbx']);
    expect(
      wrong((step) => {
        step.state.set(RFLAGS, step.state.get(RFLAGS) ^ 0x10n);
        return step;
      }),
    ).to.deep.equal(['rflags']);
    const changes = [{ address: DATA.address, bytes: Uint8Array.of(1) }];
    expect(wrong((step) => ({ ...step, changes }))).to.deep.equal(['memory']);
    expect(wrong((step) => ({ ...step, signal: SIGILL }))).to.deep.equal(['signal']);
  });

  it('leaves out of the comparison what the manual leaves undefined, and no more', async () => {
    const and = new Generator(1, ['and']).at(0);
    const [steps] = await native.run([and]);
    const flip = (bit: bigint): Step[] =>
      steps.map((step) => {
        const state = step.state.copy();
        state.set(RFLAGS, state.get(RFLAGS) ^ bit);
        return { ...step, state };
      });
    expect(compare(and, steps, flip(0x10n))).to.equal(undefined); // AF
    expect(compare(and, steps, flip(0x40n))).to.not.equal(undefined); // ZF
  });
});
