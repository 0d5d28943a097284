// String instructions. Intel SDM vol. 2, "MOVS", "STOS", "LODS", "SCAS", "CMPS", "REP". Under REP each
// iteration is a step of its own: that is how the processor traps it, and how budgets count it.
import { instruction } from './registry.js';
import type { Bit, Semantics, Value, Width } from './semantics.js';

const RAX = 0;
const RCX = 1;
const RSI = 6;
const RDI = 7;

/** What a comparing iteration found: ZF, and how to set all flags from it. */
interface Comparison {
  readonly equal: Bit;
  readonly setFlags: () => void;
}

type Iteration = (s: Strings) => Comparison | undefined;

/** Addresses and strides of one string instruction. */
class Strings {
  constructor(
    readonly s: Semantics,
    readonly width: Width,
    readonly addressWidth: 32 | 64,
  ) {}

  source(): Value {
    const offset = this.s.zeroExtend(this.s.register(RSI, this.addressWidth), 64);
    return this.s.add(offset, this.s.sourceSegmentBase());
  }

  destination(): Value {
    return this.s.zeroExtend(this.s.register(RDI, this.addressWidth), 64);
  }

  /** Moves registers by one element, or by several forward. */
  advance(registers: readonly number[], elements?: Value): void {
    const { s, addressWidth } = this;
    const bytes = BigInt(this.width / 8);
    const forward = s.constant(bytes, addressWidth);
    const step =
      elements === undefined
        ? s.select(s.directionFlag(), s.constant(-bytes, addressWidth), forward)
        : s.multiply(s.truncate(elements, addressWidth), forward);
    for (const register of registers) {
      s.setRegister(register, s.add(s.register(register, addressWidth), step));
    }
  }
}

function comparison(s: Semantics, a: Value, b: Value): Comparison {
  return {
    equal: s.compare('eq', a, b),
    setFlags: () => s.flagsFromSubtract(a, b, s.subtract(a, b)),
  };
}

const ITERATIONS: Readonly<Record<string, Iteration>> = {
  movs: (strings) => {
    const { s, width } = strings;
    s.store(strings.destination(), s.load(strings.source(), width));
    strings.advance([RSI, RDI]);
    return undefined;
  },
  stos: (strings) => {
    const { s, width } = strings;
    s.store(strings.destination(), s.register(RAX, width));
    strings.advance([RDI]);
    return undefined;
  },
  lods: (strings) => {
    const { s, width } = strings;
    s.setRegister(RAX, s.load(strings.source(), width));
    strings.advance([RSI]);
    return undefined;
  },
  scas: (strings) => {
    const { s, width } = strings;
    const a = s.register(RAX, width);
    const b = s.load(strings.destination(), width);
    strings.advance([RDI]);
    return comparison(s, a, b);
  },
  cmps: (strings) => {
    const { s, width } = strings;
    // where both operands fault, the processor reports the one at RDI
    const b = s.load(strings.destination(), width);
    const a = s.load(strings.source(), width);
    strings.advance([RSI, RDI]);
    return comparison(s, a, b);
  },
};

/** Iterations of REP MOVS and REP STOS that are carried out at once. */
function goAhead(strings: Strings, name: string): void {
  const { s, width, addressWidth } = strings;
  if (name !== 'movs' && name !== 'stos') return;
  s.if(s.bitNot(s.directionFlag()), () => {
    const count = s.zeroExtend(s.register(RCX, addressWidth), 64);
    const destination = strings.destination();
    const done =
      name === 'movs'
        ? s.copyAhead(width, count, destination, strings.source())
        : s.fillAhead(count, destination, s.register(RAX, width));
    s.if(s.isNotZero(done), () => {
      strings.advance(name === 'movs' ? [RSI, RDI] : [RDI], done);
      const rest = s.subtract(count, done);
      s.setRegister(RCX, s.truncate(rest, addressWidth));
    });
  });
}

/** What REP MOVS and REP STOS with an address-size prefix truncate before they begin. */
const UPPER_HALVES_LOST: Readonly<Record<string, readonly number[]>> = {
  movs: [RSI, RDI],
  stos: [RDI],
};

/** REP, REPE (`whileEqual`) or REPNE around an iteration. */
function repeated(strings: Strings, name: string, whileEqual: boolean): void {
  const { s, addressWidth } = strings;
  if (addressWidth === 32) {
    // upper halves are gone even if nothing else happens, or the first iteration faults
    for (const register of [RCX, ...(UPPER_HALVES_LOST[name] ?? [])]) {
      s.setRegister(register, s.register(register, 32));
    }
  }
  s.if(s.isNotZero(s.register(RCX, addressWidth)), () => {
    goAhead(strings, name);
    const compared = ITERATIONS[name](strings);
    const count = s.register(RCX, addressWidth);
    const rest = s.subtract(count, s.constant(1n, addressWidth));
    s.setRegister(RCX, rest);
    let again = s.isNotZero(rest);
    if (compared !== undefined) {
      const { equal } = compared;
      again = s.bitAnd(again, whileEqual ? equal : s.bitNot(equal));
    }
    s.if(again, () => s.repeat());
    // between iterations the flags are those from before the instruction
    compared?.setFlags();
  });
}

const WIDTHS = [
  ['b', 8],
  ['w', 16],
  ['d', 32],
  ['q', 64],
] as const;

for (const [name, iteration] of Object.entries(ITERATIONS)) {
  for (const [letter, width] of WIDTHS) {
    for (const [suffix, addressWidth] of [
      ['', 64],
      [' a32', 32],
    ] as const) {
      const key = `${name}${letter} string${suffix}`;
      instruction(key, '', (s) => {
        iteration(new Strings(s, width, addressWidth))?.setFlags();
      });
      instruction(`rep ${key}`, '', (s) => {
        repeated(new Strings(s, width, addressWidth), name, true);
      });
      instruction(`repne ${key}`, '', (s) => {
        repeated(new Strings(s, width, addressWidth), name, false);
      });
    }
  }
}
