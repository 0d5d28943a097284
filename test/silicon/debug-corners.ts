// Cases for the debug registers: a title, code, registers, breakpoints. The code area is filled with
// int3, which ends what runs on.
import { type Corner, corner, type Extra, MIDDLE, type Values, word } from './corner.js';
import { CODE, DATA, PAGE_SIZE } from './state.js';

const START = CODE.address + 0x100;
const BOUNDARY = DATA.address + PAGE_SIZE;
const HIGHER = MIDDLE + 0x40;
const RF = 0x1_0202;

interface Breakpoint {
  readonly address: number;
  /** R/W and LEN fields of DR7. */
  readonly field: number;
}

const LENGTH_FIELD = { 1: 0, 2: 1, 8: 2, 4: 3 } as const;
type Length = keyof typeof LENGTH_FIELD;

const execute = (address: number): Breakpoint => ({ address, field: 0 });
const write = (address: number, length: Length = 4): Breakpoint => ({
  ...{ address, field: 1 | (LENGTH_FIELD[length] << 2) },
});
const access = (address: number, length: Length = 4): Breakpoint => ({
  ...{ address, field: 3 | (LENGTH_FIELD[length] << 2) },
});

type Way = 'running' | 'stepping';
/** @param enable 1 for the L bits of DR7, 2 for the G bits */
function watched(
  title: string,
  code: string,
  values: Values,
  breakpoints: readonly Breakpoint[],
  { ways = ['running'], enable = 1, ...extra }: Extra & { ways?: readonly Way[]; enable?: 1 | 2 },
): Corner[] {
  let control = 0x400;
  breakpoints.forEach(({ field }, i) => {
    control |= (enable << (2 * i)) | (field << (16 + 4 * i));
  });
  const addresses = [0, 1, 2, 3].map((i) => breakpoints[i]?.address ?? 0);
  return ways.map((way) => ({
    ...corner(`${title} (${way})`, code, values, extra),
    debug: { addresses, control: control >>> 0, running: way === 'running' },
  }));
}

const BOTH: readonly Way[] = ['running', 'stepping'];

const EXECUTION = [
  watched('execution breaks before the instruction, once', '90 90 90', {}, [execute(START + 1)], {
    ...{ steps: 3, ways: BOTH },
  }),
  watched('execution breaks before the first instruction', '90 90', {}, [execute(START)], {
    ...{ steps: 3, ways: BOTH },
  }),
  watched(
    'RF passes one breakpoint',
    '90 90',
    { flags: RF },
    [execute(START), execute(START + 1)],
    {
      ...{ steps: 3, ways: BOTH },
    },
  ),
  watched('two breakpoints on one instruction', '90', {}, [execute(START), execute(START)], {}),
  watched('a loop breaks every time', 'e2fe 90', { rcx: 3 }, [execute(START)], { steps: 5 }),
  watched('a jump to itself breaks every time', 'ebfe', {}, [execute(START)], { steps: 3 }),
  watched('no byte but the first breaks', '6690 90', {}, [execute(START + 1)], {}),
  watched(
    'execution breaks before the page is missed',
    'ffe0',
    { rax: 0x1_2345 },
    [...[execute(0x1_2345)]],
    { steps: 2 },
  ),
  watched('execution breaks before data is refused', 'ffe0', { rax: MIDDLE }, [execute(MIDDLE)], {
    steps: 2,
  }),
  watched('a breakpoint before an invalid opcode', '0f0b', {}, [execute(START)], { steps: 2 }),
  watched('a breakpoint before INT3', 'cc', {}, [execute(START)], { steps: 2 }),
  watched('a fault behind a breakpoint', '8b042500100000', {}, [execute(START)], { steps: 2 }),
  watched('MOV SS passes the next breakpoint', '8ed0 90 90', { rax: 0x2b }, [execute(START + 2)], {
    ...{ steps: 2, ways: BOTH },
  }),
  watched('POPF changes no RF', '9d 90', {}, [execute(START + 1)], {
    ...{ steps: 2, memory: [word(MIDDLE, BigInt(RF))] },
  }),
  ...[RF, 0x202].map((flags) =>
    watched(
      `IRETQ of flags ${flags.toString(16)} to a breakpoint`,
      '48cf 90 90',
      {},
      [...[execute(START + 2)]],
      {
        ...{ steps: 3, ways: BOTH },
        memory: [
          ...[word(MIDDLE, BigInt(START + 2)), word(MIDDLE + 8, 0x33n)],
          ...[word(MIDDLE + 16, BigInt(flags)), word(MIDDLE + 24, BigInt(MIDDLE))],
          word(MIDDLE + 32, 0x2bn),
        ],
      },
    ),
  ),
].flat();

/** Accesses of one to sixteen bytes: MOV from and to memory at RAX. */
const LOADS = ['8a08', '668b08', '8b08', '488b08', '0f1008'];
const STORES = ['8808', '668908', '8908', '488908', '0f1108'];

const SIZES = [1, 2, 4, 8].flatMap((length) =>
  [...LOADS, ...STORES].flatMap((code) =>
    [-16, -9, -8, -7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 7, 8].flatMap((distance) =>
      watched(
        `breakpoints of ${length} bytes on ${code} at a distance of ${distance}`,
        code,
        { rax: BOUNDARY + distance },
        [write(BOUNDARY, length as Length), access(BOUNDARY, length as Length)],
        {},
      ),
    ),
  ),
);

const DATA_ACCESS = [
  watched('a write is trapped after it', '8908 90', { rax: MIDDLE }, [write(MIDDLE)], {
    ...{ ways: BOTH, steps: 2 },
  }),
  watched('G bits enable, too', '8908 90', { rax: MIDDLE }, [write(MIDDLE)], { enable: 2 }),
  watched(
    'all that is met is told',
    '8908',
    { rax: MIDDLE },
    [...[write(MIDDLE), access(MIDDLE, 8), write(MIDDLE + 4), access(MIDDLE + 3, 1)]],
    {},
  ),
  watched(
    'a write and execution of the next instruction',
    '8908 90',
    { rax: MIDDLE },
    [...[write(MIDDLE), execute(START + 2)]],
    { ways: BOTH, steps: 3 },
  ),
  watched(
    'a part of an access beyond a page',
    '488908',
    { rax: BOUNDARY - 3 },
    [...[write(BOUNDARY, 1), write(BOUNDARY - 8, 8)]],
    {},
  ),
  watched('CMP writes nothing', '3908', { rax: MIDDLE }, [write(MIDDLE), access(MIDDLE)], {}),
  watched(
    'CMPXCHG writes even what it does not exchange',
    '0fb108',
    { rax: MIDDLE, rcx: 5 },
    [...[write(MIDDLE)]],
    { memory: [word(MIDDLE, 77n)] },
  ),
  watched(
    'BT reads where its bit is',
    '480fa308',
    { rax: MIDDLE, rcx: 64 },
    [...[access(MIDDLE), access(MIDDLE + 8, 1)]],
    {},
  ),
  watched('CMOV reads even what it does not move', '0f4408', { rax: MIDDLE }, [access(MIDDLE)], {}),
  watched('CLFLUSH reads', '0fae38', { rax: MIDDLE }, [access(MIDDLE, 8)], {}),
  ...['0f1808', '0f0d08', '0f1f00', '488d08'].map((code) =>
    watched(`${code} reads nothing`, code, { rax: MIDDLE }, [access(MIDDLE, 8)], {}),
  ),
  watched('ENTER only tries the end of its frame', 'c8100000', {}, [access(MIDDLE - 24, 8)], {}),
  watched('ENTER writes the frame pointer', 'c8100000', {}, [write(MIDDLE - 8, 8)], {}),
  watched('CALL writes', 'e800000000', {}, [write(MIDDLE - 8, 8)], {}),
  watched('RET reads', 'c3', {}, [access(MIDDLE, 8)], {
    memory: [word(MIDDLE, BigInt(START + 1))],
  }),
  watched('POPF sets the trap flag', '9d 90 90', {}, [access(MIDDLE, 8)], {
    ...{ steps: 3, memory: [word(MIDDLE, 0x302n)] },
  }),
  watched('MASKMOVDQU of nothing', '660ff7c1', { rdi: MIDDLE }, [write(MIDDLE, 8)], {}),
  watched('a store into code', 'c6050100000090 cc 90', {}, [write(START + 8, 1)], { steps: 2 }),
  watched(
    'what faults after a read traps nothing',
    'ff30',
    { rax: MIDDLE, rsp: DATA.address },
    [...[access(MIDDLE, 8)]],
    {},
  ),
  watched(
    'MOVS that cannot write traps nothing',
    '48a5',
    { rsi: MIDDLE, rdi: 0x1000 },
    [...[access(MIDDLE, 8)]],
    {},
  ),
  ...['90 90', '0f0b', 'cc', '8e10 90', '8b08 90'].map((next) =>
    watched(
      `MOV SS puts its own trap off: ${next}`,
      `8e10 ${next}`,
      { rax: MIDDLE },
      [...[access(MIDDLE, 2), write(MIDDLE, 2)]],
      { ways: BOTH, steps: 2, memory: [word(MIDDLE, 0x2bn)] },
    ),
  ),
  watched('INT1 says nothing in DR6', 'f1 90', {}, [execute(START + 9)], { ways: BOTH, steps: 2 }),
].flat();

const MOVE = { rcx: 6, rsi: HIGHER, rdi: HIGHER + 64 };
const REPEATED = [
  watched('REP MOVSB breaks before its first iteration alone', 'f3a4 90', MOVE, [execute(START)], {
    ...{ steps: 7, ways: BOTH },
  }),
  watched(
    'REP MOVSB traps between iterations',
    'f3a4 90',
    MOVE,
    [...[execute(START), write(HIGHER + 66, 1), access(HIGHER + 4, 1)]],
    { steps: 6, ways: BOTH },
  ),
  watched('REP MOVSQ', 'f348a5 90', MOVE, [write(HIGHER + 72, 8)], { steps: 3, ways: BOTH }),
  watched(
    'REP STOSQ in its last iteration',
    'f348ab 90',
    { rcx: 3, rdi: HIGHER },
    [...[write(HIGHER + 16, 8)]],
    { steps: 2 },
  ),
  watched(
    'REPNE SCASB where it ends',
    'f2ae 90',
    { rax: 7, rcx: 9, rdi: HIGHER },
    [...[access(HIGHER + 3, 1)]],
    { steps: 2, memory: [word(HIGHER, 0x0700_0000n)] },
  ),
  watched(
    'REPE CMPSB',
    'f3a6 90',
    { rcx: 9, rsi: HIGHER, rdi: HIGHER + 32 },
    [...[access(HIGHER + 2, 1), access(HIGHER + 34, 1)]],
    { steps: 2, memory: [word(HIGHER, 0n), word(HIGHER + 32, 0n)] },
  ),
  watched('REP LODSB', 'f3ac 90', { rcx: 9, rsi: HIGHER }, [access(HIGHER + 2, 1)], { steps: 2 }),
].flat();

export const DEBUG_CORNERS: readonly Corner[] = [...EXECUTION, ...DATA_ACCESS, ...REPEATED];
/** All sizes at all distances: many small cases. */
export const DEBUG_SIZES: readonly Corner[] = SIZES;
