// What the manual leaves undefined, instruction by instruction, with its wording (Intel SDM vol. 2).
// Nothing but this is left out of the comparison.
import { type MachineState, RFLAGS } from './state.js';

const CF = 0x1;
const PF = 0x4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;
const ALL = CF | PF | AF | ZF | SF | OF;

export interface Circumstances {
  /** The state after the instruction, on silicon. */
  readonly after: MachineState;
  /** Of the first operand, in bits. */
  readonly width: number;
  /** The count of a shift, before masking. */
  readonly count: number;
}

export interface Undefined {
  readonly flags: number;
  /** The destination, a register or memory, holds an undefined result. */
  readonly destination?: boolean;
  /** ST(0) and ST(1) may differ by so many units in the last place, and C1 with them. */
  readonly ulps?: number;
  readonly because: string;
}

type Rule = (circumstances: Circumstances) => Undefined | undefined;

const always =
  (flags: number, because: string): Rule =>
  () => ({ flags, because });

const LOGIC = always(AF, 'The state of the AF flag is undefined.');
const BIT = always(
  OF | SF | AF | PF,
  'The OF, SF, AF, and PF flags are undefined. (The ZF flag is unaffected.)',
);
const SCAN: Rule = ({ after }) => ({
  flags: CF | OF | SF | AF | PF,
  destination: (after.number(RFLAGS) & ZF) !== 0,
  because:
    'The CF, OF, SF, AF, and PF flags are undefined. If the content of the source operand is 0, the content of the destination operand is undefined.',
});

const SCAN_OR_COUNT: Rule = ({ after }) => ({
  flags: ALL,
  destination: (after.number(RFLAGS) & CF) !== 0,
  because:
    'On processors that do not support TZCNT, the instruction byte encoding is executed as BSF.',
});

const masked = ({ count, width }: Circumstances): number => count & (width === 64 ? 63 : 31);

const SHIFT: Rule = (circumstances) => {
  const count = masked(circumstances);
  if (count === 0) return undefined;
  let flags = AF;
  if (count !== 1) flags |= OF;
  if (count >= circumstances.width) flags |= CF;
  return {
    flags,
    because:
      'For a non-zero count, the AF flag is undefined. The OF flag is affected only for 1-bit shifts; otherwise, it is undefined. The CF flag is undefined for SHL and SHR instructions where the count is greater than or equal to the size of the destination operand.',
  };
};
const ARITHMETIC_SHIFT: Rule = (circumstances) => {
  const undef = SHIFT(circumstances);
  return undef && { ...undef, flags: undef.flags & ~CF };
};
const ROTATE: Rule = (circumstances) =>
  masked(circumstances) === 1 || masked(circumstances) === 0
    ? undefined
    : {
        flags: OF,
        because:
          'The OF flag is defined only for the 1-bit rotates; it is undefined in all other cases.',
      };
const DOUBLE_SHIFT: Rule = (circumstances) => {
  const count = masked(circumstances);
  if (count === 0) return undefined;
  if (count > circumstances.width) {
    return {
      flags: ALL,
      destination: true,
      because:
        'If the count is greater than the operand size, the result is undefined. The SF, ZF, PF, CF, and OF flags are undefined.',
    };
  }
  return {
    flags: AF | (count === 1 ? 0 : OF),
    because:
      'For a 1-bit shift, the OF flag is set if a sign change occurred; otherwise, it is undefined. The AF flag is undefined.',
  };
};

/** Intel SDM vol. 1, 8.3.10. */
const TRANSCENDENTAL: Rule = () => ({
  flags: 0,
  ulps: 1,
  because:
    'The worst case error on the transcendental instructions is less than 1 ulp when rounding to the nearest (even) and less than 1.5 ulps when rounding in other modes.',
});

export const UNDEFINED: Readonly<Record<string, Rule>> = {
  and: LOGIC,
  or: LOGIC,
  xor: LOGIC,
  test: LOGIC,
  bt: BIT,
  bts: BIT,
  btr: BIT,
  btc: BIT,
  bsf: SCAN,
  bsr: SCAN,
  tzcnt: SCAN_OR_COUNT,
  shl: SHIFT,
  sal: SHIFT,
  shr: SHIFT,
  sar: ARITHMETIC_SHIFT,
  rol: ROTATE,
  ror: ROTATE,
  rcl: ROTATE,
  rcr: ROTATE,
  shld: DOUBLE_SHIFT,
  shrd: DOUBLE_SHIFT,
  mul: always(SF | ZF | AF | PF, 'The SF, ZF, AF, and PF flags are undefined.'),
  imul: always(ZF | AF | PF, 'The ZF, AF, and PF flags are undefined.'),
  div: always(ALL, 'The CF, OF, SF, ZF, AF, and PF flags are undefined.'),
  f2xm1: TRANSCENDENTAL,
  fcos: TRANSCENDENTAL,
  fpatan: TRANSCENDENTAL,
  fptan: TRANSCENDENTAL,
  fsin: TRANSCENDENTAL,
  fsincos: TRANSCENDENTAL,
  fyl2x: TRANSCENDENTAL,
  fyl2xp1: TRANSCENDENTAL,
  idiv: always(ALL, 'The CF, OF, SF, ZF, AF, and PF flags are undefined.'),
};
